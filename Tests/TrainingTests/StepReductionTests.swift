import BilevelOptimization
import MessagePassing
import Problems
import TestSupport
import Testing
import Training

@Suite struct StepReductionTests {
  private static let figures = MethodName.linearSystem.figures

  /// What some tasks of the quadratic problem come about with.
  private static func report(_ index: Int) throws -> MethodOutcome {
    let problem = try Quadratic(.init(), seed: 1)
    let levels = try problem.levels(Quadratic.defaults)
    let task = try problem.task(index, step: 0)
    var hypergradient = [Double](repeating: 0, count: problem.upperModel.count)
    let still = try GradientDescent(learningRate: 1, steps: 0)
    return try MethodName.linearSystem.make(levels, Quadratic.defaults.methodOptions, still)
      .hypergradient(
        LowerTask(
          levels, TaskData(train: task.train, validate: task.validate), still, from: [0.25, 4]),
        into: &hypergradient)
  }

  private static func curvature(_ index: Int) throws -> Double {
    let place = try #require(figures.firstIndex { $0.name == "smallest_curvature" })
    return try report(index).figures[place]
  }

  /// Of the sizes that one word a number has room for, and that need two.
  private enum Size: Double, CaseIterable { case small = 1, large = 1e4 }

  private static func vector(_ task: Int, _ size: Size = .large) -> [Double] {
    [1 / Double(task + 3), -Double(task) * size.rawValue / 7, 0.1]
  }

  /// What ranks with the given tasks reduce to.
  private static func reduced(
    _ assignment: [[Int]], _ size: Size = .large, failing: Set<Int> = []
  ) throws -> [(failed: Int, mean: [Double], summary: StepSummary)] {
    try ThreadCommunicator.values(size: assignment.count) { communicator in
      let reduction = StepReduction(
        parameters: 3, tasks: 5, ranks: communicator.size, figures: figures)
      for task in assignment[communicator.rank] {
        try reduction.add(Self.vector(task, size), try Self.report(task), task: task)
      }
      if failing.contains(communicator.rank) { reduction.fail() }
      let failed = try reduction.reduce(communicator)
      let mean = reduction.hypergradient(over: 5)
      return (failed, mean, reduction.summary(step: 7, tasks: 5, hypergradient: mean))
    }
  }

  @Test func meansAreThoseOfAllTasks() throws {
    let (failed, mean, summary) = try Self.reduced([[0, 1, 2, 3, 4]])[0]
    let expected = (0..<3).map { i in (0..<5).map { Self.vector($0)[i] }.reduce(0, +) / 5 }
    let losses = try (0..<5).map { try Self.report($0).upperLoss }
    let norms = try (0..<5).map { try Self.report($0).lowerGradientNorm }
    #expect(failed == 0)
    #expect(relativeDistance(mean, expected) < 1e-14)
    #expect(relative(summary.upperLoss, losses.reduce(0, +) / 5) < 1e-14)
    #expect(relative(summary.lowerGradientNorm, norms.reduce(0, +) / 5) < 1e-14)
    #expect(relative(summary.hypergradientNorm, norm(expected)) < 1e-14)
    #expect(summary.worstUpperLoss == losses.max())
    #expect(summary.worstTask == losses.firstIndex(of: losses.max()!))
    let curvatures = try (0..<5).map(Self.curvature)
    #expect(curvatures.count == 5 && summary.smallestCurvature == curvatures.min())
    #expect(summary.step == 7 && summary.tasks == 5)
    // A step each, and the residual's.
    #expect(summary.products == 10)
    #expect(summary.reasons[.converged] == 5 && summary.reasons[.stepLimit] == 0)
  }

  @Test(arguments: [
    [[4, 2, 0, 1, 3]], [[0, 1, 2], [3, 4]], [[3], [], [4, 0], [2, 1]], [[], [], [1, 4, 3, 2, 0]],
  ]) func orderAndRanksChangeNoBit(_ assignment: [[Int]]) throws {
    for size in Size.allCases {
      let one = try Self.reduced([[0, 1, 2, 3, 4]], size)[0]
      for rank in try Self.reduced(assignment, size) {
        #expect(rank.mean.map(\.bitPattern) == one.mean.map(\.bitPattern))
        #expect(rank.summary == one.summary)
      }
    }
  }

  /// Tasks that are left out are no worst task, and adaptations are counted that ended above the tolerance.
  @Test func tasksLeftOutHaveNoSlot() throws {
    let reduction = StepReduction(
      parameters: 3, tasks: 5, ranks: 1, figures: Self.figures)
    for task in 0..<5 {
      if task == 3 {
        reduction.skip()
      } else {
        try reduction.add(
          Self.vector(task), try Self.report(task), task: task, lowerTolerance: task < 2 ? 1e-9 : 0)
      }
    }
    _ = try reduction.reduce(SoloCommunicator())
    let summary = reduction.summary(step: 0, tasks: 4, hypergradient: [0, 0, 0])
    let losses = try [0, 1, 2, 4].map { try Self.report($0).upperLoss }
    #expect(summary.worstUpperLoss == losses.max() && summary.worstTask != 3)
    #expect(summary.unconverged == 2 && summary.skipped == 1)
  }

  /// The row of one task on one rank is not added up, but has the bits that sums have.
  @Test func loneTasksHaveTheBitsOfSums() throws {
    var draws = Draws(seed: 4)
    func power(_ exponent: Int) -> Double {
      Double(sign: .plus, exponent: exponent, significand: 1)
    }
    let report = try Self.report(0)
    for size in [-1_050, -960, -30, 0, 900, 1_023] {
      // Numbers of all bits, down to such as are lost, and both zeros.
      var row = (0..<200).map { index in
        let number = Double(draws.next(1 << 53) - 1 << 52) * 0x1p-52
        return number * power(max(size - index / 2, -1_060))
      }
      row += [0, -0.0]
      var sum = ExactSum(count: row.count, terms: 1)
      let found = try row.withUnsafeBufferPointer { try sum.add($0) }
      let reduction = StepReduction(
        parameters: row.count, tasks: 1, ranks: 1, figures: Self.figures)
      for numbers in [row, row.map { _ in -0.0 }, row] {
        reduction.clear()
        try reduction.add(numbers, report, task: 0)
        _ = try reduction.reduce(SoloCommunicator())
        let expected = numbers == row ? sum.values() : row.map { _ in 0 }
        #expect(
          reduction.hypergradient(over: 1).map(\.bitPattern) == expected.map(\.bitPattern))
      }
      #expect(found != nil)
    }
  }

  @Test func everyRankLearnsHowManyFailed() throws {
    let ranks = try Self.reduced([[0], [1], [2], [3]], failing: [1, 3])
    #expect(ranks.map(\.failed) == [2, 2, 2, 2])
  }

  @Test func clearingForgetsEverything() throws {
    let reduction = StepReduction(
      parameters: 3, tasks: 5, ranks: 1, figures: Self.figures)
    try reduction.add(Self.vector(1), try Self.report(1), task: 1)
    reduction.fail()
    reduction.clear()
    #expect(try reduction.reduce(SoloCommunicator()) == 0)
    let mean = reduction.hypergradient(over: 1)
    let summary = reduction.summary(step: 0, tasks: 1, hypergradient: mean)
    #expect(mean == [0, 0, 0])
    #expect(summary.products == 0 && summary.upperLoss == 0)
    #expect(summary.reasons.values.allSatisfy { $0 == 0 })
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func divergenceIsRefusedAndNothingAdded(_ value: Double) throws {
    let reduction = StepReduction(
      parameters: 3, tasks: 5, ranks: 1, figures: Self.figures)
    let report = try Self.report(0)
    #expect(throws: ExactSumError.self) { try reduction.add([0, value, 1], report, task: 0) }
    #expect(try reduction.reduce(SoloCommunicator()) == 0)
    #expect(reduction.hypergradient(over: 1) == [0, 0, 0])
    #expect(reduction.summary(step: 0, tasks: 1, hypergradient: []).upperLoss == 0)
  }
}
