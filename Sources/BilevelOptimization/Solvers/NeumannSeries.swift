import Tensors

/// NS: the Neumann series, as `solver=neumann`.
final class NeumannSeries: LinearSolver {
  static let entry = SolverEntry(
    "neumann", "a Neumann series, for a rate below 2 / the largest curvature"
  ) { try NeumannSeries($0, $1, $2) }

  private let options: MethodOptions
  private let scratch: VectorStore

  private init(_ options: MethodOptions, _ count: Int, _ algebra: VectorAlgebra) throws {
    self.options = options
    scratch = try VectorStore(
      vectors: 1, count: count, algebra.precision, for: "the vectors of the Neumann series")
  }

  var byteCount: Int { scratch.byteCount }

  func solve(_ system: LinearSystem, from guess: Guess, into v: Elements) -> SolveReport {
    var solve = NeumannSolve(
      system, maximumSteps: options.k, options.criterion, learningRate: options.rate, from: guess,
      into: v, scratch: scratch[0])
    return solve.solve()
  }
}

/// The truncated Neumann series v = a sum_{j=0..k} (I - aH)^j g (Lorraine, Vicol and Duvenaud, 2020, algorithm 3): k
/// products, k + 1 terms; from a guess, the series of its residual added to it. It tends to H^-1 g where H is positive definite and 0 < a < 2 / its largest
/// eigenvalue.
///
/// The residual g - H v is the term after the last. Where the last one claims that the series has converged, a product
/// finds that residual, and if rounding has left more of it, the series goes on from there.
private struct NeumannSolve {
  let system: LinearSystem
  let maximumSteps: Int
  /// a: the lower learning rate.
  let learningRate: Double
  let guess: Guess
  /// The sum of the terms, scaled, until a multiplies it; the caller's memory.
  let v: Elements
  let residual: Elements
  private var check: ResidualCheck
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
  ///   - guess: Where it begins.
  ///   - v: Receives the sum.
  ///   - scratch: A vector of the same length.
  init(
    _ system: LinearSystem, maximumSteps: Int, _ criterion: ConvergenceCriterion,
    learningRate: Double, from guess: Guess, into v: Elements, scratch: Elements
  ) {
    self.system = system
    self.maximumSteps = maximumSteps
    self.learningRate = learningRate
    self.guess = guess
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
    guard system.norm.isFinite, system.norm > 0 else {
      v.copy(from: term)
      return system.norm == 0 ? .converged : .breakdown
    }
    if guess == .vector {
      system.begin(guess, v, into: residual, &report)
      term.copy(from: residual)
      algebra.scale(v, by: 1 / learningRate)
      algebra.add(1, term, to: v)
    } else {
      // A system begins with its right-hand side as the operator's vector.
      v.copy(from: term)
    }
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
