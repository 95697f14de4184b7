import BilevelOptimization
import Tensors
import TestSupport
import Testing

struct NeumannSeriesTests {
  private let g = numbers(6, seed: 4)
  private let hessian = Matrix.symmetric(eigenvalues: [1, 2, 3, 4, 5, 6])

  /// (I - aH)^power g
  private func term(_ power: Int, _ rate: Double, _ hessian: Matrix? = nil) -> [Double] {
    (0..<power).reduce(g) { x, _ in sum(x, (hessian ?? self.hessian) * x, times: -rate) }
  }

  @Test(arguments: [0, 1, 5, 30], [0.01, 0.1, 0.3])
  func whatIsCutOffIsAPower(k: Int, rate: Double) throws {
    let (v, report) = try Quadratic.system(hessian, g).solve(.neumannSeries, k: k, rate: rate)
    let error = sum(hessian.solve(g), v, times: -1)
    #expect(relativeDistance(error, hessian.solve(term(k + 1, rate))) < 1e-9)
    #expect(report.solve.steps == k)
    #expect(report.solve.reason == .stepLimit)
    #expect(relative(report.solve.residual, norm(term(k, rate))) < 1e-9)
  }

  /// One parameter with curvature h: all but (1 - ah)^(k + 1) of the solution.
  @Test(arguments: Arithmetic.all) func oneParameter(arithmetic: Arithmetic) throws {
    for k in [0, 3, 20] {
      let problem = Quadratic.system(Matrix([[4]]), [3])
      let (v, _) = try problem.solve(
        .neumannSeries, k: k, rate: 0.1, precision: arithmetic.precision,
        kernels: arithmetic.kernels)
      let missing = (0...k).reduce(1.0) { product, _ in product * 0.6 }
      #expect(relative(v[0], 0.75 * (1 - missing)) < arithmetic.tolerance)
    }
  }

  @Test func noStepsGiveOneTerm() throws {
    let problem = Quadratic.reference
    let (result, report) = try problem.solve(.neumannSeries, k: 0, rate: 0.2)
    let wanted = problem.hypergradient(problem.g.map { 0.2 * $0 })
    #expect(relativeDistance(result, wanted) < 1e-14)
    #expect(report.solve.smallestCurvature == nil)
  }

  @Test func anEarlyStopKeepsTheLastTerm() throws {
    let problem = Quadratic.system(hessian, g)
    let (v, report) = try problem.solve(
      .neumannSeries, k: 500, rate: 0.2, tolerance: 1e-3, relativeTolerance: 1)
    #expect(report.solve.reason == .converged)
    #expect(report.solve.residual < 1e-3)
    // The residual is the term after the last.
    let steps = report.solve.steps
    #expect(report.solve.isResidualTrue && report.solve.checks == 1)
    #expect(relative(report.solve.residual, norm(term(steps + 1, 0.2))) < 1e-9)
    #expect(norm(term(steps - 1, 0.2)) >= 1e-3)
    #expect(try v == problem.solve(.neumannSeries, k: steps, rate: 0.2, tolerance: 0).v)
  }

  @Test func aTermOfZeroEndsTheSeries() throws {
    let problem = Quadratic.system(.identity(6, times: 4), g)
    let (v, report) = try problem.solve(.neumannSeries, k: 9, rate: 0.25, tolerance: 0)
    #expect(report.solve.steps == 1)
    #expect(report.solve.reason == .converged)
    #expect(v == g.map { $0 / 4 })
  }

  @Test(arguments: [0.1, 0.3, 0.5]) func divergenceShows(rate: Double) throws {
    let (_, report) = try Quadratic.system(hessian, g).solve(.neumannSeries, k: 60, rate: rate)
    #expect(report.solve.isDiverging == (rate > 2.0 / 6))
  }

  @Test func negativeCurvatureShows() throws {
    let hessian = Matrix.symmetric(eigenvalues: [-1, 1, 2, 3, 4, 5])
    let (_, report) = try Quadratic.system(hessian, g).solve(.neumannSeries, k: 60, rate: 0.1)
    #expect(report.solve.isDiverging)
    #expect(report.solve.negativeCurvatureSteps > 0)
    #expect(try #require(report.solve.smallestCurvature) < 0)
  }

  @Test func dampingIsAddedToTheDiagonal() throws {
    let (v, _) = try Quadratic.system(hessian, g).solve(
      .neumannSeries, k: 4, rate: 0.1, damping: 2)
    let damped = hessian + .identity(6, times: 2)
    let error = sum(damped.solve(g), v, times: -1)
    #expect(relativeDistance(error, damped.solve(term(5, 0.1, damped))) < 1e-9)
  }

  @Test(arguments: Arithmetic.all) func overflowBreaksDown(arithmetic: Arithmetic) throws {
    let (v, report) = try Quadratic.system(.identity(6, times: 1e6), g).solve(
      .neumannSeries, k: 500, rate: 1, precision: arithmetic.precision,
      kernels: arithmetic.kernels)
    #expect(report.solve.reason == .breakdown)
    #expect(report.solve.isDiverging)
    #expect(report.solve.residual.isFinite)
    #expect(v.allSatisfy { $0.isFinite })
  }
}
