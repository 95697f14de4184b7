import MessagePassing
import Problems
import Tensors
import Testing
import Training

/// Neither the number of ranks nor who computes a task changes a bit: 5 tasks on fewer, as many and more ranks.
@Suite struct TrainerRanksTests {
  private func expectSameOnAllSizes<P: Problem>(
    _: P.Type, _ own: P.Settings, _ settings: TrainingSettings
  ) throws {
    let solo = try TrainingRecord(P.self, own, settings, SoloCommunicator())
    let first = try P(own, seed: UInt64(settings.seed)).upperModel.values.map(\.bitPattern)
    #expect(solo.bits != first, "training changes something")
    for schedule in TaskSchedule.allCases {
      var settings = settings
      settings.schedule = schedule
      for size in [1, 2, 3, 4, 7] {
        let ranks = try TrainingRecord.ranks(size, P.self, own, settings)
        #expect(ranks.count == size)
        for (rank, record) in ranks.enumerated() {
          #expect(record == solo, "rank \(rank) of \(size), \(schedule)")
        }
      }
    }
  }

  @Test(arguments: TrainingSettings.UpperRule.allCases)
  func quadratic(_ rule: TrainingSettings.UpperRule) throws {
    var settings = Quadratic.defaults
    settings.method = .neumannSeries
    settings.upperRule = rule
    try expectSameOnAllSizes(Quadratic.self, Quadratic.Settings(), settings)
  }

  @Test(arguments: [Precision.single, .double]) func sinusoid(_ precision: Precision) throws {
    var own = SinusoidSettings()
    own.hidden = 6
    own.shots = 5
    own.query = 4
    var settings = Sinusoid.defaults
    settings.steps = 2
    settings.tasks = 5
    settings.lowerSteps = 3
    settings.k = 3
    settings.precision = precision
    try expectSameOnAllSizes(Sinusoid.self, own, settings)
  }

  @Test func labelCleaning() throws {
    var own = LabelCleaningSettings()
    own.train = 30
    own.hidden = 4
    var settings = LabelCleaning.defaults
    settings.steps = 2
    settings.tasks = 5
    settings.lowerSteps = 3
    settings.k = 3
    try expectSameOnAllSizes(LabelCleaning.self, own, settings)
  }
}
