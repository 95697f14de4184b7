import BilevelOptimization
import MessagePassing
import Problems
import TestSupport
import Testing
import Training

/// What tasks keep from one upper step to the next: it changes no bit who computes them, or where a run is taken up.
@Suite struct LowerStatesTests {
  private static let warm: [(String, String)] = [
    ("steps", "5"), ("tasks", "4"), ("start", "previous"), ("warm-solve", "true"), ("k", "3"),
    ("batch", "7"), ("solve-batch", "9"), ("fresh-products", "true"), ("validation-batch", "5"),
    ("lower-steps", "3"), ("lower-rule", "adam"), ("lower-rate", "0.01"), ("final-steps", "2"),
    ("train", "60"), ("hidden", "4"), ("evaluation-tasks", "0"), ("flip", "true"), ("shift", "1"),
  ]

  /// Runs that keep states: their name, problem and settings.
  private static let runs: [(String, String, [(String, String)])] = [
    ("all of it", "label-cleaning", warm),
    ("one step of each", "label-cleaning", warm + [("method", "soba"), ("lower-steps", "1")]),
    ("two lower models", "label-cleaning", warm + [("method", "f2sa"), ("lower-rule", "sgd")]),
    (
      "tables over blocks", "label-cleaning",
      warm + [
        ("method", "saba"), ("lower-steps", "1"), ("blocks", "4"), ("validation-blocks", "3"),
      ]
    ),
    // Folds move from task to task, and not all of them are in a step.
    (
      "folds", "regularisation",
      [("steps", "6"), ("tasks", "3"), ("start", "previous"), ("lower-steps", "2")]
    ),
    // Two tasks for teams of two of four ranks; one for all ranks together.
    ("teams", "label-cleaning", warm + [("tasks", "2"), ("slabs", "4")]),
    (
      "one team", "label-cleaning",
      warm + [("tasks", "1"), ("slabs", "5"), ("method", "soba"), ("lower-steps", "1")]
    ),
    // Upper parameters that rest at first.
    ("rest", "label-cleaning", warm + [("upper-from", "2")]),
    (
      "rest, then two lower models", "label-cleaning",
      warm + [("method", "f2sa"), ("lower-rule", "sgd"), ("upper-from", "2")]
    ),
    (
      "rest, then tables over blocks", "label-cleaning",
      warm + [
        ("method", "saba"), ("lower-steps", "1"), ("blocks", "4"), ("validation-blocks", "3"),
        ("upper-from", "2"),
      ]
    ),
    ("solutions alone", "sinusoid", [("steps", "4"), ("tasks", "3"), ("warm-solve", "true")]),
  ]

  private static func run(
    _ problem: String, _ settings: [(String, String)], _ schedule: String
  ) throws -> any Run {
    try ProblemCatalogue.builtIn.entry(named: problem).run(
      RunRequest((settings + [("schedule", schedule)]).map { (key: $0.0, value: $0.1) }))
  }

  /// The state's bytes after all steps, and after each checkpoint.
  private static func train(
    _ problem: String, _ settings: [(String, String)], _ schedule: String = "static",
    ranks: Int = 1, from state: TensorFile? = nil
  ) throws -> (end: [UInt8], checkpoints: [Int: TensorFile]) {
    let found = try ThreadCommunicator.values(size: ranks) { communicator in
      var checkpoints: [Int: TensorFile] = [:]
      let continuation = Continuation(from: state.map { ($0, "state") }, every: 1) {
        checkpoints[$1] = $0
      }
      let outcome = try run(problem, settings, schedule).train(communicator, continuation) { _, _ in
      }
      return (outcome.state?.encoded() ?? [], checkpoints)
    }
    return found[0]
  }

  @Test(arguments: runs.indices) func ranksSchedulesAndPartsChangeNoBit(_ index: Int) throws {
    let (name, problem, settings) = Self.runs[index]
    let whole = try Self.train(problem, settings)
    #expect(
      whole.checkpoints.values.contains { $0.tensors.contains { $0.name.hasPrefix("lower/") } })
    for schedule in ["static", "dynamic"] {
      for ranks in 1...4 {
        let again = try Self.train(problem, settings, schedule, ranks: ranks)
        #expect(again.end == whole.end, "\(name): \(ranks) ranks, \(schedule)")
        for (step, state) in again.checkpoints where step == ranks {
          let rest = try Self.train(
            problem, settings, schedule, ranks: 5 - ranks, from: state)
          #expect(rest.end == whole.end, "\(name): taken up after \(step), \(schedule)")
        }
      }
    }
  }

  /// Keeping changes what is computed: a run that begins its tasks anew is another.
  @Test func whatIsKeptMatters() throws {
    let kept = try Self.train("label-cleaning", Self.warm)
    let anew = try Self.train("label-cleaning", Self.warm + [("start", "problem")])
    #expect(kept.end != anew.end)
  }

  /// Problems, settings that make no sense with them, and a part of what is said.
  private static let refused: [(String, [(String, String)], String)] = [
    ("regularisation", [("tasks", "7"), ("start", "previous")], "tasks 0 and 5 are the same (0)"),
    ("regularisation", [("start", "previous"), ("lower-rule", "split")], "split pulls towards"),
    ("quadratic", [("batch", "3")], "the examples of quadratic are no rows"),
    ("sinusoid", [("method", "soba")], "it must be one, with start previous"),
    ("sinusoid", [("method", "f2sa")], "the start previous"),
    ("label-cleaning", [("method", "reptile")], "must be one that starts at them"),
    (
      "sinusoid", [("method", "unrolled"), ("lower-rule", "sgd"), ("truncate", "1000")],
      "it must be at most as many"
    ),
    (
      "sinusoid", [("method", "unrolled"), ("lower-rule", "split"), ("lower-pull", "0.1")],
      "cannot be differentiated"
    ),
    ("sinusoid", [("method", "LS"), ("solver", "minres")], "with method implicit it may be that"),
    (
      "sinusoid", [("method", "implicit"), ("solver", "nystrom"), ("damping", "0")],
      "damping is 0.0"
    ),
    (
      "quadratic", [("method", "saba"), ("start", "previous"), ("lower-steps", "1")], "are no rows"
    ),
    ("sinusoid", [("method", "saba")], "with start previous"),
    (
      "sinusoid",
      [
        ("method", "saba"), ("start", "previous"), ("lower-steps", "1"), ("blocks", "11"),
        ("lower-rule", "sgd"),
      ], "blocks=11: the task has 10 rows"
    ),
    ("sinusoid", [("upper-from", "3")], "set start=previous, or upper-from=0"),
    ("sinusoid", [("lower-rule", "split"), ("lower-pull", "3")], "contains one of 0.1"),
    ("sinusoid", [("learned-rates", "rates")], "has no such upper parameter"),
    ("sinusoid", [("lower-rule", "proximal")], "the problem declares none"),
    ("sinusoid", [("lower-rule", "fista")], "the problem declares none"),
    ("sinusoid", [("lower-set", "box:0,0:1,1")], "the set is one of 2 parameters"),
    ("sinusoid", [("lower-rule", "newton"), ("lower-clip", "1")], "set another lower-rule"),
    ("sinusoid", [("lower-rule", "lbfgs"), ("lower-rise", "3")], "have no rate of their own"),
  ]

  @Test(arguments: refused) func whatMakesNoSenseIsRefused(
    problem: String, settings: [(String, String)], message: String
  ) throws {
    let error = try #require(throws: (any Error).self) { try Self.train(problem, settings) }
    #expect("\(error)".contains(message), "\(error)")
  }
}
