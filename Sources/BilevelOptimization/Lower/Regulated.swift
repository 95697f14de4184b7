import Tensors

/// A lower optimiser with what is often put around one: gradients are cut to a norm before a step, parameters decay in it
/// (decoupled, as in AdamW: Loshchilov and Hutter, 2019), and are moved back into a set after it.
public struct Regulated<Base: LowerOptimizer>: LowerOptimizer, ConstrainedOptimizer {
  /// The optimiser.
  public let base: Base
  /// The largest norm of a gradient; 0 for any.
  public let clip: Double
  /// The part of the parameters that a step takes away: learning rate times weight decay, from 0 to below 1.
  public let decay: Double
  /// Where parameters stay.
  public let set: ParameterSet
  /// Those of the optimiser.
  public var schedule: AdaptationSchedule { base.schedule }
  /// Those of the optimiser, and the gradient that was cut.
  public static var stateVectors: Int { Base.stateVectors + 1 }
  /// As the optimiser's.
  public static var secondMoment: Int? { Base.secondMoment }
  /// As the optimiser's.
  public static var usesLoss: Bool { Base.usesLoss }
  /// As the optimiser's.
  public static var keepsState: Bool { Base.keepsState }
  /// As the optimiser's.
  public var usesPenalty: Bool { base.usesPenalty }

  /// Puts it around an optimiser.
  ///
  /// - Parameters:
  ///   - base: The optimiser.
  ///   - clip: The largest norm of a gradient, finite and 0 or more; 0 for any.
  ///   - decay: Learning rate times weight decay, from 0 to below 1.
  ///   - set: Where parameters stay.
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range.
  public init(
    _ base: Base, clip: Double = 0, decay: Double = 0, set: ParameterSet = .whole
  ) throws(HypergradientError) {
    try HypergradientError.require(
      clip.isFinite && clip >= 0, "clip is \(clip); it must be finite and 0 or more")
    try HypergradientError.requireFraction(decay, "learning rate times weight decay")
    (self.base, self.clip, self.decay, self.set) = (base, clip, decay, set)
  }

  /// Makes one step.
  public func update(
    _ step: Int, along gradient: Elements, loss: Double, _ point: Elements, state: VectorStore,
    _ algebra: VectorAlgebra
  ) {
    var gradient = gradient
    let norm = clip > 0 ? algebra.norm(gradient) : 0
    if norm > clip {
      let cut = state[Base.stateVectors]
      cut.copy(from: gradient)
      algebra.scale(cut, by: clip / norm)
      gradient = cut
    }
    if decay > 0 { algebra.scale(point, by: 1 - decay) }
    base.update(step, along: gradient, loss: loss, point, state: state, algebra)
    set.project(point)
  }
}

/// A lower optimiser that keeps parameters in a set.
protocol ConstrainedOptimizer {
  /// The set.
  var set: ParameterSet { get }
}
