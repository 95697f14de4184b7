import Foundation
import IGBM

/// What the poison does to a classifier that is trained on all images.
extension Poisoning {
  func results(_ training: Adaptation<Tensor, Dense>) throws -> [ResultTable] {
    let learnt = upperModel.values
    defer { upperModel.values = learnt }
    let drawn = try Digits.all.images(poisons).values
    let cases = [
      ("clean images alone", drawn, 0.0), ("and \(poisons.count) of a wrong class", drawn, 1),
      ("the same, poisoned", learnt, 1),
    ]
    let rows = try cases.map { name, pixels, weight in
      upperModel.values = pixels
      let lower = try training.adapt(try self.training(train, weight: weight)).values
      let accuracies = try [train, test].map { try accuracy($0, lower) }
      return [name] + accuracies.map { String(format: "%.4f", $0) }
    }
    return [
      ResultTable(
        "Accuracy after training on",
        columns: ["", "\(train.count) clean training images", "\(test.count) test images"],
        rows: rows)
    ]
  }

  /// The poisoned images, as they were and as they are.
  func illustrations(_ training: Adaptation<Tensor, Dense>) throws -> [Illustration] {
    let cells = poisons.prefix(20).enumerated().map { place, number in
      let pixels = upperModel.values[64 * place..<64 * place + 64].map { Float($0) }
      let caption = "\(Digits.all.labels[number]), said to be \(Self.wrongClass(number))"
      return (
        ImageFigure.Cell(pixels: Digits.all.image(number), width: 8, caption: caption),
        ImageFigure.Cell(pixels: pixels, width: 8, caption: caption)
      )
    }
    return [
      .images(
        ImageFigure(
          "Poisoned images", caption: "Each is trained with as one of a class that it is not.",
          groups: [.init("As drawn", cells.map(\.0)), .init("Poisoned", cells.map(\.1))]))
    ]
  }

  private func accuracy(_ numbers: [Int], _ lower: [Double]) throws -> Double {
    let examples = try Self.examples(numbers)
    let scores = try lowerModel.evaluate(examples.data, at: lower) { $0($1) }
    return try Scores.classification(scores, examples.target)[0]
  }
}
