import Models
import Randomness
import Tensors

/// Examples that are upper parameters, class by class.
public struct DistilledExamples {
  /// Their numbers, `[n, numbers]`.
  let inputs: Tensor
  /// The probabilities of all classes, `[n, classes]`.
  let targets: Tensor

  /// Names of the parameters.
  enum Name {
    static let (inputs, labels, rates) = ("inputs", "labels", "rates")
  }

  init(_ p: Parameters, _ settings: DistillationSettings, inputs count: Int, classes: Int) {
    let n = classes * settings.perClass
    inputs = p(Name.inputs, [n, count])
    targets =
      settings.softLabels
      ? p(Name.labels, [n, classes]).softmax(axis: 1)
      : inputs.constant(Self.rows(settings, classes, of: 1), [n, classes])
    // Methods that learn rates find them by their name.
    if settings.rates > 0 { _ = p(Name.rates, [settings.rates], .constant(1)) }
  }

  /// The classes of all of them.
  static func classes(_ settings: DistillationSettings, _ classes: Int) -> [Int] {
    (0..<classes * settings.perClass).map { $0 / settings.perClass }
  }

  /// Rows of numbers `[n, classes]`, one at the class of each, 0 elsewhere.
  static func rows(_ settings: DistillationSettings, _ count: Int, of number: Double) -> [Double] {
    classes(settings, count).flatMap { own in (0..<count).map { $0 == own ? number : 0 } }
  }
}

extension LabelledParts {
  /// What stands in for distilled examples: real ones, as many of each class, drawn.
  ///
  /// - Parameters:
  ///   - classes: The class of each.
  ///   - numbers: Those of all examples that may be drawn.
  ///   - stream: What they are drawn from.
  /// - Returns: Their numbers among all examples.
  /// - Throws: `SettingError` for a class of which there are fewer.
  func drawn(
    _ classes: [Int], from numbers: [Int], _ stream: inout RandomStream
  ) throws -> [Int] {
    var left = (0..<classCount).map { own in numbers.filter { examples.labels[$0] == own } }
    return try classes.map { own in
      guard !left[own].isEmpty else {
        throw SettingError(
          "per-class: there are fewer examples of class \(examples.classNames[own]); set less")
      }
      return left[own].remove(at: stream.integer(below: left[own].count))
    }
  }
}
