import Foundation
import IGBM

/// What the learnt strengths are worth on text that played no part.
extension Characters {
  /// A network trained from its first values on all but the test text: bits that each place of a sequence takes.
  private struct Trained {
    let train, test: [Double]
  }

  func results(_ training: Adaptation<[Tensor], CharacterNetwork>) throws -> [ResultTable] {
    let rows = try compared(training).map { name, trained in
      [name] + [trained.train, trained.test].map { String(format: "%.3f", Self.mean($0)) }
    }
    return [
      ResultTable(
        "Bits a character after \(settings.finalSteps) steps from the first values",
        columns: ["", "training text", "test text"], rows: rows),
      ResultTable(
        "The strengths", columns: ["parameter", "at first", "learnt"],
        rows: zip(upperModel.parameters, upperModel.values).map { parameter, value in
          [parameter.name] + [settings.first, value].map { String(format: "%.2e", exp($0)) }
        }),
    ]
  }

  /// The bits of each place: the further, the more is known.
  func illustrations(
    _ training: Adaptation<[Tensor], CharacterNetwork>
  ) throws -> [Illustration] {
    let series = try compared(training).map { name, trained in
      CurveFigure.Series(
        name, trained.test.enumerated().map { .init(Double($0 + 1), $1) }, isLine: true)
    }
    return [
      .curves(
        CurveFigure(
          "Bits a character of the test text",
          caption: "By the characters that the network has read, each sequence from nothing.",
          panels: [.init("characters read", series)]))
    ]
  }

  private func compared(
    _ training: Adaptation<[Tensor], CharacterNetwork>
  ) throws -> [(String, Trained)] {
    let learnt = upperModel.values
    defer { upperModel.values = learnt }
    let adam = try LowerAdam(
      learningRate: training.implicit.options.lowerLearningRate, steps: settings.finalSteps)
    let (train, test) = try whole()
    return try [
      ("strengths at first", learnt.map { _ in settings.first }), ("learnt strengths", learnt),
    ].map { name, strengths in
      upperModel.values = strengths
      let values = try adam.adapt(training.implicit, train: train).values
      return (name, Trained(train: try bits(train, values), test: try bits(test, values)))
    }
  }

  /// The mean bits of each place of sequences.
  private func bits(_ examples: Examples, _ values: [Double]) throws -> [Double] {
    let logs = try lowerModel.evaluate(examples.data, at: values) { network, numbers in
      network.scores(numbers).logSoftmax(axis: 2)
    }
    let (count, characters) = (logs.shape[0], logs.shape[2])
    let (all, targets, places) = (logs.values, examples.target.values, logs.shape[1])
    return (0..<places).map { place in
      Self.mean(
        (0..<count).map { row in
          let own = row * places + place
          return -all[own * characters + Int(targets[own])] / log(2)
        })
    }
  }

  private static func mean(_ numbers: [Double]) -> Double {
    numbers.reduce(0, +) / Double(max(numbers.count, 1))
  }
}
