import Tensors

/// The truncated Neumann series v = a sum_{j=0..k} (I - aH)^j g (Lorraine, Vicol and Duvenaud, 2020, algorithm 3): k
/// products, k + 1 terms. It tends to H^-1 g where H is positive definite and 0 < a < 2 / its largest
/// eigenvalue.
struct NeumannSeries {
  let maximumSteps: Int
  /// Stops when the norm of the last term (I - aH)^j g is below; absolute, as documented. That term is kept.
  let tolerance: Double
  /// a: the lower learning rate.
  let learningRate: Double
  let algebra: VectorAlgebra

  /// Adds up the series; the operator's vector is overwritten.
  ///
  /// - Parameters:
  ///   - hessian: The operator.
  ///   - g: The right-hand side.
  ///   - v: Receives the sum.
  /// - Returns: How it ended.
  func solve(_ hessian: some LinearOperator, _ g: Elements, into v: Elements) -> SolveReport {
    let term = hessian.vector
    term.copy(from: g)
    v.copy(from: g)
    var squared = algebra.dot(g, g)
    var report = SolveReport(initialResidual: squared.squareRoot())
    if !squared.isFinite {
      report.reason = .breakdown
    } else if report.residual < tolerance || squared == 0 {
      report.reason = .converged
    } else {
      while report.steps < maximumSteps {
        let product = hessian.product()
        report.steps += 1
        let curvature = algebra.dot(term, product) / squared
        algebra.add(-learningRate, product, to: term)
        squared = algebra.dot(term, term)
        guard squared.isFinite, curvature.isFinite else {
          report.reason = .breakdown
          break
        }
        report.note(curvature: curvature)
        algebra.add(1, term, to: v)
        report.residual = squared.squareRoot()
        if report.residual < tolerance || squared == 0 {
          report.reason = .converged
          break
        }
      }
    }
    algebra.scale(v, by: learningRate)
    return report
  }
}
