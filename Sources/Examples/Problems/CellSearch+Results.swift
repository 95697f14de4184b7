import Foundation
import IGBM

/// What the search has found, beside cells that are drawn.
extension CellSearch {
  func results(_ training: Adaptation<Tensor, CellNetwork>) throws -> [ResultTable] {
    let (weights, found) = learnt()
    let cell = ResultTable(
      "The learnt cell",
      columns: ["edge", "operation"] + Operation.allCases.map { "\($0.rawValue)" },
      rows: zip(edgeNames, zip(found, weights)).map { name, edge in
        [name, edge.0.rawValue] + edge.1.map { String(format: "%.3f", $0) }
      })
    let own = try ChosenCell(found, of: self).accuracy
    let others = try (0..<settings.randomCells).map { try ChosenCell(drawn($0), of: self).accuracy }
    var rows = [("learnt cell", own)]
    if !others.isEmpty {
      let mean = others.reduce(0, +) / Double(others.count)
      let squares = others.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
      rows += [
        ("\(others.count) random cells: mean", mean),
        ("standard deviation", (squares / Double(max(others.count - 1, 1))).squareRoot()),
        ("the worst", others.min() ?? mean), ("the best", others.max() ?? mean),
        ("part that is below the learnt cell", part(of: others) { $0 < own }),
      ]
    }
    let accuracies = ResultTable(
      "Test accuracy (\(test.count) images) after training from the first values",
      columns: ["", "accuracy"], rows: rows.map { [$0, String(format: "%.4f", $1)] })
    return [cell, accuracies]
  }

  /// Test images that the learnt cell takes for others.
  func illustrations(_ training: Adaptation<Tensor, CellNetwork>) throws -> [Illustration] {
    let said = try ChosenCell(learnt().operations, of: self).classes
    let wrong = zip(test, said).filter { Digits.all.labels[$0] != $1 }
    let cells = wrong.prefix(40).map { number, said in
      ImageFigure.Cell(
        pixels: Digits.all.image(number), width: 8,
        caption: "\(said), is \(Digits.all.labels[number])", mark: .wrong)
    }
    return [
      .images(
        ImageFigure(
          "Digits that the learnt cell takes for others",
          caption: "Of \(test.count) test images \(wrong.count): what it says, and what is right.",
          groups: [.init("Mistakes", Array(cells))]))
    ]
  }

  /// Images that play no part in the search.
  var test: ArraySlice<Int> { order[settings.images...] }

  /// The weights of all operations of each edge, and the operation of most weight; an edge without any is no edge.
  private func learnt() -> (weights: [[Double]], operations: [Operation]) {
    let all = Operation.allCases
    let weights = stride(from: 0, to: upperModel.count, by: all.count).map { first in
      let powers = upperModel.values[first..<first + all.count].map { exp($0) }
      return powers.map { $0 / powers.reduce(0, +) }
    }
    return (
      weights,
      weights.map { weights in
        all.indices.filter { all[$0] != .none }.max { weights[$0] < weights[$1] }.map { all[$0] }
          ?? .skip
      }
    )
  }

  /// A random cell, by its number.
  private func drawn(_ number: Int) -> [Operation] {
    var random = RandomStream(seed: seed, purpose: .evaluation, index: number)
    let operations = Operation.allCases.filter { $0 != .none }
    return edgeNames.map { _ in operations[random.integer(below: operations.count)] }
  }

  private var edgeNames: [String] {
    (1...settings.nodes).flatMap { to in (0..<to).map { "\($0) to \(to)" } }
  }

  private func part(of numbers: [Double], where isCounted: (Double) -> Bool) -> Double {
    Double(numbers.count(where: isCounted)) / Double(numbers.count)
  }
}

/// A cell with one operation an edge, trained from its first values on all images of the search, and tested on the others.
private struct ChosenCell {
  /// The classes that it finds in the test images.
  let classes: [Int]
  /// The part of them that is right.
  let accuracy: Double

  init(_ operations: [Operation], of search: CellSearch) throws {
    let model = try CellSearch.model(operations.map { [$0] }, search.settings, seed: search.seed)
    let loss: Objective<Tensor, CellNetwork> = { s in
      crossEntropy(s.lowerModel.scores(s.data), s.target)
    }
    let implicit = try Implicit(
      upperObjective: loss, upperModel: search.upperModel, lowerObjective: loss, lowerModel: model,
      lowerLearningRate: 0.01)
    let train = try CellSearch.examples(search.order[..<search.settings.images])
    let adam = try LowerAdam(learningRate: 0.01, steps: search.settings.finalSteps)
    let trained = try adam.adapt(implicit, train: train).values
    // An image's class is not to depend on other test images: norms keep the training images' statistics.
    let stored = try model.storingStatistics(of: train.data, at: trained) { $0.scores($1) }
    let test = try CellSearch.examples(search.test)
    let predictor = try Predictor(model) { network, x in
      Function { network.scores($0) }(x, statistics: .stored)
    }
    let scores = try predictor(test.data, at: stored)
    classes = (0..<scores.shape[0]).map { row in
      let own = scores.values[10 * row..<10 * row + 10]
      return (own.firstIndex(of: own.max() ?? 0) ?? 0) - 10 * row
    }
    accuracy = try Scores.classification(scores, test.target)[0]
  }
}
