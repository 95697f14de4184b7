import Tensors

/// The upper parameters as a program's input, which is set where it is read and they are others than before: batches of one upper
/// step share them.
struct UpperInput {
  private let elements: Elements
  private let isRead: Bool
  /// What it was last set to: kept alive, so that numbers at the same place are the same numbers.
  private var last: [Double]?

  /// An input; `isRead`: whether the program's numbers depend on it.
  init(_ elements: Elements, isRead: Bool) { (self.elements, self.isRead) = (elements, isRead) }

  /// Sets the parameters.
  mutating func set(_ values: [Double]) {
    guard isRead, last?.isStored(with: values) != true else { return }
    elements.set(values)
    last = values
  }
}
