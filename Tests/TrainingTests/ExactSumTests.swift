import MessagePassing
import Randomness
import TestSupport
import Testing
import Training

/// The same sum in one long integer: each number counts as the multiple of 2^(size - 84) nearest to it.
private struct WideSum {
  /// Multiples of 2^-1200, in digits of 32 bits.
  private var digits = [Int64](repeating: 0, count: 80)
  private static let offset = 1200

  mutating func add(_ row: [Double], at index: Int) {
    let largest = row.map(\.magnitude).max() ?? 0
    guard largest > 0 else { return }
    let least = max(Int(largest.exponent), ExactSum.leastSize) - 84
    // In two factors, for one might be beyond all doubles. Of a number with 53 bits this is one, too.
    let half = -least / 2
    let multiple =
      (row[index] * power(half) * power(-least - half)).rounded(.toNearestOrEven)
    guard multiple != 0 else { return }
    let bits = Int64(multiple.significandBitPattern | 1 << 52)
    let place = least + Int(multiple.exponent) - 52 + Self.offset
    let (digit, shift) = (place / 32, place % 32)
    let sign: Int64 = multiple < 0 ? -1 : 1
    let parts = UInt128(bits) << UInt128(shift)
    for part in 0..<3 {
      digits[digit + part] += sign * Int64(UInt32(truncatingIfNeeded: parts >> UInt128(32 * part)))
    }
  }

  /// Rounded to the nearest, ties to even.
  var value: Double {
    var (digits, carry) = (digits, Int64(0))
    for index in digits.indices {
      let sum = digits[index] + carry
      digits[index] = sum & 0xFFFF_FFFF
      carry = sum >> 32
    }
    if carry < 0 {
      var negative = WideSum()
      negative.digits = self.digits.map { -$0 }
      return -negative.value
    }
    guard let top = digits.lastIndex(where: { $0 != 0 }) else { return 0 }
    // The highest bits that make a double, and whether any bit is set below them.
    var bits: UInt128 = 0
    for index in 0..<4 {
      bits |= UInt128(top >= index ? UInt64(digits[top - index]) : 0) << UInt128(32 * (3 - index))
    }
    let isMore = digits[..<max(0, top - 3)].contains { $0 != 0 }
    let dropped = UInt128(128 - bits.leadingZeroBitCount - 53)
    let (kept, rest) = (bits >> dropped, bits & (1 << dropped - 1))
    let half: UInt128 = 1 << (dropped - 1)
    let isUp = rest > half || rest == half && (isMore || kept & 1 == 1)
    let exponent = 32 * (top - 3) + Int(dropped) - Self.offset
    let half53 = exponent / 2
    return Double(kept + (isUp ? 1 : 0)) * power(half53) * power(exponent - half53)
  }
}

private func power(_ exponent: Int) -> Double {
  Double(sign: .plus, exponent: exponent, significand: 1)
}

extension ExactSum {
  @discardableResult
  fileprivate mutating func add(_ row: [Double]) throws -> Int? {
    try row.withUnsafeBufferPointer { try add($0) }
  }
}

@Suite struct ExactSumTests {
  /// How far the sizes of rows lie apart.
  enum Spread: Int, CaseIterable { case none = 1, some = 12, much = 60, all = 1_500 }

  /// Rows of some sizes, a few of them zero, whose numbers have all signs and magnitudes below.
  private static func rows(_ count: Int, width: Int, _ spread: Spread) -> [[Double]] {
    var stream = RandomStream(seed: 21, purpose: .task)
    return (0..<count).map { _ in
      if stream.integer(below: 12) == 0 { return [Double](repeating: 0, count: width) }
      let size = stream.integer(below: spread.rawValue) - spread.rawValue / 2
      return (0..<width).map { _ in
        let depth = stream.integer(below: stream.integer(below: 2) == 0 ? 4 : 95)
        let number = Double(
          sign: .plus, exponent: size - depth, significand: stream.uniform(in: -2..<2))
        // Every other number is one of single precision.
        return depth % 2 == 0 ? number : Double(Float(number / power(size))) * power(size)
      }
    }
  }

  private static func sum(
    _ rows: some Collection<[Double]>, width: Int, terms: Int? = nil
  ) throws -> ExactSum {
    var sum = ExactSum(count: width, terms: terms ?? max(rows.count, 1))
    for row in rows { try sum.add(row) }
    return sum
  }

  /// What ranks with the given rows get, and how many words each of their messages has.
  private static func reduced(
    _ rows: [[[Double]]], width: Int
  ) throws -> [(values: [Double], messages: [Int])] {
    let terms = max(rows.joined().count, 1)
    return try ThreadCommunicator.values(size: rows.count) { communicator in
      var sum = ExactSum(count: width, terms: terms)
      let sizes = try rows[communicator.rank].compactMap { try sum.add($0) }
      let bits = sum.lowestBit.map { [$0] } ?? []
      let all = try communicator.gather(sizes.map(Int64.init)).flatMap(\.self).map { Int($0) }
      let lowest = try communicator.gather(bits.map(Int64.init)).flatMap(\.self).min()
      var messages: [Int] = []
      let spans = sum.arrange(all.reversed())
      try sum.reduce(spans, lowestBit: lowest.map { Int($0) }) {
        words throws(MessagePassingError) in
        messages.append(words.count)
        try communicator.sum(words)
      }
      return (sum.values(), messages)
    }
  }

  @Test(arguments: Spread.allCases) func agreesWithOneLongInteger(_ spread: Spread) throws {
    for width in [1, 2, 7, 64, 131] {
      let rows = Self.rows(100, width: width, spread)
      var wide = [WideSum](repeating: WideSum(), count: width)
      for row in rows {
        for index in 0..<width { wide[index].add(row, at: index) }
      }
      let sum = try Self.sum(rows, width: width)
      #expect(sum.terms == 100)
      #expect(sum.values().map(\.bitPattern) == wide.map(\.value.bitPattern), "width \(width)")
    }
  }

  @Test(arguments: Spread.allCases) func orderChangesNoBit(_ spread: Spread) throws {
    var rows = Self.rows(60, width: 33, spread)
    let values = try Self.sum(rows, width: 33).values()
    var stream = RandomStream(seed: 22, purpose: .task)
    for _ in 0..<10 {
      stream.shuffle(&rows)
      #expect(try Self.sum(rows, width: 33).values() == values)
    }
  }

  /// Floating-point sums of these rows do depend on their order: the test above tests something.
  @Test func orderWouldChangePlainSums() {
    let column = Self.rows(200, width: 1, .some).map { $0[0] }
    #expect(column.reduce(0, +) != column.reversed().reduce(0, +))
  }

  /// How many rows a sum is for decides which sizes share a layer, and changes no bit.
  @Test(arguments: Spread.allCases) func layersChangeNoBit(_ spread: Spread) throws {
    let rows = Self.rows(60, width: 17, spread)
    let values = try Self.sum(rows, width: 17).values()
    for terms in [100, 1 << 15, ExactSum.maximumTerms] {
      var sum = try Self.sum(rows, width: 17, terms: terms)
      #expect(sum.values() == values)
      let sizes = rows.compactMap { row in
        row.map(\.magnitude).max().flatMap { $0 > 0 ? Int($0.exponent) : nil }
      }
      #expect(!sum.arrange(sizes).isEmpty)
      #expect(sum.values() == values)
    }
  }

  @Test(arguments: Spread.allCases) func ranksChangeNoBit(_ spread: Spread) throws {
    let rows = Self.rows(60, width: 17, spread)
    let values = try Self.sum(rows, width: 17).values()
    for ranks in [1, 2, 3, 4, 9] {
      // The last rank has none.
      let parts = (0..<ranks).map { rank in
        rows.indices.filter { $0 % max(ranks - 1, 1) == rank }.map { rows[$0] }
      }
      for end in try Self.reduced(parts, width: 17) {
        #expect(end.values.map(\.bitPattern) == values.map(\.bitPattern), "\(ranks) ranks")
      }
    }
  }

  /// A sum of numbers that are a power of two larger is that power of two larger.
  @Test(arguments: [-600, -200, -39, -1, 30, 31, 200, 600])
  func powersOfTwoChangeNoOtherBit(_ exponent: Int) throws {
    for spread in [Spread.none, .some, .much] {
      let rows = Self.rows(40, width: 9, spread)
      let scaled = rows.map { $0.map { $0 * power(exponent) } }
      let values = try Self.sum(rows, width: 9).values().map { $0 * power(exponent) }
      for end in try Self.reduced([Array(scaled[..<11]), Array(scaled[11...])], width: 9) {
        #expect(end.values == values)
      }
    }
  }

  /// Numbers travel in one word each where all of their bits lie near each other, in two where not, and in a message
  /// for each size where these lie far apart.
  @Test func wordsAreAsManyAsItTakes() throws {
    let plain = [1, -0.75, 0x1p-30, 0, 0x1p-50]
    func messages(_ rows: [[[Double]]]) throws -> [Int] {
      let ends = try Self.reduced(rows, width: 5)
      #expect(ends.allSatisfy { $0.messages == ends[0].messages && $0.values == ends[0].values })
      let whole = try Self.sum(rows.flatMap(\.self), width: 5).values()
      #expect(ends[0].values.map(\.bitPattern) == whole.map(\.bitPattern))
      return ends[0].messages
    }
    func scaled(_ exponent: Int) -> [Double] { plain.map { $0 * power(exponent) } }
    #expect(try messages([[plain], [plain]]) == [5])
    #expect(try messages([[scaled(700)], [scaled(700), scaled(702)]]) == [5])
    // 2^62 at the most: the sum of 2 is below 2^2, and bits go down to 2^-60 or 2^-61.
    #expect(try messages([[[1, 0, 0, 0, 0x1p-60]], [plain]]) == [5])
    #expect(try messages([[[1, 0, 0, 0, 0x1p-61]], [plain]]) == [10])
    #expect(try messages([[scaled(15)], [plain]]) == [10])
    #expect(try messages([[scaled(200)], [plain, scaled(-90)]]) == [5, 10, 10])
    #expect(try messages([[scaled(200)], [[0, 0, 0, 0, 0]]]) == [5])
    #expect(try messages([[[0, 0, 0, 0, 0]], []]) == [])
    #expect(try messages([[plain], [plain.map { -$0 }]]) == [5])
  }

  @Test func edges() throws {
    let (largest, least) = (Double.greatestFiniteMagnitude, Double.leastNonzeroMagnitude)
    func single(_ rows: [Double]) throws -> Double {
      try Self.sum(rows.map { [$0] }, width: 1).values()[0]
    }
    for value in [largest, -largest, 1, -0x1p-700, Double.leastNormalMagnitude * 0x1p70] {
      #expect(try single([value]) == value)
    }
    #expect(try single([-0.0]).bitPattern == 0)
    #expect(try single([largest, 1, -largest]) == 1)
    #expect(try single([largest, -largest, 0x1p-940, largest, -largest]) == 0x1p-940)
    // Numbers this small count as multiples of 2^-1044.
    #expect(try single([least]) == 0 && single([0x1p-1044]) == 0x1p-1044)
    #expect(try single([1, -1]).bitPattern == 0)
    #expect(ExactSum(count: 0, terms: 1).values() == [])
    #expect(ExactSum(count: 2, terms: 1).values() == [0, 0])
    // Beyond all doubles: no number, and no trap.
    #expect(!(try single([largest, largest]).isFinite))
    var cancelled = try Self.sum([[3], [0x1p-300]], width: 1)
    cancelled.clear()
    #expect(cancelled.values() == [0] && cancelled.terms == 0 && cancelled.lowestBit == nil)
    try cancelled.add([7])
    #expect(cancelled.values() == [7] && cancelled.lowestBit == 0)
  }

  /// A sum halfway between two doubles, a little above and a little below, of rows of one size and of several.
  @Test func sumsAreRoundedOnce() throws {
    for (addends, expected) in [
      ([0x1p-24], 0x1p29), ([0x1p-24 + 0x1p-55], 0x1p29.nextUp), ([0x1p-24 - 0x1p-55], 0x1p29),
      ([0x1p-24, 0x1p-500], 0x1p29.nextUp), ([0x1p-24, -0x1p-500], 0x1p29),
      ([-0x1p-25, 0x1p-500], 0x1p29), ([-0x1p-25, -0x1p-500], 0x1p29.nextDown),
    ] {
      let rows = [[0x1p29, -0x1p29]] + addends.map { [$0, -$0] }
      #expect(try Self.sum(rows, width: 2).values() == [expected, -expected])
    }
  }
}

@Suite struct ExactSumErrorTests {
  @Test(arguments: [Double.infinity, -.infinity, .nan])
  func whatIsNotFiniteIsRefused(value: Double) throws {
    var sum = ExactSum(count: 5, terms: 3)
    try sum.add([1, 2, 3, 4, 5])
    let error = try #require(throws: ExactSumError.self) { try sum.add([9, 9, 9, value, .nan]) }
    #expect(error.code == .diverged)
    #expect(error.index == 3)
    #expect(error.value?.description == value.description)
    #expect(
      error.description == """
        element 3 is \(value), and a sum takes only finite numbers: training diverged, lower a \
        learning rate
        """)
    #expect(ExitCode(for: error) == .dataError)
    #expect(sum.values() == [1, 2, 3, 4, 5] && sum.terms == 1)
  }

  /// The most that fits: 2^20 rows leave room in 64 bits.
  @Test(arguments: [1.nextDown, 1]) func theLastTermFitsAndNoOther(_ number: Double) throws {
    var sum = ExactSum(count: 2, terms: ExactSum.maximumTerms)
    while sum.terms < ExactSum.maximumTerms { try sum.add([number, -number]) }
    #expect(sum.values() == [number * 0x1p20, -number * 0x1p20])
    let error = try #require(throws: ExactSumError.self) { try sum.add([1, 1]) }
    #expect(error.code == .tooManyTerms && error.index == nil && error.value == nil)
    #expect(
      error.description
        == "1048577 terms are more than the 1048576 that a sum is for: use fewer tasks")
    #expect(sum.values() == [number * 0x1p20, -number * 0x1p20])
  }
}
