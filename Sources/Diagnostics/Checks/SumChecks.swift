import Randomness
import Training

/// The exact sum, and the random numbers that make tasks independent of ranks.
enum SumChecks {
  static let all = [
    Check("exact sum of numbers that cancel", .alone(cancelling)),
    Check("exact sum in any order", .alone(anyOrder)),
    Check("random numbers have their published values", .alone(random)),
  ]

  @Sendable private static func cancelling() throws -> Check.Figure {
    let sum = try values([[0x1p300], [0x1p-40], [-0x1p300]])
    return Check.Figure(abs(sum[0] - 0x1p-40), atMost: 0)
  }

  /// Forwards and backwards, of rows of very different sizes.
  @Sendable private static func anyOrder() throws -> Check.Figure {
    let rows = (0..<60).map { row in
      Vectors.drawn(50, seed: UInt64(row)).map {
        $0 * Double(sign: .plus, exponent: (row % 20) * 5 - 50, significand: 1)
      }
    }
    return Check.Figure(
      Double(Vectors.differences(try values(rows), try values(rows.reversed()))), atMost: 0)
  }

  /// Random123's known answer for the digits of pi.
  @Sendable private static func random() -> Check.Figure {
    let found = Philox.block(
      counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
      key: SIMD2(0xa409_3822, 0x299f_31d0))
    let wanted = SIMD4<UInt32>(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    return Check.Figure(
      Double((0..<4).count(where: { found[$0] != wanted[$0] })), atMost: 0)
  }

  private static func values(_ rows: [[Double]]) throws -> [Double] {
    var sum = ExactSum(count: rows[0].count, terms: rows.count)
    for row in rows { _ = try row.withUnsafeBufferPointer { try sum.add($0) } }
    return sum.values()
  }
}
