/// Philox-4x32-10: four random words as a function of a counter and a key, with no state (Salmon, Moraes, Dror and
/// Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11). It passes BigCrush.
public enum Philox {
  /// The four words of a counter under a key.
  public static func words(
    counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    var c = counter
    var k = key
    for round in 0..<10 {
      if round > 0 {
        // The golden ratio and sqrt(3) - 1, in 32 bits.
        k.0 &+= 0x9E37_79B9
        k.1 &+= 0xBB67_AE85
      }
      let a = UInt64(0xD251_1F53) * UInt64(c.0)
      let b = UInt64(0xCD9E_8D57) * UInt64(c.2)
      c = (
        UInt32(b >> 32) ^ c.1 ^ k.0, UInt32(truncatingIfNeeded: b),
        UInt32(a >> 32) ^ c.3 ^ k.1, UInt32(truncatingIfNeeded: a)
      )
    }
    return c
  }
}
