import Tensors

/// How far a solve is: what iterative solvers have in common beside their recurrences.
struct SolveProgress {
  let system: LinearSystem
  private(set) var report: SolveReport
  private var check: ResidualCheck
  private let maximumSteps: Int
  private var isOver = false
  var algebra: VectorAlgebra { system.algebra }

  /// Begins at a guess, whose residual it finds.
  init(
    _ system: LinearSystem, _ options: MethodOptions, from guess: Guess, _ v: Elements,
    into residual: Elements
  ) {
    self.system = system
    maximumSteps = options.k
    check = ResidualCheck(system, options.criterion)
    report = SolveReport(initialResidual: system.norm)
    guard system.norm.isFinite, system.norm > 0 else {
      algebra.clear(v)
      end(system.norm == 0 ? .converged : .breakdown)
      return
    }
    system.begin(guess, v, into: residual, &report)
  }

  /// When it has converged.
  var criterion: ConvergenceCriterion { check.criterion }

  /// Whether another step may be made.
  var hasStep: Bool { !isOver && report.steps < maximumSteps }

  /// Ends the solve.
  mutating func end(_ reason: SolveReport.Reason) {
    report.reason = reason
    isOver = true
  }

  /// Whether steps may begin at a residual of such a norm.
  mutating func canBegin(_ norm: Double) -> Bool {
    if norm.isFinite, norm > 0 { return true }
    end(norm == 0 ? .converged : .breakdown)
    return false
  }

  /// The operator's product with a vector, which counts as a step.
  mutating func product(of vector: Elements) -> Elements {
    report.steps += 1
    return image(of: vector)
  }

  /// A further product of the same step.
  mutating func secondProduct(of vector: Elements, transposed: Bool = false) -> Elements {
    report.checks += 1
    if !transposed { return image(of: vector) }
    system.hessian.vector.copy(from: vector)
    return system.hessian.transposedProduct()
  }

  private func image(of vector: Elements) -> Elements {
    system.hessian.vector.copy(from: vector)
    return system.hessian.product()
  }

  /// Notes p'Hp / p'p and ||Hp|| / ||p|| of a direction; ends the solve, and gives false, where they are not finite.
  mutating func note(curvature: Double, gain: Double) -> Bool {
    guard curvature.isFinite, gain.isFinite else {
      end(.breakdown)
      return false
    }
    report.note(curvature: curvature, gain: gain)
    return true
  }

  /// Notes the residual's norm, scaled, after a step; true where steps must not go on from it: where the solve is over,
  /// or where the true residual, which then is in `residual`, is another.
  mutating func isSettled(_ norm: Double, at v: Elements, into residual: Elements) -> Bool {
    guard norm.isFinite else {
      end(.breakdown)
      return true
    }
    report.residual = norm * system.scale.factor
    report.isResidualTrue = false
    if check.isBeyondPrecision(algebra.norm(v), report) {
      end(.inconsistent)
      return true
    }
    guard check.criterion.isMet(report.residual, rightHandSide: system.norm) else { return false }
    if let reason = check.reason(at: v, into: residual, &report) { end(reason) }
    return true
  }

  /// Finds the true residual, to go on from.
  mutating func findResidual(at v: Elements, into residual: Elements) {
    system.begin(.vector, v, into: residual, &report)
  }

  /// Finds the true residual of a solution that was computed at once, and ends the solve.
  mutating func finish(at v: Elements, into residual: Elements) {
    let norm = system.measureResidual(at: v, into: residual, &report)
    let isMet = check.criterion.isMet(report.residual, rightHandSide: system.norm)
    end(!norm.isFinite ? .breakdown : isMet ? .converged : .stepLimit)
  }
}
