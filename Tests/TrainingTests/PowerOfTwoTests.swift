import BilevelOptimization
import MessagePassing
import Problems
import Tensors
import TestProblems
import TestSupport
import Testing
import Training

/// An upper objective times a power of two, and an upper rate divided by it, are the same training, bit for bit: on any
/// number of ranks, for both solves. Adam, whose epsilon is absolute, is not asked, and no solve ends early by an absolute
/// tolerance.
@Suite struct PowerOfTwoTests {
  private static let exponents: [Precision: [Int]] = [
    .double: [-200, -39, -30, 39, 200], .single: [-60, -30, 39, 60],
  ]

  private func expectSameBits<P: Problem>(
    _: P.Type, _ own: P.Settings, _ precision: Precision,
    rule: TrainingSettings.UpperRule = .sgd, change: (inout TrainingSettings) -> Void = { _ in }
  ) throws {
    for method in [MethodName.linearSystem, .neumannSeries] {
      var settings = try P.defaults
      (settings.steps, settings.tasks, settings.k, settings.tolerance) = (3, 5, 4, 0)
      (settings.method, settings.precision, settings.upperRule) = (method, precision, rule)
      settings.upperRate = 0.25
      change(&settings)
      var scaled = ScaledSettings<P.Settings>()
      scaled.base = own
      let record = try TrainingRecord(Scaled<P>.self, scaled, settings, SoloCommunicator())
      let first = try P(own, seed: UInt64(settings.seed)).upperModel.values.map(\.bitPattern)
      #expect(record.bits != first, "training changes something")
      for (place, exponent) in Self.exponents[precision, default: []].enumerated() {
        let factor = Double(sign: .plus, exponent: exponent, significand: 1)
        scaled.exponent = exponent
        settings.upperRate = 0.25 / factor
        settings.schedule = place % 2 == 0 ? .fixed : .dynamic
        for rank in try TrainingRecord.ranks(1 + place % 4, Scaled<P>.self, scaled, settings) {
          #expect(rank.bits == record.bits, "\(P.name) \(method) times 2^\(exponent)")
          #expect(rank.summaries.map { $0.upperLoss / factor } == record.summaries.map(\.upperLoss))
          #expect(rank.summaries.map(\.reasons) == record.summaries.map(\.reasons))
        }
      }
    }
  }

  @Test(arguments: [Precision.double, .single], [TrainingSettings.UpperRule.sgd, .momentum])
  func ridge(_ precision: Precision, _ rule: TrainingSettings.UpperRule) throws {
    try expectSameBits(Ridge.self, RidgeSettings(), precision, rule: rule)
  }

  /// Tasks a factor of 2^17, 2^60 or 2^160 apart in one step, and one of zero.
  @Test(arguments: [17, 60, 160]) func tasksOfDifferentSizes(_ spread: Int) throws {
    var own = RidgeSettings()
    own.spread = spread
    try expectSameBits(Ridge.self, own, .double)
  }

  @Test func tasksOfDifferentSizesInSinglePrecision() throws {
    var own = RidgeSettings()
    own.spread = 9
    try expectSameBits(Ridge.self, own, .single)
  }

  @Test(arguments: [Precision.double, .single]) func sinusoid(_ precision: Precision) throws {
    var own = SinusoidSettings()
    (own.hidden, own.shots, own.query) = (6, 5, 4)
    try expectSameBits(Sinusoid.self, own, precision) { $0.lowerSteps = 3 }
  }

  @Test(arguments: [Precision.double, .single]) func labelCleaning(_ precision: Precision) throws {
    var own = LabelCleaningSettings()
    (own.train, own.hidden) = (30, 4)
    try expectSameBits(LabelCleaning.self, own, precision) { $0.lowerSteps = 3 }
  }

  @Test func quadratic() throws {
    var own = QuadraticSettings()
    (own.lowerSize, own.upperSize) = (12, 9)
    try expectSameBits(Problems.Quadratic.self, own, .double) { $0.lowerSteps = 20 }
  }

  /// What is not finite is found on whatever rank it is, and named alike on all; tasks that are left out for it are the
  /// same ones.
  @Test(arguments: 1...4) func whatIsNotFiniteIsNamedAlike(_ ranks: Int) throws {
    var own = RidgeSettings()
    // The last task's upper loss is 2^1200 times the middle one's, beyond all doubles; the one's before it is not.
    own.spread = 600
    var settings = Ridge.defaults
    let stops = ThreadCommunicator.run(size: ranks) { [own, settings] in
      try TrainingRecord(Ridge.self, own, settings, $0)
    }
    let messages = stops.map { result in
      #expect(throws: (any Error).self) { try result.get() }
      if case .failure(let error) = result { return "\(error)".prefix { $0 != "(" } }
      return ""
    }
    #expect(messages.allSatisfy { $0 == messages[0] && $0.contains("task 4") }, "\(messages)")
    settings.nonFinite = .skip
    settings.upperRate = 0x1p-1000
    let solo = try TrainingRecord(Ridge.self, own, settings, SoloCommunicator())
    #expect(solo.summaries.allSatisfy { $0.skipped == 1 })
    for record in try TrainingRecord.ranks(ranks, Ridge.self, own, settings) {
      #expect(record == solo)
    }
  }
}
