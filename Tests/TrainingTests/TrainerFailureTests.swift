import MessagePassing
import Problems
import TestSupport
import Testing
import Training

/// Whatever fails, and wherever: every rank throws the same error, and nothing has changed.
@Suite struct TrainerFailureTests {
  /// What a rank of a failing training saw.
  private struct Ending: Sendable, Equatable {
    let error: AgreementError?
    let steps: Int
    let values: [Double]
  }

  /// Steps until one fails; on every rank.
  private func endings(
    _ size: Int, _ own: Quadratic.Settings, _ settings: TrainingSettings = Quadratic.defaults
  ) throws -> [Ending] {
    try ThreadCommunicator.values(size: size) { communicator in
      let problem = try Quadratic(own, seed: 1)
      let trainer = try Trainer(problem, settings, communicator)
      var failure: AgreementError?
      do {
        for _ in 0..<settings.steps { _ = try trainer.makeStep() }
      } catch let error as AgreementError {
        failure = error
      }
      return Ending(error: failure, steps: trainer.step, values: problem.upperModel.values)
    }
  }

  private func settings(steps: Int) -> TrainingSettings {
    var settings = Quadratic.defaults
    settings.steps = steps
    return settings
  }

  @Test(arguments: [1, 2, 3, 7]) func aTaskThatThrowsOnOneRankStopsAll(_ size: Int) throws {
    var own = Quadratic.Settings()
    own.faultyTask = 3
    own.faultyStep = 2
    let before = try endings(1, .init(), settings(steps: 2))[0]
    let all = try endings(size, own, settings(steps: 4))
    let rank = (0..<size).first { TaskAssignment.tasks(5, ofRank: $0, of: size).contains(3) }!
    for ending in all {
      let error = try #require(ending.error)
      #expect(error.failures.map(\.rank) == [rank])
      #expect(error.failures[0].message == "step 3, task 3: refused")
      #expect(error.exitCode == .noInput, "the cause's code")
      #expect(error == all[0].error)
      #expect(ending.steps == 2)
      #expect(ending.values == before.values, "as before the step")
    }
  }

  @Test(arguments: [1, 3, 7]) func aDivergentTaskIsADataError(_ size: Int) throws {
    var own = Quadratic.Settings()
    own.divergentTask = 4
    for ending in try endings(size, own) {
      let error = try #require(ending.error)
      #expect(error.exitCode == .dataError)
      #expect(error.failures.count == 1)
      #expect(error.failures[0].message.hasPrefix("step 1, task 4: "))
      #expect(ending.steps == 0)
      #expect(ending.values == Quadratic.firstValues)
    }
  }

  @Test func numbersBeyondAllDoublesAreADataError() throws {
    var huge = Quadratic.defaults
    // Growing by a factor of about 1e7 a lower step.
    (huge.lowerRate, huge.lowerSteps) = (1e7, 60)
    for ending in try endings(2, .init(), huge) {
      let error = try #require(ending.error)
      #expect(error.exitCode == .dataError)
      #expect(error.failures.map(\.rank) == [0, 1])
      #expect(error.failures[0].message.contains("in the lower gradient"))
      #expect(ending.values == Quadratic.firstValues)
    }
  }

  @Test func aFailedStepCanBeRepeated() throws {
    var own = Quadratic.Settings()
    own.faultyTask = 1
    own.faultyStep = 1
    let problem = try Quadratic(own, seed: 1)
    let trainer = try Trainer(problem, Quadratic.defaults, SoloCommunicator())
    _ = try trainer.makeStep()
    var messages: [String] = []
    for _ in 0..<2 {
      do { _ = try trainer.makeStep() } catch { messages.append("\(error)") }
    }
    #expect(messages == ["step 2, task 1: refused", "step 2, task 1: refused"])
    #expect(trainer.step == 1 && trainer.upperOptimizer.steps == 1)
  }

  @Test func settingsThatOneRankRefusesStopAll() throws {
    let changes: [@Sendable (inout TrainingSettings) -> Void] = [
      { $0.lowerRate = -1 }, { $0.upperRate = .nan }, { $0.k = -1 }, { $0.lowerSteps = -1 },
      { $0.tasks = 0 }, { $0.tasks = -3 }, { $0.tolerance = .infinity }, { $0.damping = -0.5 },
    ]
    for change in changes {
      let results = ThreadCommunicator.run(size: 3) { communicator in
        var settings = Quadratic.defaults
        if communicator.rank == 1 { change(&settings) }
        _ = try Trainer(try Quadratic(.init(), seed: 1), settings, communicator)
      }
      let errors = results.compactMap { result in
        if case .failure(let error) = result { error as? AgreementError } else { nil }
      }
      #expect(errors.count == 3)
      #expect(errors.allSatisfy { $0 == errors[0] })
      #expect(errors.first?.failures.map(\.rank) == [1])
      #expect(errors.first?.exitCode == .configuration)
    }
  }
}
