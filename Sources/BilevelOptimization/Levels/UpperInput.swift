import Tensors

/// The upper parameters as a program's input, which is set where they are others than before: batches of one upper step share
/// them.
struct UpperInput {
  private let elements: Elements
  /// What it was last set to: kept alive, so that numbers at the same place are the same numbers.
  private var last: [Double]?

  init(_ elements: Elements) { self.elements = elements }

  /// Sets the parameters.
  mutating func set(_ values: [Double]) {
    if let last, last.isStored(with: values) { return }
    elements.set(values)
    last = values
  }
}
