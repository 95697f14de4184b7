import BilevelOptimization
import Problems
import Testing

@Suite struct TrainingSettingsTests {
  @Test func defaultsAreInRange() throws {
    for settings in [
      TrainingSettings(), LabelCleaning.defaults, Sinusoid.defaults, FewShot.defaults,
      Quadratic.defaults,
    ] {
      #expect(throws: Never.self) { try settings.check() }
    }
    #expect(try TrainingSettings().entries().count == 62)
  }

  @Test func everyLowerRuleMakesItsOptimiser() throws {
    var settings = TrainingSettings()
    settings.lowerRate = 0.25
    settings.lowerSteps = 7
    let descent = try #require(try settings.lowerOptimizer() as? GradientDescent)
    #expect(descent.learningRate == 0.25 && descent.schedule.steps == 7)
    settings.lowerRule = .momentum
    let momentum = try #require(try settings.lowerOptimizer() as? Momentum)
    #expect(momentum.learningRate == 0.25 && momentum.momentum == 0.9)
    #expect(momentum.schedule.steps == 7)
    settings.lowerRule = .backtracking
    let backtracking = try #require(try settings.lowerOptimizer() as? Backtracking)
    #expect(backtracking.learningRate == 0.25 && backtracking.schedule.steps == 7)
    settings.lowerRule = .split
    settings.lowerPull = 3
    let split = try #require(try settings.lowerOptimizer() as? SplitDescent)
    #expect(split.learningRate == 0.25 && split.pull == 3 && split.schedule.steps == 7)
    settings.lowerRule = .adam
    let adam = try #require(try settings.lowerOptimizer() as? LowerAdam)
    #expect(adam.schedule.steps == 7)
    settings.lowerRule = .lbfgs
    let lbfgs = try #require(try settings.lowerOptimizer() as? LimitedMemoryBFGS)
    #expect(lbfgs.learningRate == 0.25 && lbfgs.schedule.steps == 7)
    settings.lowerRule = .newton
    let newton = try #require(try settings.lowerOptimizer() as? NewtonCG)
    #expect(newton.products == settings.k && newton.schedule.steps == 7)
    settings.lowerRule = .proximal
    let proximal = try #require(try settings.lowerOptimizer() as? ProximalGradient)
    #expect(proximal.strengths.isEmpty && proximal.usesPenalty)
    settings.lowerRule = .fista
    let fista = try #require(try settings.lowerOptimizer() as? AcceleratedProximalGradient)
    #expect(fista.strengths.isEmpty && fista.usesPenalty && fista.learningRate == 0.25)
    // Both find zeros, and what does not move is not solved for.
    #expect(settings.methodOptions.restriction == .support)
  }

  @Test func lowerRatesHaveSchedules() throws {
    var settings = TrainingSettings()
    (settings.lowerRate, settings.lowerMilestones, settings.lowerDecay) = (0.5, [3], 0.25)
    settings.lowerRule = .momentum
    let scheduled = try #require(try settings.lowerOptimizer() as? Scheduled<Momentum>)
    #expect(scheduled.rate(ofStep: 2) == 0.5 && scheduled.rate(ofStep: 3) == 0.125)
    settings.lowerClip = 1
    #expect(try settings.lowerOptimizer() is Regulated<Scheduled<Momentum>>)
  }

  @Test(arguments: [TrainingSettings.LowerRule.lbfgs, .newton, .proximal, .fista])
  func directionsAreNotSpoilt(_ rule: TrainingSettings.LowerRule) {
    var settings = TrainingSettings()
    settings.lowerRule = rule
    settings.lowerSet = .nonNegative
    #expect(throws: SettingError.self) { _ = try settings.lowerOptimizer() }
    settings.lowerSet = .whole
    settings.lowerFall = 9
    if rule != .proximal, rule != .fista {
      #expect(throws: SettingError.self) { _ = try settings.lowerOptimizer() }
    }
  }

  @Test(arguments: [
    "whole", "non-negative", "box:-1.0:2.0", "box:-1.0,0.0:2.0,3.0", "simplex", "ball:2.0",
    "equalities:1.0,1.0=1.0/1.0,-1.0=0.0",
  ]) func setsHaveWords(_ word: String) throws {
    let set = try #require(ParameterSet(rawValue: word))
    #expect(set.rawValue == word)
    // A point of the set stays where it is.
    var point = [7.0, -5]
    set.project(&point)
    let once = point
    set.project(&point)
    #expect(zip(once, point).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test(arguments: [
    "box:1:0", "box:0,1:2", "box:0,2:1,1", "ball:0", "equalities:1,1", "equalities:1,1=1/1=2",
    "equalities:1,1=1/1,1=2", "box:a:b", "cube",
  ]) func whatIsNoSet(_ word: String) { #expect(ParameterSet(rawValue: word) == nil) }

  @Test func everyUpperRuleMakesItsOptimiser() throws {
    var settings = TrainingSettings()
    settings.upperRate = 0.25
    let adam = try #require(try settings.upperOptimizer() as? Adam)
    #expect(adam.learningRate == (try SteppedRate(0.25)))
    settings.upperRule = .sgd
    let descent = try #require(try settings.upperOptimizer() as? SGD)
    #expect(descent.learningRate(9) == 0.25 && descent.momentum == 0)
    settings.upperMilestones = [4, 6]
    settings.upperDecay = 0.5
    settings.upperRule = .momentum
    let momentum = try #require(try settings.upperOptimizer() as? SGD)
    #expect(
      momentum.learningRate == (try SteppedRate(0.25, milestones: [4, 6], factor: 0.5)))
    #expect(momentum.momentum == 0.9)
  }

  @Test(arguments: TrainingSettings.LowerRule.allCases)
  func lowerOptimisersRefuseBadRates(_ rule: TrainingSettings.LowerRule) {
    var settings = TrainingSettings()
    settings.lowerRule = rule
    settings.lowerRate = 0
    #expect(throws: HypergradientError.self) { _ = try settings.lowerOptimizer() }
    settings.lowerRate = 0.1
    settings.lowerSteps = -1
    #expect(throws: HypergradientError.self) { _ = try settings.lowerOptimizer() }
  }

  @Test(arguments: TrainingSettings.UpperRule.allCases)
  func upperOptimisersRefuseBadRates(_ rule: TrainingSettings.UpperRule) {
    var settings = TrainingSettings()
    settings.upperRule = rule
    settings.upperRate = -1
    #expect(throws: HypergradientError.self) { _ = try settings.upperOptimizer() }
  }

  @Test func everySettingReachesTheHypergradients() throws {
    var settings = TrainingSettings()
    for (key, text) in [
      ("method", "ls"), ("k", "13"), ("tolerance", "1e-3"), ("damping", "0.5"),
      ("relative-tolerance", "1e-4"), ("check-residual", "true"),
      ("negative-curvature", "truncate"), ("lower-rate", "0.125"), ("precision", "double"),
    ] {
      #expect(try settings.set(key, to: text))
    }
    var own = SinusoidSettings()
    own.hidden = 2
    let options = try Sinusoid(own, seed: 1).implicit(settings).options
    let expected = try ImplicitOptions(
      lowerLearningRate: 0.125, k: 13, method: .linearSystem, tolerance: 1e-3,
      relativeTolerance: 1e-4, damping: 0.5, negativeCurvature: .truncate, checksResidual: true,
      precision: .double)
    #expect(options == expected)
  }
}
