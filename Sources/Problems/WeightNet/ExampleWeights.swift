import Models
import Tensors

/// What weighs examples: a net of their loss, weights of their classes, or both. At first all weights are equal.
public struct ExampleWeights {
  private let net: Sequential?
  private let classes: Tensor?

  init(_ p: Parameters, _ kind: WeightNetSettings.Weights, hidden: Int, classes: Int) {
    net =
      kind == .classes
      ? nil
      : Sequential(
        Dense(p.part("hidden"), 1, hidden), Activation.relu,
        Dense(p.part("output"), hidden, 1, weight: .zeros), Activation.sigmoid)
    self.classes = kind == .loss ? nil : p("classes", [classes], .zeros)
  }

  /// The weights of examples.
  ///
  /// - Parameters:
  ///   - losses: Their losses `[n]`, held.
  ///   - numbers: The numbers of their classes `[n]`.
  /// - Returns: Above 0, `[n]`.
  func callAsFunction(_ losses: Tensor, classes numbers: Tensor) -> Tensor {
    let count = losses.shape.count
    let byLoss = net.map { $0(losses.reshaped([count, 1])).reshaped([count]) }
    guard let classes else { return byLoss ?? losses.filled(1, losses.shape) }
    let byClass = exp(classes.rows(numbers))
    return byLoss.map { $0 * byClass } ?? byClass
  }
}
