import BilevelOptimization
import Foundation
import Models
import Randomness
import Tensors

extension Distillation {
  /// Accuracy of the lower model trained on the distilled examples, and on as many real ones, drawn some times.
  ///
  /// - Throws: What adaptation and predictions throw: `HypergradientError`, `TensorError`.
  public func results(
    _ training: Adaptation<DistilledExamples, Sequential>
  ) throws -> [ResultTable] {
    let (scored, name) = parts.scored
    let learnt = upperModel.values
    defer { upperModel.values = learnt }
    let distilled = try classifier.accuracy(lower(training), on: scored)
    let drawn = try (0..<settings.draws).map { draw in
      var stream = RandomStream(seed: seed, purpose: .evaluation, index: draw)
      upperModel.values = try values(of: parts.drawn(classes, from: parts.real, &stream), learnt)
      return try classifier.accuracy(training.adapt(whole.train).values, on: scored)
    }
    let mean = drawn.reduce(0, +) / Double(drawn.count)
    func text(_ number: Double) -> String { String(format: "%.4f", number) }
    return [
      ResultTable(
        "\(name) accuracy (\(scored.count) examples) after training on \(classes.count) examples",
        columns: ["", "accuracy", "least", "most"],
        rows: [
          ["distilled", text(distilled), "", ""],
          [
            "real, mean of \(drawn.count) draws", text(mean), text(drawn.min() ?? mean),
            text(drawn.max() ?? mean),
          ],
        ])
    ]
  }

  private func lower(_ training: Adaptation<DistilledExamples, Sequential>) throws -> [Double] {
    try training.lower(ofTask: 0, whole.train)
  }

  /// The lower model trained on the distilled examples.
  ///
  /// - Throws: What adaptation throws: `HypergradientError`, `TensorError`.
  public func trainedLower(
    _ training: Adaptation<DistilledExamples, Sequential>
  ) throws -> TrainedLower? {
    parts.examples.trained(try classifier.finished(lower(training)))
  }

  /// The classes of a file of images, or of a table's rows.
  ///
  /// - Throws: `DataFileError` for a file that cannot be read, or examples of another shape.
  public func predictions(_ lower: [Double], forFile path: String) throws -> ResultTable? {
    try classifier.predictions(lower, forFile: path, settings.examples)
  }

  /// The distilled examples for other programs: `inputs` `[n, height, width, channels]` of images, from 0 to 1 as real ones
  /// are, or `[n, columns]` in the standard of the table's columns; `classes` `[n]`; with learnt labels `probabilities`
  /// `[n, classes]`; with learnt rates `rates`, the factors of the lower rate.
  ///
  /// - Throws: `TensorError`.
  public func files(
    _ training: Adaptation<DistilledExamples, Sequential>
  ) throws -> [ResultArrays] {
    let n = classes.count
    let shape: [Int] =
      switch parts.examples {
      case .images(let images): [n, images.height, images.width, images.channels]
      case .rows: [n, parts.examples.inputCount]
      }
    let inputs = try upperModel.values(of: DistilledExamples.Name.inputs)
    var arrays = [
      ResultArrays.Entry("inputs", shape, inputs, .single),
      .init("classes", [n], classes.map(Double.init), .whole),
    ]
    if settings.softLabels {
      let targets = try upperModel.evaluate(DataArray(indices: [0]), precision: .double) {
        upper, _ in upper.targets
      }
      arrays.append(.init("probabilities", [n, parts.classCount], targets.values, .single))
    }
    if settings.rates > 0 {
      let rates = try upperModel.values(of: DistilledExamples.Name.rates)
      arrays.append(.init("rates", [rates.count], rates, .double))
    }
    return [ResultArrays("distilled.safetensors", arrays)]
  }

  /// The distilled images; nothing for rows of a table.
  ///
  /// - Throws: `TensorError`.
  public func illustrations(
    _ training: Adaptation<DistilledExamples, Sequential>
  ) throws -> [Illustration] {
    guard case .images(let images) = parts.examples else { return [] }
    let inputs = try upperModel.values(of: DistilledExamples.Name.inputs)
    let count = images.pixelCount
    let cells = classes.enumerated().prefix(Self.mostShown).map { place, label in
      let own = Array(inputs[place * count..<(place + 1) * count])
      let (least, most) = (min(own.min() ?? 0, 0), max(own.max() ?? 1, 1))
      return ImageFigure.Cell(
        pixels: own.map { Float(($0 - least) / (most - least)) }, width: images.width,
        channels: images.channels, caption: parts.examples.classNames[label])
    }
    return [
      .images(
        ImageFigure(
          "The distilled images",
          caption: "Each in its own range, of which 0 and 1 are part.",
          groups: [.init("\(classes.count) images", cells)]))
    ]
  }

  private static var mostShown: Int { 200 }
}
