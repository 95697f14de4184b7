import Randomness

/// Numbers for checks, and what is needed to compare them.
enum Vectors {
  /// Normal numbers, always the same ones of a seed.
  static func drawn(_ count: Int, seed: UInt64) -> [Double] {
    var stream = RandomStream(seed: seed, purpose: .task)
    return (0..<count).map { _ in stream.normal() }
  }

  static func dot(_ x: [Double], _ y: [Double]) -> Double {
    zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
  }

  static func norm(_ x: [Double]) -> Double { dot(x, x).squareRoot() }

  /// x + scale * y
  static func sum(_ x: [Double], _ y: [Double], times scale: Double) -> [Double] {
    zip(x, y).map { $0 + scale * $1 }
  }

  /// ||found - wanted|| / ||wanted||
  static func relativeError(_ found: [Double], _ wanted: [Double]) -> Double {
    found.count == wanted.count
      ? norm(sum(found, wanted, times: -1)) / norm(wanted) : .infinity
  }

  /// How many numbers have other bits.
  static func differences(_ x: [Double], _ y: [Double]) -> Int {
    x.count == y.count
      ? zip(x, y).count(where: { $0.bitPattern != $1.bitPattern }) : max(x.count, y.count)
  }
}
