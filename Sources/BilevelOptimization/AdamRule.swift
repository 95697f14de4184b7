import Foundation
import Tensors

/// Adam (Kingma and Ba, 2015), algorithm 1, on one element: both levels' optimisers use it.
struct AdamRule: Sendable, Hashable {
  let beta1: Double
  let beta2: Double
  let epsilon: Double

  init(
    beta1: Double, beta2: Double, epsilon: Double
  ) throws(HypergradientError) {
    try HypergradientError.requireFraction(beta1, "beta1")
    try HypergradientError.requireFraction(beta2, "beta2")
    try HypergradientError.require(
      epsilon.isFinite && epsilon > 0, "epsilon is \(epsilon); it must be finite and above 0")
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  /// What a step, counted from 0, divides the moments by. Powers by multiplication, so that the bits do
  /// not depend on a mathematics library.
  func corrections(_ step: Int) -> (first: Double, second: Double) {
    (1 - power(beta1, step + 1), 1 - power(beta2, step + 1))
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var square = base
    var remaining = exponent
    while remaining > 0 {
      if remaining & 1 == 1 { result *= square }
      square *= square
      remaining >>= 1
    }
    return result
  }

  /// Updates both moments of an element with its gradient and gives what to subtract from it.
  @inline(__always)
  func step(
    _ gradient: Double, _ first: inout Double, _ second: inout Double,
    _ corrections: (first: Double, second: Double), learningRate: Double
  ) -> Double {
    first = beta1 * first + (1 - beta1) * gradient
    second = beta2 * second + (1 - beta2) * gradient * gradient
    return learningRate * (first / corrections.first)
      / ((second / corrections.second).squareRoot() + epsilon)
  }
}
