import BilevelOptimization
import Models
import Tensors

/// A network that classifies examples in their parts, and what it says of them at lower parameters.
final class Classifier {
  let model: Model<Sequential>
  private let parts: LabelledParts
  private let keepsStatistics: Bool
  private let predictor: Predictor<Sequential>
  /// Parameters with their statistics, those asked for last: whoever scores parts of the data asks again and again.
  private var finished: [(values: [Double], finished: [Double])] = []

  /// A network for some examples.
  ///
  /// - Throws: `SettingError` where it takes other examples; `TensorError`.
  init(
    _ network: ClassifierNetwork, hidden: Int, _ parts: LabelledParts, seed: UInt64
  ) throws {
    self.parts = parts
    model = try network.model(parts, hidden: hidden, seed: seed)
    let keepsStatistics = network.keepsStatistics
    self.keepsStatistics = keepsStatistics
    predictor = try Predictor(model) { Self.logits($0, $1, keepsStatistics) }
  }

  private static func logits(_ network: Sequential, _ x: Tensor, _ isStored: Bool) -> Tensor {
    network(x, statistics: isStored ? .stored : .ofInput)
  }

  /// A network's logits for inputs that are no batch of training: with the statistics that its parameters have.
  func logits(_ network: Sequential, _ x: Tensor) -> Tensor {
    Self.logits(network, x, keepsStatistics)
  }

  /// Parameters that predict: their batch norms have the statistics of training examples.
  ///
  /// - Throws: `TensorError` where there is no memory.
  func finished(_ values: [Double]) throws -> [Double] {
    guard keepsStatistics else { return values }
    if let known = finished.first(where: { $0.values == values || $0.finished == values }) {
      return known.finished
    }
    // As many as tell a mean and a variance well, from all over the data.
    let count = min(parts.train.count, Self.block)
    let numbers = (0..<count).map { parts.train[$0 * parts.train.count / count] }
    let result = try model.storingStatistics(of: parts.examples.inputs(numbers), at: values)
    finished = finished.suffix(1) + [(values, result)]
    return result
  }

  /// The logits `[n, classes]` of inputs, at parameters as training left them.
  ///
  /// - Throws: `TensorError` for inputs of another shape.
  func logits(_ inputs: DataArray, at values: [Double]) throws -> DataArray {
    let values = try finished(values)
    let count = inputs.shape[0]
    let blocks = try stride(from: 0, to: count, by: Self.block).flatMap { start in
      let rows = RowNumbers(start..<min(start + Self.block, count))
      return try predictor(inputs.rows(rows), at: values).values
    }
    return try DataArray([count, parts.classCount], blocks)
  }

  /// The part of some of all examples whose classes it finds.
  func accuracy(_ values: [Double], on numbers: [Int]) throws -> Double {
    let labels = DataArray(indices: numbers.map { parts.examples.labels[$0] })
    return try Scores.classification(
      logits(try parts.examples.inputs(numbers), at: values), labels)[0]
  }

  /// The classes of a file of images, or of a table's rows.
  ///
  /// - Throws: `DataFileError` for a file that cannot be read, or examples of another shape.
  func predictions(
    _ values: [Double], forFile path: String, _ settings: LabelledDataSettings
  ) throws -> ResultTable {
    let inputs = try parts.examples.inputs(ofFile: path, settings)
    return Predictions.classes(
      try logits(inputs, at: values), named: parts.examples.classNames)
  }

  /// Accuracy and cross-entropy of the lower model of task 0 on parts of the examples that measure it.
  ///
  /// - Parameter train: What that task trains with.
  /// - Returns: How it is measured.
  func heldOut(after train: Examples) -> HeldOut<Sequential> {
    let numbers = parts.scored.numbers
    let count = max(1, min(Self.heldOutParts, numbers.count / Self.smallestPart))
    return HeldOut(
      [.accuracy, .crossEntropy],
      task: { [parts] part in
        // Every so many: files may be sorted by class.
        let own = stride(from: part, to: numbers.count, by: count).map { numbers[$0] }
        return TaskExamples(train: train, validate: try parts.examples(own))
      },
      predict: { self.logits($0, $1) }, scores: Scores.classification,
      finish: { values, _ in try self.finished(values) }, count: count, scored: .ofTask(0))
  }

  /// Parts of the examples that are scored each by itself, for an interval: at most, and their least size.
  private static let (heldOutParts, smallestPart) = (10, 50)
  /// So many examples at once.
  private static let block = 1000
}
