import Tensors

/// The truncated Neumann series v = a sum_{j=0..k} (I - aH)^j g (Lorraine, Vicol and Duvenaud, 2020, algorithm 3): k
/// products, k + 1 terms. It tends to H^-1 g where H is positive definite and 0 < a < 2 / its largest
/// eigenvalue.
///
/// The residual g - H v is the term after the last. Where the last one claims that the series has converged, a product
/// finds that residual, and if rounding has left more of it, the series goes on from there.
struct NeumannSeries<Operator: LinearOperator> {
  let system: LinearSystem<Operator>
  let maximumSteps: Int
  /// a: the lower learning rate.
  let learningRate: Double
  /// The sum of the terms, scaled, until a multiplies it; the caller's memory.
  let v: Elements
  let residual: Elements
  private var check: ResidualCheck<Operator>
  private var report: SolveReport
  /// The squared norm of the last term.
  private var squared = 0.0
  private var algebra: VectorAlgebra { system.algebra }

  /// A solve.
  ///
  /// - Parameters:
  ///   - system: H and g.
  ///   - maximumSteps: k.
  ///   - criterion: What ends it before, asked of the last term. That term is kept.
  ///   - learningRate: a.
  ///   - v: Receives the sum.
  ///   - scratch: A vector of the same length.
  init(
    _ system: LinearSystem<Operator>, maximumSteps: Int, _ criterion: ConvergenceCriterion,
    learningRate: Double, into v: Elements, scratch: Elements
  ) {
    self.system = system
    self.maximumSteps = maximumSteps
    self.learningRate = learningRate
    self.v = v
    residual = scratch
    check = ResidualCheck(system, criterion)
    report = SolveReport(initialResidual: system.norm)
    report.isResidualTrue = system.norm == 0
  }

  /// Adds up the series; the operator's vector is overwritten.
  ///
  /// - Returns: How it ended.
  mutating func solve() -> SolveReport {
    report.reason = reasonOfEnd()
    algebra.scale(v, by: learningRate)
    return report
  }

  private mutating func reasonOfEnd() -> SolveReport.Reason {
    let term = system.hessian.vector
    // A system begins with its right-hand side as the operator's vector.
    v.copy(from: term)
    guard system.norm.isFinite else { return .breakdown }
    guard system.norm > 0 else { return .converged }
    squared = algebra.dot(term, term)
    while report.steps < maximumSteps {
      guard makeStep() else { return .breakdown }
      guard check.criterion.isMet(report.residual, rightHandSide: system.norm) else { continue }
      residual.copy(from: v)
      algebra.scale(residual, by: learningRate)
      if let reason = check.reason(at: residual, into: residual, &report) { return reason }
      term.copy(from: residual)
      algebra.add(1, term, to: v)
      squared = algebra.dot(term, term)
    }
    return .stepLimit
  }

  /// Adds a term; false where its numbers are not finite.
  private mutating func makeStep() -> Bool {
    let term = system.hessian.vector
    let product = system.hessian.product()
    report.steps += 1
    let curvature = algebra.dot(term, product) / squared
    let gain = algebra.norm(product) / squared.squareRoot()
    algebra.add(-learningRate, product, to: term)
    let next = algebra.dot(term, term)
    guard next.isFinite, curvature.isFinite else { return false }
    report.note(curvature: curvature, gain: gain)
    algebra.add(1, term, to: v)
    report.residual = next.squareRoot() * system.scale.factor
    report.isResidualTrue = false
    report.isDiverging = next > squared
    squared = next
    return true
  }
}
