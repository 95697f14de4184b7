import MessagePassing
import Randomness
import Testing
import Training

/// The same sum in integers of 128 bits: each number counts as the multiple of 2^-55 nearest to it.
private struct Reference {
  var sums: [Int128]

  init(count: Int) { sums = [Int128](repeating: 0, count: count) }

  mutating func add(_ row: [Double]) {
    for index in row.indices {
      sums[index] += Int128((row[index] * 0x1p55).rounded(.toNearestOrEven))
    }
  }

  var values: [Double] { sums.map { Double($0) * 0x1p-55 } }
}

extension ExactSum {
  fileprivate mutating func add(_ row: [Double]) throws {
    try row.withUnsafeBufferPointer { try add($0) }
  }

  fileprivate mutating func add(floats row: [Float]) throws {
    try row.withUnsafeBufferPointer { try add($0) }
  }

  fileprivate static func single(_ value: Double) throws -> Double {
    var sum = ExactSum(count: 1)
    try sum.add([value])
    return sum.values()[0]
  }
}

@Suite struct ExactSumTests {
  /// Rows of all signs and magnitudes, from lost altogether to nearly too large.
  private static func rows(_ count: Int, width: Int) -> [[Double]] {
    var stream = RandomStream(seed: 21, purpose: .task)
    return (0..<count).map { _ in
      (0..<width).map { _ in
        let exponent = stream.integer(below: 95) - 66
        let mantissa = stream.uniform(in: -2..<2)
        return Double(sign: .plus, exponent: exponent, significand: mantissa)
      }
    }
  }

  private static func sum(_ rows: some Sequence<[Double]>, width: Int) throws -> ExactSum {
    var sum = ExactSum(count: width)
    for row in rows { try sum.add(row) }
    return sum
  }

  @Test func agreesWithIntegersOf128Bits() throws {
    for width in [1, 2, 7, 64, 131] {
      let rows = Self.rows(300, width: width)
      var reference = Reference(count: width)
      for row in rows { reference.add(row) }
      let sum = try Self.sum(rows, width: width)
      #expect(sum.terms == 300)
      #expect(sum.values().map(\.bitPattern) == reference.values.map(\.bitPattern))
      let total = (0..<width).map { Int128(sum.words[$0]) << 43 + Int128(sum.words[width + $0]) }
      #expect(total == reference.sums)
    }
  }

  @Test func orderChangesNoBit() throws {
    var rows = Self.rows(200, width: 33)
    let words = try Self.sum(rows, width: 33).words
    var stream = RandomStream(seed: 22, purpose: .task)
    for _ in 0..<20 {
      stream.shuffle(&rows)
      #expect(try Self.sum(rows, width: 33).words == words)
    }
  }

  /// Floating-point sums of these rows do depend on their order: the test above tests something.
  @Test func orderWouldChangePlainSums() {
    let column = Self.rows(200, width: 1).map { $0[0] }
    #expect(column.reduce(0, +) != column.reversed().reduce(0, +))
  }

  @Test(arguments: 1...9) func ranksChangeNoBit(ranks: Int) throws {
    let rows = Self.rows(60, width: 17)
    let whole = try Self.sum(rows, width: 17)
    let parts = try (0..<ranks).map { rank in
      try Self.sum(stride(from: rank, to: 60, by: ranks).map { rows[$0] }, width: 17)
    }
    var merged = ExactSum(count: 17)
    for part in parts.reversed() { try merged.merge(part) }
    #expect(merged.words == whole.words)
    #expect(merged.terms == 60)
    // The way of an allreduce.
    var received = ExactSum(count: 17)
    received.words = (0..<34).map { word in parts.reduce(0) { $0 + $1.words[word] } }
    #expect(received.values().map(\.bitPattern) == whole.values().map(\.bitPattern))
  }

  /// One word a number or two: the same bits. Rows of these magnitudes just fit over so many ranks, the second ones do not.
  @Test(arguments: [(1, 0x1p6), (2, 0x1p5), (3, 0x1p5), (1 << 17, 0x1p-11)])
  func singleWordsChangeNoBit(ranks: Int, bound: Double) throws {
    let largest = bound - 0x1p-12
    let rows = [[largest, -largest, 0x1p-55, -0x1p-55, 0x1p-20 + 0x1p-54, -largest, 0]]
    let part = try Self.sum(rows, width: 7)
    #expect(part.fitsSingleWords(over: ranks))
    #expect(!(try Self.sum([[0, 0, bound, 0, 0, 0, 0]], width: 7)).fitsSingleWords(over: ranks))
    func overRanks(_ words: UnsafeMutableBufferPointer<Int64>) {
      for index in words.indices { words[index] *= Int64(ranks) }
    }
    var (single, double) = (part, part)
    var lengths: [Int] = []
    single.reduce(inSingleWords: true) {
      lengths.append($0.count)
      overRanks($0)
    }
    double.reduce(inSingleWords: false) {
      lengths.append($0.count)
      overRanks($0)
    }
    #expect(lengths == [7, 14])
    #expect(single.values().map(\.bitPattern) == double.values().map(\.bitPattern))
    #expect(single.values()[0] == largest * Double(ranks))
  }

  /// Low words take room as well; over 2^19 ranks and more there is none.
  @Test func singleWordsLeaveRoomForLowOnes() throws {
    var sum = ExactSum(count: 1)
    try sum.add([0x1p-13])
    #expect(sum.fitsSingleWords(over: 1 << 18) && !sum.fitsSingleWords(over: 1 << 19))
    for _ in 0..<17 { try sum.merge(sum) }
    #expect(sum.terms == 1 << 17)
    #expect(sum.fitsSingleWords(over: 4) && !sum.fitsSingleWords(over: 8))
    #expect(!ExactSum(count: 1).fitsSingleWords(over: 1 << 20))
  }

  @Test func floatsKeepAllBits() throws {
    var stream = RandomStream(seed: 23, purpose: .task)
    let floats = (0..<10_000).map { _ in
      let exponent = stream.integer(below: 62) - 32
      let mantissa = Float(stream.uniform(in: 1..<1.999))
      let sign: FloatingPointSign = stream.integer(below: 2) == 0 ? .plus : .minus
      return Float(sign: sign, exponent: exponent, significand: mantissa)
    }
    var sum = ExactSum(count: floats.count)
    try sum.add(floats: floats)
    #expect(sum.values() == floats.map(Double.init))
    // As the doubles of the same values.
    var doubles = ExactSum(count: floats.count)
    try doubles.add(floats.map(Double.init))
    #expect(doubles.words == sum.words)
  }

  @Test func edges() throws {
    let largest = 0x1p30.nextDown
    let least = Double.leastNonzeroMagnitude
    #expect(try ExactSum.single(largest) == largest)
    #expect(try ExactSum.single(-largest) == -largest)
    #expect(try ExactSum.single(0.1) == (0.1 * 0x1p55).rounded() * 0x1p-55)
    for zero in [-0.0, least, -least, 0x1p-56, -0x1p-56] {
      #expect(try ExactSum.single(zero).bitPattern == 0)
    }
    #expect(try ExactSum.single(0x1p-56.nextUp) == 0x1p-55)
    #expect(ExactSum(count: 0).values() == [])
    var cancelled = ExactSum(count: 1)
    for value in [largest, 0x1p-55, -largest, -0x1p-54] { try cancelled.add([value]) }
    #expect(cancelled.values() == [-0x1p-55])
    cancelled.clear()
    #expect(cancelled.words == [0, 0] && cancelled.terms == 0)
  }

  /// A sum halfway between two doubles, a little above and a little below.
  @Test func sumsAreRoundedOnce() throws {
    for (addend, expected) in [
      (0x1p-24, 0x1p29), (0x1p-24 + 0x1p-55, 0x1p29.nextUp), (0x1p-24 - 0x1p-55, 0x1p29),
    ] {
      var sum = ExactSum(count: 2)
      try sum.add([0x1p29, -0x1p29])
      try sum.add([addend, -addend])
      #expect(sum.values() == [expected, -expected])
    }
  }
}

@Suite struct ExactSumErrorTests {
  @Test(arguments: [
    0x1p30, -0x1p30, .infinity, -.infinity, .nan, .greatestFiniteMagnitude,
  ])
  func divergenceIsRefused(value: Double) throws {
    var sum = ExactSum(count: 5)
    try sum.add([1, 2, 3, 4, 5])
    let words = sum.words
    let error = try #require(throws: ExactSumError.self) { try sum.add([9, 9, 9, value, .nan]) }
    #expect(error.code == .diverged)
    #expect(error.index == 3)
    #expect(error.value?.description == value.description)
    #expect(
      error.description == """
        element 3 is \(value), and a sum takes only numbers of magnitude below 2^30: \
        training diverged, lower a learning rate
        """)
    #expect(ExitCode(for: error) == .dataError)
    #expect(throws: ExactSumError.self) { try sum.add(floats: [9, 9, 9, Float(value), 9]) }
    #expect(sum.words == words && sum.terms == 1)
  }

  /// The most that fits: 2^20 rows of the largest number leave room in 64 bits.
  @Test func theLastTermFitsAndNoOther() throws {
    let largest = 0x1p30.nextDown
    var sum = ExactSum(count: 2)
    try sum.add([largest, -largest])
    while sum.terms < ExactSum.maximumTerms { try sum.merge(sum) }
    #expect(sum.values() == [largest * 0x1p20, -largest * 0x1p20])
    let words = sum.words
    let error = try #require(throws: ExactSumError.self) { try sum.add([1, 1]) }
    #expect(error.code == .tooManyTerms && error.index == nil && error.value == nil)
    #expect(
      error.description
        == "1048577 terms are more than the 2^20 that a sum has room for: use fewer tasks")
    #expect(throws: ExactSumError.self) { try sum.merge(sum) }
    try sum.merge(ExactSum(count: 2))
    #expect(sum.words == words && sum.terms == ExactSum.maximumTerms)
  }
}
