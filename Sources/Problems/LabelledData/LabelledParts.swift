import BilevelOptimization
import Tensors

/// Examples with classes, and which of them train, validate and test. A table's columns are in the standard of those that
/// train.
package struct LabelledParts: Sendable {
  package let examples: LabelledExamples
  /// Which of all examples train, validate and test.
  package let train, validate, test: [Int]
  /// Whether the labels that train are a user's own, because clean ones have a place of their own.
  let areLabelsOwn: Bool

  /// The data that settings name, in the parts that they ask for.
  ///
  /// - Parameters:
  ///   - settings: What is asked for.
  ///   - imbalance: How many times fewer train of the last class than of the first.
  ///   - seed: The run's.
  /// - Throws: `SettingError` for settings that ask for more than there is, or examples of one class; `DataFileError` for files
  ///   that cannot be read or do not fit together.
  init(_ settings: LabelledDataSettings, imbalance: Double = 1, seed: UInt64) throws {
    var all = try LabelledExamples(settings.data, settings)
    let own = all.labels
    var request = DataSplit.Request(
      validation: settings.validation, test: settings.test, train: settings.train,
      isStratified: settings.stratified)
    var sizes = (own: own.count, validation: 0, test: 0)
    let clean = settings.validation.path
    if let clean {
      all = try all.followed(by: clean, as: "validation", settings)
      (sizes.validation, request.train) = (all.labels.count - own.count, 0)
      if settings.test.path == nil { request.test = 0 }
    }
    if let path = settings.test.path {
      let before = all.labels.count
      all = try all.followed(by: path, as: "test", settings)
      sizes.test = all.labels.count - before
    }
    guard all.classNames.count >= 2 else {
      throw SettingError("labels=\(settings.labels): all images are of one class; two are needed")
    }
    let split = try DataSplit(request, sizes: sizes, classes: own, seed: seed)
      .thinned(by: imbalance, own)
    self.init(all, split, areLabelsOwn: clean != nil)
  }

  /// Examples in these parts.
  init(_ examples: LabelledExamples, _ split: DataSplit, areLabelsOwn: Bool = false) {
    (train, validate, test) = (split.train, split.validate, split.test)
    self.examples = examples.standardised(by: train)
    self.areLabelsOwn = areLabelsOwn
  }

  /// How many classes there are.
  var classCount: Int { examples.classNames.count }

  /// Some of all examples, with their classes.
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  func examples(_ indices: [Int]) throws -> Examples {
    Examples(
      data: try examples.inputs(indices),
      target: DataArray(indices: indices.map { examples.labels[$0] }))
  }

  /// Which examples measure what was trained, and what they are called: those that test; where there are none, those that
  /// validate.
  var scored: (numbers: [Int], name: String) {
    test.isEmpty ? (validate, "Validation") : (test, "Test")
  }
}
