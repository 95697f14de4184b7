import Tensors

/// A lower optimiser whose rate has a factor for each part of the parameters, such as the layers of a network, the same in every step
/// or one for each (Antoniou, Edwards and Storkey, 2019; Li et al., 2017). Its steps must look at each parameter by itself.
struct PartedRates<Base: RatedOptimizer>: LowerOptimizer {
  /// The optimiser.
  let base: Base
  /// The parts, which are all parameters.
  let parts: [Range<Int>]
  /// A factor for each part: of all steps, or of one after another; those of the last step stay.
  let factors: [[Double]]
  /// Those of the optimiser.
  var schedule: AdaptationSchedule { base.schedule }
  /// Those of the optimiser.
  static var stateVectors: Int { Base.stateVectors }
  /// As the optimiser's.
  static var secondMoment: Int? { Base.secondMoment }
  /// As the optimiser's.
  static var usesLoss: Bool { Base.usesLoss }
  /// As the optimiser's.
  static var keepsState: Bool { Base.keepsState }
  /// As the optimiser's.
  var usesPenalty: Bool { base.usesPenalty }

  /// Factors one after another: step by step, part by part.
  init(_ base: Base, _ parts: [Range<Int>], _ factors: [Double]) {
    (self.base, self.parts) = (base, parts)
    self.factors = stride(from: 0, to: factors.count, by: parts.count).map {
      Array(factors[$0..<$0 + parts.count])
    }
  }

  /// Each part's number, its parameters, and the optimiser as it is for it in a step.
  private func each(_ step: Int) -> [(parameters: Range<Int>, optimizer: Base)] {
    zip(parts, factors[min(step, factors.count - 1)]).map { ($0, base.atRate(times: $1)) }
  }

  /// Makes one step.
  func update(
    _ step: Int, along gradient: Elements, loss: Double, _ point: Elements, state: VectorStore,
    _ algebra: VectorAlgebra
  ) {
    for (own, optimizer) in each(step) {
      optimizer.update(
        step, along: gradient.piece(own), loss: loss, point.piece(own), state: state.piece(own),
        algebra)
    }
  }
}

/// A lower optimiser whose parameters have rates of their own.
protocol PartedOptimizer {
  /// Goes back through one step, as ``DifferentiableOptimizer``.
  ///
  /// - Returns: The derivative by the rate of each part.
  func slopes(
    _ step: Int, gradient: Elements, state: [Elements], point: Elements, _ cotangents: [Elements],
    into result: Elements, _ algebra: VectorAlgebra
  ) -> [Double]
}

extension PartedRates: DifferentiableOptimizer, PartedOptimizer
where Base: DifferentiableOptimizer {
  func slopes(
    _ step: Int, gradient: Elements, state: [Elements], point: Elements, _ cotangents: [Elements],
    into result: Elements, _ algebra: VectorAlgebra
  ) -> [Double] {
    each(step).map { own, optimizer in
      optimizer.pullBack(
        step, gradient: gradient.piece(own), state: state.map { $0.piece(own) },
        point: point.piece(own), cotangents.map { $0.piece(own) }, into: result.piece(own), algebra)
    }
  }

  func pullBack(
    _ step: Int, gradient: Elements, state: [Elements], point: Elements, _ cotangents: [Elements],
    into result: Elements, _ algebra: VectorAlgebra
  ) -> Double {
    slopes(
      step, gradient: gradient, state: state, point: point, cotangents, into: result, algebra
    ).reduce(0, +)
  }
}
