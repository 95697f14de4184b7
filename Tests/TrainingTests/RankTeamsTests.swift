import BilevelOptimization
import MessagePassing
import Models
import Problems
import Tensors
import TestProblems
import TestSupport
import Testing
import Training

/// Ranks that compute a task together: who is in a team, that the hypergradient is the whole's, and what fails.
@Suite struct RankTeamsTests {
  private static func settings(tasks: Int, slabs: Int, team: Int = 0) -> TrainingSettings {
    var settings = TrainingSettings()
    (settings.tasks, settings.slabs, settings.team) = (tasks, slabs, team)
    return settings
  }

  /// What a rank knows of the teams.
  private struct View: Sendable, Equatable {
    let size, count: Int
    let share: Range<Int>
    let leaders: [Int]
    let isLeader: Bool
  }

  private static func views(_ ranks: Int, _ settings: TrainingSettings) throws -> [View] {
    try ThreadCommunicator.values(size: ranks) { communicator in
      let teams = try RankTeams(settings, communicator)
      return View(
        size: teams.size, count: teams.count, share: teams.share(of: settings.tasks),
        leaders: teams.leaders(of: settings.tasks).map(\.rank), isLeader: teams.isLeader)
    }
  }

  @Test func everyTaskIsOneTeams() throws {
    for ranks in 1...7 {
      for (tasks, slabs, team) in [
        (1, 1, 0), (1, 4, 0), (2, 4, 0), (5, 3, 0), (1, 7, 2), (3, 7, 3), (4, 7, 7),
      ] {
        let settings = Self.settings(tasks: tasks, slabs: slabs, team: team)
        let views = try Self.views(ranks, settings)
        let size = views[0].size
        #expect(size <= slabs && views[0].count == ranks / size)
        var seen: [Int] = []
        for (rank, view) in views.enumerated() {
          #expect((view.size, view.count) == (size, ranks / size))
          #expect(view.leaders == views[0].leaders)
          let isIn = rank < ranks / size * size
          let mates = views[(rank / size * size)..<min(rank / size * size + size, ranks)]
          #expect(mates.allSatisfy { $0.share == view.share || !isIn })
          #expect(isIn || view.share.isEmpty)
          if isIn, view.isLeader {
            seen += view.share
            #expect(view.share.allSatisfy { view.leaders[$0] == rank })
          }
        }
        #expect(seen == Array(0..<tasks), "\(ranks) ranks, \(settings.team)")
      }
    }
  }

  /// Only ranks that would have nothing to do help others, unless it is asked for.
  @Test(arguments: [
    (1, 1, 4, 0, 1), (4, 1, 4, 0, 4), (4, 1, 3, 0, 3), (4, 2, 4, 0, 2), (4, 8, 4, 0, 1),
    (5, 2, 8, 0, 2), (4, 8, 4, 2, 2), (2, 1, 8, 4, 2), (4, 1, 1, 0, 1),
  ]) func teamsAreOfIdleRanks(
    _ ranks: Int, _ tasks: Int, _ slabs: Int, _ team: Int, _ size: Int
  ) throws {
    #expect(
      try Self.views(ranks, Self.settings(tasks: tasks, slabs: slabs, team: team))[0].size == size)
  }

  // MARK: The same hypergradient

  private static let small: [(String, String)] = [
    ("steps", "3"), ("tasks", "1"), ("train", "60"), ("hidden", "4"), ("lower-steps", "4"),
    ("k", "4"), ("precision", "double"), ("evaluation-tasks", "0"), ("final-steps", "2"),
  ]

  private static func upper(
    _ problem: String, _ settings: [(String, String)], ranks: Int = 1
  ) throws -> [Double] {
    try ThreadCommunicator.values(size: ranks) { communicator in
      let run = try ProblemCatalogue([LabelCleaning.self, Quadratic.self, Normed.self])
        .entry(named: problem).run(RunRequest(settings.map { (key: $0.0, value: $0.1) }))
      let none = Continuation(from: nil, every: 0) { _, _ in }
      let state = try run.train(communicator, none) { _, _ in }.state
      return state?.tensors.filter { $0.name.hasPrefix("upper/") }.flatMap(\.values) ?? []
    }[0]
  }

  /// Methods by what they need.
  private static let methods: [[(String, String)]] =
    ["LS", "NS", "unrolled", "darts", "difference"].map {
      [("method", $0)]
    }
    + ["soba", "saba"].map {
      [
        ("method", $0), ("start", "previous"), ("lower-steps", "1"), ("blocks", "4"),
        ("validation-blocks", "2"),
      ]
    }
    + ["f2sa", "bome", "v-pbgd"].map { [("method", $0), ("start", "previous")] }
    + ["minres", "gmres", "nystrom"].map {
      [("method", "implicit"), ("solver", $0), ("damping", "0.1"), ("solver-rank", "4")]
    }
    + [
      [("lower-rule", "lbfgs")], [("lower-rule", "newton")],
      [("batch", "12"), ("solve-batch", "15"), ("lower-rule", "adam"), ("lower-rate", "0.01")],
    ]

  @Test(arguments: methods.indices) func slabsAreTheWholeByAnyMethod(_ index: Int) throws {
    let settings = Self.small + Self.methods[index]
    let whole = try Self.upper("label-cleaning", settings)
    let slabs = try Self.upper("label-cleaning", settings + [("slabs", "4")])
    #expect(whole.count == 60 && slabs != whole)
    #expect(relativeDistance(slabs, whole) < 1e-8, "\(Self.methods[index])")
    #expect(try Self.upper("label-cleaning", settings + [("slabs", "4")], ranks: 3) == slabs)
  }

  // MARK: What makes no sense

  @Test(
    arguments: [
      ("normed", [("slabs", "2")], "the lower objective is no mean over rows"),
      ("quadratic", [("slabs", "2")], "the examples of quadratic are no rows"),
      ("label-cleaning", small + [("team", "2")], "set as many slabs"),
      ("label-cleaning", small + [("slabs", "31")], "a task has 30 rows"),
      (
        "label-cleaning", small + [("slabs", "13"), ("batch", "12")], "a task has 12 rows"
      ),
    ] as [(String, [(String, String)], String)]) func isRefused(
      _ problem: String, _ settings: [(String, String)], _ message: String
    ) throws
  {
    for ranks in [1, 2] {
      let error = try #require(throws: (any Error).self) {
        try Self.upper(problem, settings, ranks: ranks)
      }
      #expect("\(error)".contains(message), "\(error)")
    }
  }

  // MARK: Failures

  /// A ridge regression whose data one rank cannot have.
  private struct Broken: Problem {
    static let name = "broken"
    static let about = "ridge regression that fails"
    static let isOverRows = true
    static var defaults: TrainingSettings {
      var settings = Ridge.defaults
      (settings.steps, settings.tasks, settings.slabs, settings.lowerSteps) = (3, 2, 4, 5)
      (settings.upperRate, settings.lowerRate) = (0.1, 0.01)
      return settings
    }

    private let ridge: Ridge
    /// The task that fails here, in the second step.
    var failing: Int?

    init(_ settings: RidgeSettings, seed: UInt64) throws {
      ridge = try Ridge(settings, seed: seed)
    }

    var upperModel: Model<Tensor> { ridge.upperModel }
    var lowerModel: Model<Tensor> { ridge.lowerModel }
    var start: AdaptationStart { ridge.start }

    func lowerObjective(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
      ridge.lowerObjective(state)
    }

    func upperObjective(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
      ridge.upperObjective(state)
    }

    func task(_ index: Int, step: Int) throws -> TaskExamples {
      if index == failing, step == 1 { throw SettingError("refused") }
      return try ridge.task(index, step: step)
    }
  }

  @Test(arguments: TaskSchedule.allCases) func aRankOfATeamThatFailsStopsAll(
    _ schedule: TaskSchedule
  ) throws {
    for (ranks, failing) in [(2, 1), (4, 3), (4, 0), (5, 2)] {
      for task in 0..<2 {
        let endings = try ThreadCommunicator.values(size: ranks) { communicator in
          var problem = try Broken(RidgeSettings(), seed: 1)
          // The rank's own team's task, whichever that is.
          if communicator.rank == failing { problem.failing = task }
          var settings = Broken.defaults
          (settings.schedule, settings.team) = (schedule, 2)
          let trainer = try Trainer(problem, settings, communicator)
          var failure: AgreementError?
          do {
            for _ in 0..<3 { _ = try trainer.makeStep() }
          } catch let error as AgreementError {
            failure = error
          }
          return (failure, trainer.step)
        }
        // A team that does not have the task does not fail.
        guard let first = endings[0].0 else {
          #expect(endings.allSatisfy { $0.0 == nil && $0.1 == 3 })
          continue
        }
        #expect(endings.allSatisfy { $0.0 == first && $0.1 == 1 })
        #expect(first.failures.map(\.rank) == [failing])
        #expect(first.failures[0].message == "step 2, task \(task): refused")
      }
    }
  }

  @Test func aTaskThatDivergesIsSkippedOnAll() throws {
    let summaries = try ThreadCommunicator.values(size: 4) { communicator in
      var settings = Broken.defaults
      (settings.team, settings.nonFinite, settings.tasks) = (2, .skip, 3)
      (settings.lowerRate, settings.lowerSteps, settings.precision) = (1e12, 20, .single)
      let trainer = try Trainer(Broken(RidgeSettings(), seed: 1), settings, communicator)
      do {
        _ = try trainer.makeStep()
        return "nothing"
      } catch { return "\(error)" }
    }
    for message in summaries {
      #expect(message.contains("all 3 tasks have numbers that are not finite"), "\(message)")
    }
  }
}
