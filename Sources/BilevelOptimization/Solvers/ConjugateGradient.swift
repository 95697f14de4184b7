import Tensors

/// LS: conjugate gradients, as `solver=cg`.
final class ConjugateGradient: LinearSolver {
  static let entry = SolverEntry(
    "cg", "conjugate gradients, for positive definite Hessians", needsCurvature: true,
    needsSymmetry: true
  ) { try ConjugateGradient($0, $1, $2) }

  private let options: MethodOptions
  private let scratch: VectorStore
  private let history: ResidualHistory

  private init(_ options: MethodOptions, _ count: Int, _ algebra: VectorAlgebra) throws {
    self.options = options
    scratch = try VectorStore(
      vectors: 2, count: count, algebra.precision, for: "the vectors of conjugate gradients")
    history = try ResidualHistory(steps: options.k, count: count, algebra)
  }

  var byteCount: Int { scratch.byteCount + history.byteCount }

  func solve(_ system: LinearSystem, from guess: Guess, into v: Elements) -> SolveReport {
    var solve = ConjugateGradientSolve(
      system, maximumSteps: options.k, options.criterion, options.negativeCurvature, history,
      from: guess, into: v, scratch: (scratch[0], scratch[1]))
    return solve.solve()
  }
}

/// Conjugate gradients on H v = g (Hestenes and Stiefel, 1952): k steps at most.
///
/// The documented `Implicit` solves (aH) v = g and multiplies by a afterwards, which is the same in exact arithmetic at
/// every step; H alone avoids the cancellation of x - (x - aHx). Unlike its known implementations this
/// - keeps the last step when it stops early (they return the iterate before it),
/// - gives v = 0 for g = 0 (they divide 0 by 0), and for no other g without a step,
/// - claims to have converged only where the true residual, by a product of its own, is that small,
/// - looks at the curvature p'Hp and at whether numbers are finite, and reports why it ended,
/// - keeps the best iterate where it breaks down,
/// - keeps its residuals orthogonal in spite of rounding (``ResidualHistory``).
private struct ConjugateGradientSolve {
  let system: LinearSystem
  let guess: Guess
  let maximumSteps: Int
  let policy: NegativeCurvaturePolicy
  let history: ResidualHistory
  /// The iterate, scaled; the caller's memory.
  let v: Elements
  /// Its residual by the recurrence, scaled, and an iterate from before a residual rose: the one of the smallest.
  let residual: Elements
  let best: Elements
  private var check: ResidualCheck
  private var report: SolveReport
  /// The squared norm of the residual, and of that of the best iterate.
  private var squared = 0.0
  private var bestSquared = 0.0
  /// Bounds from above on the norms of the iterate and of the best: steps' lengths added up.
  private var reach = 0.0
  private var bestReach = 0.0
  /// Whether the best iterate is 0, the first.
  private var isBestNothing = true
  private var algebra: VectorAlgebra { system.algebra }

  /// A solve.
  ///
  /// - Parameters:
  ///   - system: H and g.
  ///   - maximumSteps: k.
  ///   - criterion: What ends it before.
  ///   - policy: What is done on meeting curvature that is not positive.
  ///   - history: Of so many steps.
  ///   - guess: Where it begins.
  ///   - v: Receives the solution.
  ///   - scratch: Two vectors of the same length.
  init(
    _ system: LinearSystem, maximumSteps: Int, _ criterion: ConvergenceCriterion,
    _ policy: NegativeCurvaturePolicy, _ history: ResidualHistory, from guess: Guess,
    into v: Elements, scratch: (Elements, Elements)
  ) {
    self.system = system
    self.guess = guess
    self.maximumSteps = maximumSteps
    self.policy = policy
    self.history = history
    self.v = v
    (residual, best) = scratch
    check = ResidualCheck(system, criterion)
    report = SolveReport(initialResidual: system.norm)
  }

  /// Solves; the operator's vector is overwritten: where curvature ended the solve it is that direction.
  ///
  /// - Returns: How it ended.
  mutating func solve() -> SolveReport {
    if guess == .zero { algebra.clear(v) }
    report.reason = reasonOfEnd()
    switch report.reason {
    case .breakdown, .inconsistent, .precisionLimit: returnToBest()
    case .converged, .stepLimit, .negativeCurvature: break
    }
    return report
  }

  private mutating func reasonOfEnd() -> SolveReport.Reason {
    guard system.norm.isFinite else { return .breakdown }
    guard system.norm > 0 else {
      algebra.clear(v)
      return .converged
    }
    if let reason = begin() { return reason }
    while report.steps < maximumSteps {
      if let reason = makeStep() { return reason }
      guard check.criterion.isMet(report.residual, rightHandSide: system.norm) else { continue }
      if let reason = check.reason(at: v, into: residual, &report) {
        let found = algebra.dot(residual, residual)
        squared = found.isFinite ? found : .infinity
        return reason
      }
      restart()
    }
    return .stepLimit
  }

  /// Begins at the guess; the reason to end there, where there is one.
  private mutating func begin() -> SolveReport.Reason? {
    if guess == .vector {
      reach = algebra.norm(v)
      if let reason = check.reason(at: v, into: residual, &report) { return reason }
      best.copy(from: v)
      (bestReach, isBestNothing) = (reach, false)
      restart()
    } else {
      // A system begins with its right-hand side as the operator's vector.
      residual.copy(from: system.hessian.vector)
      history.clear()
      squared = algebra.dot(residual, residual)
    }
    bestSquared = squared
    return nil
  }

  /// Begins at the iterate and its residual, along the residual.
  private mutating func restart() {
    history.clear()
    system.hessian.vector.copy(from: residual)
    squared = algebra.dot(residual, residual)
  }

  /// Makes a step; the reason to end without it, where there is one.
  private mutating func makeStep() -> SolveReport.Reason? {
    let p = system.hessian.vector
    if report.steps + 1 < maximumSteps { history.keep(residual, squared: squared) }
    let hp = system.hessian.product()
    report.steps += 1
    let (squaredLength, curvature, squaredProduct) = algebra.dots(p, hp)
    let length = squaredLength.squareRoot()
    let gain = algebra.norm(hp, squared: squaredProduct) / length
    guard curvature.isFinite, gain.isFinite else {
      return isRounding ? .precisionLimit : .breakdown
    }
    report.note(curvature: curvature / squaredLength, gain: gain)
    // What was found while H looked smaller than it is.
    if check.isBeyondPrecision(reach, report) { return .inconsistent }
    if abs(curvature) <= algebra.precision.epsilon * report.hessianNorm * squaredLength {
      return reasonOfFlat(gain)
    }
    if curvature < 0, policy != .report { return .negativeCurvature }
    let step = squared / curvature
    let longer = reach + abs(step) * length
    if check.isBeyondPrecision(longer, report) {
      return isRounding ? .precisionLimit : curvature > 0 ? .inconsistent : .breakdown
    }
    let next =
      report.steps < maximumSteps
      ? history.add(-step, hp, orthogonalising: residual)
      : algebra.add(-step, hp, to: residual, dotWith: residual)
    guard next.isFinite else { return .breakdown }
    if next > squared { keepIfBest() }
    algebra.add(step, p, to: v)
    reach = longer
    report.residual = next.squareRoot() * system.scale.factor
    report.isResidualTrue = false
    algebra.replace(p, by: residual, plus: next / squared)
    squared = next
    return nil
  }

  /// Whether the residual is what rounding leaves: directions are its chance's then, and say nothing of H.
  private var isRounding: Bool {
    check.isRounding(squared.squareRoot(), solution: reach, report)
  }

  /// What a direction of next to no curvature says, of ||Hp|| / ||p||. Where H is semidefinite that is at most the root of
  /// ||H|| p'Hp / p'p.
  private func reasonOfFlat(_ gain: Double) -> SolveReport.Reason {
    if isRounding { return .precisionLimit }
    if gain <= algebra.precision.epsilon.squareRoot() * report.hessianNorm { return .inconsistent }
    return policy == .report ? .breakdown : .negativeCurvature
  }

  /// The squared norm of the residual: the true one, or as far as its recurrence can be trusted, which went by larger
  /// iterates.
  private var trustedSquared: Double {
    if report.isResidualTrue { return squared }
    let rounding = check.rounding(solution: reach, report)
    return max(squared, rounding * rounding)
  }

  /// Keeps the iterate, before its residual rises.
  private mutating func keepIfBest() {
    let found = trustedSquared
    guard found < bestSquared else { return }
    best.copy(from: v)
    (bestSquared, bestReach, isBestNothing) = (found, reach, false)
  }

  /// Of iterates whose digits mean something: 0 is one.
  private mutating func returnToBest() {
    if check.isBeyondPrecision(bestReach, report) {
      isBestNothing = true
      (bestSquared, bestReach) = (system.scaledNorm * system.scaledNorm, 0)
    }
    guard bestSquared < trustedSquared || check.isBeyondPrecision(reach, report) else { return }
    if isBestNothing { algebra.clear(v) } else { v.copy(from: best) }
    report.residual = bestSquared.squareRoot() * system.scale.factor
    report.isResidualTrue = false
  }
}
