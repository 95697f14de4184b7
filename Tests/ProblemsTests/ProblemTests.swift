import BilevelOptimization
import Problems
import Tensors
import Testing

@Suite struct ProblemTests {
  @Test func aTaskIsAFunctionOfSeedStepAndIndex() throws {
    let problem = try LabelCleaning(.init(), seed: 5)
    let again = try LabelCleaning(.init(), seed: 5)
    let other = try LabelCleaning(.init(), seed: 6)
    let task = try problem.task(3, step: 7)
    #expect(try again.task(3, step: 7) == task)
    #expect(try problem.task(2, step: 7) != task)
    #expect(try problem.task(3, step: 8) != task)
    #expect(try other.task(3, step: 7) != task)
    #expect(task.train.data.shape == [500, 64] && task.validate.data.shape == [198, 64])
    let numbers = try #require(task.train.extras.first).values.values
    #expect(Set(numbers).count == 500 && numbers.allSatisfy { (0..<1000).contains($0) })
  }

  @Test func sinusoidsAreSinusoids() throws {
    let problem = try Sinusoid(.init(), seed: 1)
    for index in 0..<50 {
      let task = try problem.task(index, step: 0)
      #expect(task == (try problem.task(index, step: 0)))
      #expect(task.train.data.shape == [10, 1] && task.validate.data.shape == [10, 1])
      #expect(task.train.data.values.allSatisfy { (-5..<5).contains($0) })
      #expect(task.train.target.values.allSatisfy { abs($0) <= 5 })
    }
  }

  @Test func settingsAreSetByKey() throws {
    var settings = TrainingSettings()
    #expect(try settings.set("k", to: "7") && settings.k == 7)
    #expect(try settings.set("method", to: "ls") && settings.method == .linearSystem)
    #expect(try settings.set("lower-rate", to: "0.25") && settings.lowerRate == 0.25)
    #expect(try settings.set("nothing", to: "1") == false)
    for (key, value) in [
      ("k", "-1"), ("k", "x"), ("lower-rate", "nan"), ("method", "GD"), ("tasks", "0"),
    ] {
      let before = settings
      #expect(throws: SettingError.self) { try settings.set(key, to: value) }
      #expect(settings == before)
    }
    let keys = try settings.entries().map(\.key)
    #expect(Set(keys).count == keys.count && keys.first == "seed")
  }

  @Test func everyRuleBuildsItsOptimiser() throws {
    for rule in TrainingSettings.LowerRule.allCases {
      var settings = TrainingSettings()
      settings.lowerRule = rule
      #expect(try settings.lowerOptimizer().schedule.steps == settings.lowerSteps)
    }
    for rule in TrainingSettings.UpperRule.allCases {
      var settings = TrainingSettings()
      settings.upperRule = rule
      #expect(try settings.upperOptimizer().steps == 0)
    }
  }
}
