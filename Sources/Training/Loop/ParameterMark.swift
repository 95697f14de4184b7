import MessagePassing

/// A short hash of parameters, for comparing ranks with each other.
enum ParameterMark {
  /// A number below 2^20: its square, summed over as many ranks, is below 2^63. Two different vectors have the same
  /// mark once in a million.
  static func of(_ values: [Double]) -> Int64 {
    // Fowler, Noll and Vo's hash over words, and the high bits, which depend on all others.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for value in values { hash = (hash ^ value.bitPattern) &* 0x0000_0100_0000_01b3 }
    hash ^= hash >> 32
    return Int64((hash &* 0x9e37_79b9_7f4a_7c15) >> 44)
  }
}

/// Ranks whose upper parameters differ though they were broadcast: a fault of memory, or of a program.
public struct DivergenceError: CommonError, Hashable, CustomStringConvertible {
  /// The upper step, from 0; people count from 1.
  public let step: Int
  /// The ranks whose parameters are not rank 0's.
  public let ranks: [Int]

  init(step: Int, marks: [Int64]) {
    self.step = step
    ranks = marks.indices.filter { marks[$0] != marks[0] }
  }

  /// The code to exit with.
  public var exitCode: ExitCode { .software }

  /// The message.
  public var description: String {
    let list = ranks.map(String.init).joined(separator: ", ")
    return
      "step \(step + 1): the upper parameters of rank \(list) are not those of rank 0; the memory of "
      + "that machine may be faulty: go on from the last checkpoint on another"
  }
}
