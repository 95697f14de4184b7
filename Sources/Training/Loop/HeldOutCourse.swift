import BilevelOptimization
import Models
import Problems

/// The held-out score in the course of a run, and the upper parameters that had the best one: for stopping where it gets no better.
struct HeldOutCourse: Equatable {
  /// The best score so far; nil before the first.
  private(set) var score: Double?
  /// The upper steps that were made when it was found, and the upper parameters.
  private(set) var step = 0
  private(set) var upper: [Double] = []
  /// Scores since then, and the upper steps made at the last of them.
  private(set) var waits = 0
  private var latest = 0

  /// What the keys of it start with in a stored state, and the names of the parameters.
  private static let prefix = "best/"
  private enum Key {
    static let (score, step) = ("best-score", "best-step")
    static let (waits, latest) = ("best-waits", "best-latest")
  }

  /// Notes what a trainer's upper parameters scored, by the first of the measures.
  mutating func note<P: Problem>(_ evaluation: Evaluation, _ trainer: Trainer<P>) {
    // A run that is taken up at its end scores that again.
    guard let found = evaluation.scores.first, trainer.step > latest else { return }
    latest = trainer.step
    let mean = found.after.mean
    let isBetter =
      score.map { found.measure.isBetterWhereHigher ? mean > $0 : mean < $0 } ?? true
    if isBetter {
      (score, step, waits) = (mean, trainer.step, 0)
      upper = trainer.problem.upperModel.values
    } else {
      waits += 1
    }
  }

  /// Whether the score has been no better for as long as the settings wait.
  func isOver(_ settings: TrainingSettings) -> Bool {
    settings.patience > 0 && waits >= settings.patience
  }

  /// What a state stores of it.
  var words: [TensorFile.Word] {
    guard let score else { return [] }
    return [
      TensorFile.Word(Key.score, "\(score)"), TensorFile.Word(Key.step, "\(step)"),
      TensorFile.Word(Key.waits, "\(waits)"), TensorFile.Word(Key.latest, "\(latest)"),
    ]
  }

  /// The best upper parameters, under names of their own.
  func tensors<Body>(_ model: Model<Body>) -> [NamedTensor] {
    guard score != nil else { return [] }
    return model.parameters.map { parameter in
      let range = parameter.offset..<parameter.offset + parameter.shape.count
      return NamedTensor(
        Self.prefix + parameter.name, shape: parameter.shape.sizes, Array(upper[range]))
    }
  }

  /// Nothing yet.
  init() {}

  /// What was stored.
  ///
  /// - Throws: ``StateError`` for numbers that are none, or parameters of another model.
  init<Body>(_ file: TensorFile, of model: Model<Body>, at path: String) throws(StateError) {
    guard let score = file[Key.score] else { return }
    guard let score = Double(score), let step = file[Key.step].flatMap({ Int($0) }),
      let waits = file[Key.waits].flatMap({ Int($0) }),
      let latest = file[Key.latest].flatMap({ Int($0) })
    else {
      throw StateError(.malformed, path, "has a best score that is none; give a run's state")
    }
    (self.score, self.step, self.waits, self.latest) = (score, step, waits, latest)
    for parameter in model.parameters {
      guard let tensor = try file.tensor(Self.prefix + parameter.name, at: path),
        tensor.shape == parameter.shape.sizes
      else {
        throw StateError(
          .malformed, path, "lacks \(Self.prefix)\(parameter.name) of the best step; give a run's")
      }
      upper += tensor.values
    }
  }

  /// What people are told at the end.
  var table: ResultTable? {
    guard let score else { return nil }
    return ResultTable(
      "Best held-out score, whose upper parameters are \(Self.prefix)* in the state",
      columns: ["", "after step", "score"], rows: [["best", "\(step)", "\(score)"]])
  }
}

extension Measure {
  /// Whether more of it is better: of parts of what is right, unlike errors.
  fileprivate var isBetterWhereHigher: Bool { unit == .percent }
}
