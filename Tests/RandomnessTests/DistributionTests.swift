import Randomness
import Testing

@Suite struct DistributionTests {
  /// The chi-squared statistic of counts that ought to be equal.
  private func chiSquared(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  @Test func uniformMoments() {
    var stream = RandomStream(seed: 11, purpose: .task)
    let count = 100_000
    var sum = 0.0
    var squares = 0.0
    var counts = [Int](repeating: 0, count: 16)
    for _ in 0..<count {
      let u = stream.uniform()
      sum += u - 0.5
      squares += (u - 0.5) * (u - 0.5)
      counts[Int(u * 16)] += 1
    }
    #expect(abs(sum) < 4 * (Double(count) / 12).squareRoot())
    // (u - 1/2)^2 has the variance 1/180.
    #expect(abs(squares - Double(count) / 12) < 4 * (Double(count) / 180).squareRoot())
    // 15 degrees of freedom: exceeded once in 10 000.
    #expect(chiSquared(counts) < 44.3)
  }

  @Test func everyBitIsFair() {
    var stream = RandomStream(seed: 12, purpose: .task)
    let count = 40_000
    var ones = [Int](repeating: 0, count: 64)
    for _ in 0..<count {
      let word = stream.next()
      for bit in 0..<64 { ones[bit] += Int(word >> UInt64(bit) & 1) }
    }
    for bit in 0..<64 { #expect(abs(ones[bit] - count / 2) < 450, "bit \(bit)") }
  }

  /// Without rejection, one result in three would be too rare by a quarter.
  @Test func integersAreUnbiased() {
    var stream = RandomStream(seed: 13, purpose: .task)
    var residues = [0, 0, 0]
    var thirds = [0, 0, 0]
    for _ in 0..<30_000 {
      let number = stream.integer(below: 3 << 61)
      residues[number % 3] += 1
      thirds[number >> 61] += 1
    }
    // Two degrees of freedom: exceeded once in 10 000.
    #expect(chiSquared(residues) < 18.4)
    #expect(chiSquared(thirds) < 18.4)
  }

  @Test func permutationsAreUnbiased() {
    var stream = RandomStream(seed: 14, purpose: .task)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 { counts[stream.permutation(of: 4), default: 0] += 1 }
    #expect(counts.count == 24)
    // 23 degrees of freedom: exceeded once in 10 000.
    #expect(chiSquared(Array(counts.values)) < 56.4)
  }

  @Test func normalMoments() {
    var stream = RandomStream(seed: 15, purpose: .task)
    let count = 200_000
    var sums = [0.0, 0.0, 0.0, 0.0]
    var beyondTwo = 0
    for _ in 0..<count {
      let z = stream.normal()
      var power = 1.0
      for k in 0..<4 {
        power *= z
        sums[k] += power
      }
      if abs(z) > 2 { beyondTwo += 1 }
    }
    // The first four moments and the variances of the powers.
    for (sum, (moment, variance)) in zip(sums, [(0.0, 1.0), (1, 2), (0, 15), (3, 96)]) {
      #expect(
        abs(sum - moment * Double(count)) < 4 * (variance * Double(count)).squareRoot())
    }
    #expect(abs(Double(beyondTwo) / Double(count) - 0.04550026) < 0.002)
  }

  /// References: 60 decimal digits of mpmath.
  @Test(arguments: [
    (0x1p-53, -8.209536151601387), (1e-14, -7.650628092935269), (1e-11, -6.706023155495136),
    (1e-5, -4.264890793922825), (0.01, -2.326347874040841), (0.0749, -1.4402382675279637),
    (0.0751, -1.43882539275254), (0.25, -0.6744897501960817), (0.4, -0.2533471031357997),
    (0.5, 0),
  ])
  func quantile(probability: Double, expected: Double) {
    let found = NormalQuantile.value(at: probability)
    #expect(abs(found - expected) <= 1e-15 * abs(expected))
    // Where the complement is exact.
    if 1 - (1 - probability) == probability {
      #expect(NormalQuantile.value(at: 1 - probability) == -found)
    }
  }

  @Test func quantileRises() {
    var last = -Double.infinity
    for step in 1..<100_000 {
      let value = NormalQuantile.value(at: Double(step) * 1e-5)
      #expect(value > last)
      last = value
    }
  }

  /// References: 60 decimal digits of mpmath.
  @Test(arguments: [
    (1e-300, -690.7755278982137), (0x1p-53, -36.7368005696771), (0.1, -2.3025850929940455),
    (0.5, -0.6931471805599453), (0.70710678, -0.3465735919580042),
    (0.999, -0.0010005003335835344), (1, 0), (1.5, 0.4054651081081644),
    (10, 2.302585092994046), (1e300, 690.7755278982137),
  ])
  func logarithm(x: Double, expected: Double) {
    #expect(abs(NormalQuantile.logarithm(x) - expected) <= 2 * expected.ulp)
  }
}
