import BilevelOptimization
import TestSupport
import Testing

@Suite struct EuclideanNormTests {
  @Test func known() {
    #expect([Double]().euclideanNorm == 0 && [0.0, -0.0].euclideanNorm == 0)
    #expect([3.0, -4].euclideanNorm == 5)
    #expect([Double.infinity, 1].euclideanNorm == .infinity)
    #expect([Double.infinity, .nan].euclideanNorm.isNaN && [1, Double.nan].euclideanNorm.isNaN)
    #expect([Double.greatestFiniteMagnitude, 1].euclideanNorm == .greatestFiniteMagnitude)
    #expect([Double.greatestFiniteMagnitude, .greatestFiniteMagnitude].euclideanNorm == .infinity)
    #expect([Double.leastNonzeroMagnitude].euclideanNorm == .leastNonzeroMagnitude)
  }

  /// Of numbers that are a power of two larger it is that power of two larger, whether or not squares overflow or vanish.
  @Test func powersOfTwoChangeNoOtherBit() {
    var draws = Draws(seed: 7)
    let numbers = (0..<50).map { _ in Double(draws.next(1 << 40) - 1 << 39) * 0x1p-39 }
    for exponent in stride(from: -960, through: 1_000, by: 35) {
      let factor = Double(sign: .plus, exponent: exponent, significand: 1)
      #expect(numbers.map { $0 * factor }.euclideanNorm == numbers.euclideanNorm * factor)
    }
  }
}
