import Foundation
import IGBM

/// Settings of ``Characters``.
struct CharacterSettings: SettingGroup {
  var text = "", length = 24, hidden = 32, folds = 4, finalSteps = 400, first = -9.0

  mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("text", &text, "a text file; empty: the beginning of a play, in the program")
    try keys("length", &length, 2...1_000, "characters of a sequence")
    try keys("hidden", &hidden, 1...10_000, "size of the LSTM's state")
    try keys("folds", &folds, 2...100, "parts that the text but for its last fifth is cut into")
    try keys("final-steps", &finalSteps, 1...100_000, "steps of the trainings that are compared")
    try keys("first-strength", &first, -40...10, "logarithm of all strengths at first")
  }
}

/// Predicting the next character of a text by an LSTM, with a learnt strength of the L2 penalty on each of its parameters
/// (as J. Luketina et al., "Scalable gradient-based tuning of continuous regularization hyperparameters", 2016, have it):
///
///     f = mean cross-entropy + sum_g e^(u_g) ||w_g||^2        F = mean cross-entropy
///
/// The last fifth of the text tests. A task leaves out one part of the rest, which validates; its network goes on from step to
/// step, and the hypergradient goes back through the last lower step.
struct Characters: Problem {
  static let name = "characters"
  static let about = "the next character, by an LSTM; upper: an L2 strength of each parameter"
  static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    (settings.steps, settings.tasks, settings.start) = (80, 4, .previous)
    (settings.lowerRule, settings.lowerRate, settings.lowerSteps) = (.adam, 0.01, 10)
    settings.upperRate = 0.1
    settings.method = .unrolled
    settings.truncate = 1
    return settings
  }

  let upperModel: Model<[Tensor]>, lowerModel: Model<CharacterNetwork>
  let start = AdaptationStart.lowerModel
  let data: [DataChecksum]
  let settings: CharacterSettings
  private let text: CharacterText

  init(_ settings: CharacterSettings, seed: UInt64) throws {
    self.settings = settings
    let bytes = settings.text.isEmpty ? nil : try FileBytes(reading: settings.text)
    data = bytes.map { [DataChecksum("text", $0.checksum)] } ?? []
    text = CharacterText(bytes?.bytes ?? Array(Self.play.utf8), length: settings.length)
    guard text.training.count >= settings.folds, !text.test.isEmpty else {
      throw SettingError(
        "length=\(settings.length): the text has \(text.training.count) sequences to train with and "
          + "\(text.test.count) to test; set a smaller length, or fewer folds")
    }
    lowerModel = try Model(seed: seed) { [text] p in
      CharacterNetwork(p, characters: text.characters.count, hidden: settings.hidden)
    }
    let names = lowerModel.parameters.map(\.name)
    upperModel = try Model { p in names.map { p($0, [1], .constant(settings.first)) } }
  }

  func lowerObjective(_ s: ObjectiveState<[Tensor], CharacterNetwork>) -> Tensor {
    zip(s.upperModel, s.lowerModel.parameters).reduce(upperObjective(s)) { loss, group in
      loss + (exp(group.0) * squaredNorm(group.1)).sum()
    }
  }

  func upperObjective(_ s: ObjectiveState<[Tensor], CharacterNetwork>) -> Tensor {
    crossEntropy(s.lowerModel.scores(s.data), s.target)
  }

  /// Sequences may come in batches, as a long text wants it.
  static let isOverRows = true

  func task(_ index: Int, step: Int) throws -> TaskExamples {
    let (own, count) = (index % settings.folds, text.training.count)
    let fold = own * count / settings.folds..<(own + 1) * count / settings.folds
    let others = text.training[..<fold.lowerBound] + text.training[fold.upperBound...]
    return TaskExamples(
      train: try Self.examples(others), validate: try Self.examples(text.training[fold]))
  }

  /// All that trains, and what tests.
  func whole() throws -> (train: Examples, test: Examples) {
    (try Self.examples(text.training[...]), try Self.examples(text.test[...]))
  }

  /// Sequences of one length, each character's target the one behind it.
  private static func examples(_ sequences: ArraySlice<[Int]>) throws -> Examples {
    let shape: Shape = [sequences.count, (sequences.first?.count ?? 1) - 1]
    return Examples(
      data: try DataArray(shape, sequences.flatMap { $0.dropLast().map(Double.init) }),
      target: try DataArray(shape, sequences.flatMap { $0.dropFirst().map(Double.init) }))
  }
}

/// Characters' numbers into an LSTM, and of its states the scores of the next character.
struct CharacterNetwork {
  private let embedding: Embedding, lstm: LSTM, head: Dense

  init(_ p: Parameters, characters: Int, hidden: Int) {
    embedding = Embedding(p.part("embedding"), characters, 16)
    lstm = LSTM(p.part("lstm"), 16, hidden)
    head = Dense(p.part("head"), hidden, characters)
  }

  /// The parameters, in the order of the model.
  var parameters: [Tensor] {
    [
      embedding.weight, lstm.inputWeight, lstm.hiddenWeight, lstm.bias, head.weight, head.bias,
    ]
  }

  /// Scores `[n, steps, characters]` of numbers `[n, steps]`.
  func scores(_ numbers: Tensor) -> Tensor { head(lstm(embedding(numbers))) }
}

/// A text as sequences of numbers of its characters: one character longer than what is read, and overlapping by that.
private struct CharacterText {
  /// The characters there are, as bytes, in order.
  let characters: [UInt8]
  let training, test: [[Int]]

  init(_ bytes: [UInt8], length: Int) {
    let characters = Set(bytes).sorted()
    self.characters = characters
    let numbers = bytes.map { byte in characters.firstIndex(of: byte) ?? 0 }
    let sequences = stride(from: 0, to: max(numbers.count - length, 0), by: length).map {
      Array(numbers[$0...$0 + length])
    }
    let count = sequences.count - sequences.count / 5
    (training, test) = (Array(sequences[..<count]), Array(sequences[count...]))
  }
}
