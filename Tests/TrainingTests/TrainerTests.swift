import BilevelOptimization
import MessagePassing
import Problems
import TestSupport
import Testing
import Training

@Suite struct TrainerTests {
  /// One step of the quadratic problem, worked out without models, programs or exact sums.
  struct Plain {
    var upper = Quadratic.firstValues
    let settings: TrainingSettings
    let strength: Double
    var upperLoss = 0.0
    var lowerGradientNorm = 0.0
    var hypergradient = [0.0, 0.0]

    init(_ own: Quadratic.Settings, _ settings: TrainingSettings) {
      self.settings = settings
      strength = own.strength
    }

    func lowerGradient(_ w: [Double], _ a: [Double]) -> [Double] {
      w.indices.map { (w[$0] - a[$0]) + strength * (w[$0] - upper[$0]) }
    }

    mutating func makeStep(_ step: Int) {
      upperLoss = 0
      lowerGradientNorm = 0
      hypergradient = [0, 0]
      let share = 1 / Double(settings.tasks)
      for task in 0..<settings.tasks {
        let (a, b) = Quadratic.points(task, step)
        var w = upper
        for _ in 0..<settings.lowerSteps {
          let gradient = lowerGradient(w, a)
          for index in w.indices { w[index] -= settings.lowerRate * gradient[index] }
        }
        let g = w.indices.map { w[$0] - b[$0] }
        upperLoss += 0.5 * dot(g, g) * share
        lowerGradientNorm += norm(lowerGradient(w, a)) * share
        for index in w.indices {
          hypergradient[index] += strength / (1 + strength) * g[index] * share
        }
      }
      for index in upper.indices { upper[index] -= settings.upperRate * hypergradient[index] }
    }
  }

  @Test func stepsAreWhatTheFormulasSay() throws {
    let own = Quadratic.Settings()
    let settings = Quadratic.defaults
    let problem = try Quadratic(own, seed: 1)
    let trainer = try Trainer(problem, settings, SoloCommunicator())
    var plain = Plain(own, settings)
    for step in 0..<5 {
      let summary = try trainer.makeStep()
      plain.makeStep(step)
      #expect(summary.step == step && summary.tasks == settings.tasks)
      #expect(relative(summary.upperLoss, plain.upperLoss) < 1e-12)
      #expect(relative(summary.lowerGradientNorm, plain.lowerGradientNorm) < 1e-12)
      #expect(relative(summary.hypergradientNorm, norm(plain.hypergradient)) < 1e-12)
      #expect(relativeDistance(problem.upperModel.values, plain.upper) < 1e-12)
    }
  }

  @Test func summariesCountTheSolves() throws {
    let problem = try Quadratic(Quadratic.Settings(), seed: 1)
    let trainer = try Trainer(problem, Quadratic.defaults, SoloCommunicator())
    let summary = try trainer.makeStep()
    // A multiple of the identity is solved in one step; one product more finds the residual.
    #expect(summary.products == 10)
    #expect(summary.reasons[.converged] == 5)
    #expect(summary.reasons.values.reduce(0, +) == 5)
    #expect(Set(summary.reasons.keys) == Set(SolveReport.Reason.allCases))
    #expect(summary.negativeCurvature == 0)
    #expect(summary.residual < 1e-10)
  }

  @Test func stepsContinueAfterASummary() throws {
    var settings = Quadratic.defaults
    settings.upperRule = .adam
    let problem = try Quadratic(Quadratic.Settings(), seed: 1)
    let trainer = try Trainer(problem, settings, SoloCommunicator())
    #expect(trainer.step == 0)
    var summaries: [StepSummary] = []
    for step in 0..<settings.steps {
      summaries.append(try trainer.makeStep())
      #expect(trainer.step == step + 1)
      #expect(trainer.upperOptimizer.steps == step + 1)
    }
    let whole = try TrainingRecord(Quadratic.self, .init(), settings, SoloCommunicator())
    #expect(summaries == whole.summaries)
    #expect(problem.upperModel.values.map(\.bitPattern) == whole.bits)
    #expect(Set(summaries.map(\.hypergradientNorm)).count == settings.steps)
  }

  @Test func everyUpperRuleMovesTheParametersItsOwnWay() throws {
    let ends = try TrainingSettings.UpperRule.allCases.map { rule in
      var settings = Quadratic.defaults
      settings.upperRule = rule
      return try TrainingRecord(Quadratic.self, .init(), settings, SoloCommunicator()).bits
    }
    #expect(Set(ends).count == 3)
  }

  @Test func theUpperOptimiserWorksOnRankZeroAlone() throws {
    let steps = try ThreadCommunicator.values(size: 3) { communicator in
      var settings = Quadratic.defaults
      settings.upperRule = .momentum
      // A different optimiser elsewhere changes nothing, for only rank 0 asks it.
      if !communicator.isRoot { settings.upperRate = 100 }
      let problem = try Quadratic(Quadratic.Settings(), seed: 1)
      let trainer = try Trainer(problem, settings, communicator)
      for _ in 0..<3 { _ = try trainer.makeStep() }
      let velocity = trainer.upperOptimizer.state.first?.values ?? []
      return (trainer.upperOptimizer.steps, velocity.count, problem.upperModel.values)
    }
    #expect(steps.map(\.0) == [3, 0, 0])
    #expect(steps.map(\.1) == [2, 0, 0])
    var settings = Quadratic.defaults
    settings.upperRule = .momentum
    let solo = try TrainingRecord(Quadratic.self, .init(), settings, SoloCommunicator())
    #expect(steps.allSatisfy { $0.2.map(\.bitPattern) == solo.bits })
  }
}
