import Tensors

/// A lower optimiser whose steps have a rate that can be another one in every step.
public protocol RatedOptimizer: LowerOptimizer {
  /// The step size, above 0.
  var learningRate: Double { get }

  /// The same with the step size times a factor.
  func atRate(times factor: Double) -> Self

  /// The step size of a step, by the number that ``LowerOptimizer/update(_:along:loss:_:state:_:)`` is given.
  func rate(ofStep step: Int) -> Double
}

extension RatedOptimizer {
  /// The same in all steps.
  public func rate(ofStep step: Int) -> Double { learningRate }
}

extension GradientDescent: RatedOptimizer {
  /// The same with the step size times a factor.
  public func atRate(times factor: Double) -> GradientDescent {
    var copy = self
    copy.learningRate *= factor
    return copy
  }
}

extension Momentum: RatedOptimizer {
  /// The same with the step size times a factor.
  public func atRate(times factor: Double) -> Momentum {
    var copy = self
    copy.learningRate *= factor
    return copy
  }
}

extension LowerAdam: RatedOptimizer {
  /// The same with the step size times a factor.
  public func atRate(times factor: Double) -> LowerAdam {
    var copy = self
    copy.learningRate *= factor
    return copy
  }
}

extension ProximalGradient: RatedOptimizer {
  /// The same with the step size times a factor.
  public func atRate(times factor: Double) -> ProximalGradient {
    var copy = self
    copy.learningRate *= factor
    return copy
  }
}

extension AcceleratedProximalGradient: RatedOptimizer {
  /// The same with the step size times a factor.
  public func atRate(times factor: Double) -> AcceleratedProximalGradient {
    var copy = self
    copy.learningRate *= factor
    return copy
  }
}

/// A lower optimiser whose rate changes from step to step: by a schedule, or by factors that are given.
public struct Scheduled<Base: RatedOptimizer>: LowerOptimizer {
  /// What rates are multiplied by.
  public enum Factors: Sendable, Hashable {
    /// A schedule's rate over its first; steps are counted on where the optimiser's state is kept.
    case schedule(SteppedRate)
    /// A factor for each step of an adaptation, or one for all; the last one stays.
    case given([Double])
  }

  /// The optimiser.
  public let base: Base
  /// What its rate is multiplied by.
  public let factors: Factors
  /// Those of the optimiser.
  public var schedule: AdaptationSchedule { base.schedule }
  /// Those of the optimiser.
  public static var stateVectors: Int { Base.stateVectors }
  /// As the optimiser's.
  public static var secondMoment: Int? { Base.secondMoment }
  /// As the optimiser's.
  public static var usesLoss: Bool { Base.usesLoss }
  /// As the optimiser's.
  public static var keepsState: Bool { Base.keepsState }
  /// As the optimiser's.
  public var usesPenalty: Bool { base.usesPenalty }

  /// An optimiser with a rate that changes.
  public init(_ base: Base, _ factors: Factors) {
    self.base = base
    self.factors = factors
  }

  /// The optimiser as it is in a step.
  func optimizer(_ step: Int) -> Base {
    switch factors {
    case .schedule(let rate): base.atRate(times: rate(step) / rate.initial)
    case .given(let list): base.atRate(times: list.isEmpty ? 1 : list[min(step, list.count - 1)])
    }
  }

  /// Makes one step.
  public func update(
    _ step: Int, along gradient: Elements, loss: Double, _ point: Elements, state: VectorStore,
    _ algebra: VectorAlgebra
  ) {
    optimizer(step).update(
      step, along: gradient, loss: loss, point, state: state, algebra)
  }
}

extension Scheduled: DifferentiableOptimizer where Base: DifferentiableOptimizer {
  func pullBack(
    _ step: Int, gradient: Elements, state: [Elements], point: Elements, _ cotangents: [Elements],
    into result: Elements, _ algebra: VectorAlgebra
  ) -> Double {
    optimizer(step).pullBack(
      step, gradient: gradient, state: state, point: point, cotangents, into: result, algebra)
  }
}

/// A scheduled optimiser can be scheduled again.
extension Scheduled: RatedOptimizer {
  /// The optimiser's own rate.
  public var learningRate: Double { base.learningRate }

  /// The same with the step size times a factor.
  public func atRate(times factor: Double) -> Scheduled {
    Scheduled(base.atRate(times: factor), factors)
  }

  /// That of the optimiser as it is in the step.
  public func rate(ofStep step: Int) -> Double { optimizer(step).rate(ofStep: step) }
}
