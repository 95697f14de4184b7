/// Philox-4x32-10, a counter-based random function: any block of its output is computed from its
/// number alone, without the blocks before it.
///
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11.
/// For one key it is a bijection of counters to blocks, so different counters never give the same
/// block.
public enum Philox {
  private static let rounds = 10

  /// The four random words that belong to a counter under a key.
  ///
  /// - Parameters:
  ///   - counter: The number of the block, its words in the order of the paper.
  ///   - key: Which of the 2^64 random functions, its words in the order of the paper.
  /// - Returns: The block.
  public static func block(
    counter: SIMD4<UInt32>, key: SIMD2<UInt32>
  ) -> SIMD4<UInt32> {
    var (x0, x1, x2, x3) = (counter[0], counter[1], counter[2], counter[3])
    var (k0, k1) = (key[0], key[1])
    for _ in 0..<rounds {
      let product0 = UInt64(x0) &* 0xD251_1F53
      let product1 = UInt64(x2) &* 0xCD9E_8D57
      x0 = UInt32(truncatingIfNeeded: product1 >> 32) ^ x1 ^ k0
      x1 = UInt32(truncatingIfNeeded: product1)
      x2 = UInt32(truncatingIfNeeded: product0 >> 32) ^ x3 ^ k1
      x3 = UInt32(truncatingIfNeeded: product0)
      // Weyl sequences of the golden ratio and of sqrt(3) - 1.
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return SIMD4(x0, x1, x2, x3)
  }
}
