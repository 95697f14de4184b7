import BilevelOptimization
import Randomness
import Tensors

/// Examples in their parts, with part of the training labels replaced.
@dynamicMemberLookup
package struct CorruptedLabels {
  let parts: LabelledParts
  /// The training examples' labels as given, and as they ought to be as far as that is known.
  package let givenLabels: [Int]
  package let rightLabels: [Int]
  /// Which training labels were drawn anew; some of these may be right by chance.
  package let isReplaced: [Bool]

  /// Whether it is known which training labels are wrong: those that were replaced.
  package var isTruthKnown: Bool { isReplaced.contains(true) }

  /// Labels of which a part is replaced, as settings say, unless they are a user's own.
  init(_ parts: LabelledParts, _ settings: CorruptionSettings, seed: UInt64) {
    self.parts = parts
    let right = parts.train.map { parts.examples.labels[$0] }
    rightLabels = right
    var isReplaced = [Bool](repeating: false, count: right.count)
    guard !parts.areLabelsOwn else {
      (givenLabels, self.isReplaced) = (right, isReplaced)
      return
    }
    var stream = RandomStream(seed: seed, purpose: .corruption)
    var labels = right
    let count = Int((settings.part * Double(right.count)).rounded())
    let classes = parts.classCount
    for number in stream.choose(count, of: right.count) {
      isReplaced[number] = true
      labels[number] =
        switch settings.kind {
        // Truly wrong: one of the other classes.
        case .wrong: (labels[number] + 1 + stream.integer(below: classes - 1)) % classes
        case .anyClass: stream.integer(below: classes)
        }
    }
    givenLabels = labels
    self.isReplaced = isReplaced
  }

  /// What the parts have.
  package subscript<Value>(dynamicMember member: KeyPath<LabelledParts, Value>) -> Value {
    parts[keyPath: member]
  }

  /// Training examples by number, with some labels, and their numbers for the weights.
  func trainExamples(_ numbers: [Int], labels: [Int]) throws -> Examples {
    Examples(
      data: try parts.examples.inputs(numbers.map { parts.train[$0] }),
      target: DataArray(indices: numbers.map { labels[$0] }),
      extras: [.init("example", DataArray(indices: numbers), byRow: true)])
  }
}
