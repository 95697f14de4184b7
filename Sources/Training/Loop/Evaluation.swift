import BilevelOptimization
import MessagePassing
import Models
import Problems

/// Scores of held-out tasks, shared out over the ranks. Every task's scores are known to every rank before anything is
/// added up, so that the figures do not depend on the number of ranks.
public struct Evaluation: Sendable, Equatable {
  /// A score over all tasks.
  public struct Score: Sendable, Equatable {
    /// What was measured.
    public let measure: Measure
    /// Before adaptation.
    public let before: Interval
    /// After adaptation.
    public let after: Interval
  }

  /// As many tasks are scored at most where somebody waits for something else: a stop, or a page.
  static let fewTasks = 1000

  /// Tasks scored.
  public let tasks: Int
  /// The scores, in the problem's order.
  public let scores: [Score]

  /// Scores tasks 0 ..< `tasks`, or as many as there are. Collective.
  ///
  /// - Returns: The scores, the same on every rank; `nil` for a problem without held-out tasks, and for no tasks.
  /// - Throws: The same error on every rank.
  static func run<P: Problem>(
    _ trainer: Trainer<P>, tasks: Int
  ) throws -> Evaluation? {
    guard let heldOut = trainer.problem.heldOut, tasks > 0 else { return nil }
    let communicator = trainer.communicator
    let measures = heldOut.measures.count
    let tasks = heldOut.tasks(of: tasks)
    var kept: [Int: [Double]] = [:]
    if case .ofTask(let identity) = heldOut.scored {
      kept[identity] = try trainer.keptPoint(ofTask: identity)
    }
    var words = [Int64](repeating: 0, count: 2 * measures * tasks)
    try communicator.agreeing {
      let predict = try Predictor(trainer.problem.lowerModel, heldOut.predict)
      var lower = ScoredLower(try trainer.adaptation(keeping: kept), heldOut.scored)
      let own = TaskAssignment.tasks(tasks, ofRank: communicator.rank, of: communicator.size)
      for index in own {
        let scores = try scores(ofTask: index, heldOut, &lower, predict)
        for (place, score) in scores.enumerated() {
          words[index * 2 * measures + place] = Int64(bitPattern: score.bitPattern)
        }
      }
    }
    // All other ranks have 0 where one has a score.
    try communicator.sum(&words)
    let values = words.map { Double(bitPattern: UInt64(bitPattern: $0)) }
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      let (task, score) = place.quotientAndRemainder(dividingBy: 2 * measures)
      throw EvaluationError(
        task: task, measure: heldOut.measures[score % measures].name, value: values[place],
        isAdapted: score >= measures)
    }
    func interval(_ place: Int) -> Interval {
      Interval(
        of: stride(from: place, to: values.count, by: 2 * measures).map { values[$0] })
    }
    return Evaluation(
      tasks: tasks,
      scores: heldOut.measures.enumerated().map { place, measure in
        Score(measure: measure, before: interval(place), after: interval(measures + place))
      })
  }

  /// Scores before adaptation, then after.
  private static func scores<Upper, Lower>(
    ofTask index: Int, _ heldOut: HeldOut<Lower>, _ lower: inout ScoredLower<Upper, Lower>,
    _ predict: Predictor<Lower>
  ) throws -> [Double] {
    let task = try heldOut.task(index)
    let adapted = try lower.values(task.train)
    let inputs = try heldOut.inputs(task)
    return try [lower.adaptation.startValues, adapted].flatMap { values in
      let finished = try heldOut.finish(values, task.train)
      return try heldOut.scores(predict(inputs, at: finished), task.validate.target)
    }
  }
}

/// The lower models that held-out tasks score.
private struct ScoredLower<Upper, Lower> {
  let adaptation: Adaptation<Upper, Lower>
  private let scored: HeldOut<Lower>.Scored
  /// The last one, and what it was adapted to: held-out tasks may have that in common.
  private var last: (train: Examples, values: [Double])?

  init(_ adaptation: Adaptation<Upper, Lower>, _ scored: HeldOut<Lower>.Scored) {
    (self.adaptation, self.scored) = (adaptation, scored)
  }

  /// The lower parameters of a held-out task.
  mutating func values(_ train: Examples) throws -> [Double] {
    if case .ofTask(let identity) = scored, let kept = adaptation.kept[identity] { return kept }
    if let last, last.train == train { return last.values }
    let values = try adaptation.adapt(train).values
    last = (train, values)
    return values
  }
}

/// A held-out task whose score is no number, known to every rank alike.
public struct EvaluationError: CommonError, Hashable, CustomStringConvertible {
  /// The held-out task.
  public let task: Int
  let measure: String
  let value: Double
  let isAdapted: Bool

  /// The code to exit with.
  public var exitCode: ExitCode { .dataError }

  /// The message.
  public var description: String {
    "held-out task \(task): \(measure) \(isAdapted ? "after" : "before") adaptation is \(value); "
      + (isAdapted
        ? "lower lower-rate, or check the data" : "check the upper parameters and the data")
  }
}

/// A mean of independent numbers, with the half width of its 95 % interval, 1.96 s / sqrt(n).
public struct Interval: Sendable, Equatable {
  /// The mean.
  public let mean: Double
  /// Half the width of the interval; 0 for fewer than two numbers.
  public let halfWidth: Double

  /// The interval of some numbers.
  public init(of numbers: [Double]) {
    let count = Double(numbers.count)
    let mean = numbers.reduce(0, +) / max(count, 1)
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(count - 1, 1)
    self.mean = mean
    halfWidth = 1.96 * (variance / max(count, 1)).squareRoot()
  }
}
