import Tensors

/// Conjugate gradients whose diagonal preconditioner is what the lower Adam divides its steps by, the root of its mean of squared
/// gradients, at no further product. With one step it is the estimate of SAMA (Choe et al., 2023) in the best length.
final class AdaptedConjugateGradient: LinearSolver {
  static let entry = SolverEntry(
    "cg-adam", "conjugate gradients with the scale of the lower Adam as preconditioner (SAMA)",
    needsCurvature: true, needsSymmetry: true, needsSecondMoment: true
  ) { try AdaptedConjugateGradient($0, $1, $2) }

  private let base: PreconditionedConjugateGradient

  private init(_ options: MethodOptions, _ count: Int, _ algebra: VectorAlgebra) throws {
    base = try PreconditionedConjugateGradient(options, count, algebra)
  }

  var byteCount: Int { base.byteCount }

  func solve(_ system: LinearSystem, from guess: Guess, into v: Elements) -> SolveReport {
    base.solve(system, from: guess, into: v) { inverse, _ in
      // Without a step of Adam there is no scale, and all elements have the same.
      let largest = system.secondMoment?.largestMagnitude ?? 0
      for index in 0..<inverse.count {
        // A part of the largest at the least, so that what had no gradient is not blown up.
        let moment = max(system.secondMoment?[index] ?? 0, 1e-6 * largest)
        inverse[index] = moment > 0 && moment.isFinite ? 1 / moment.squareRoot() : 1
      }
    }
  }
}
