import BilevelOptimization
import Tensors
import TestSupport
import Testing

struct ConjugateGradientTests {
  static let spectra: [[Double]] = [
    [1, 2, 3, 4, 5, 6],
    [1, 1.001, 1.002, 5, 5.001, 10],
    [1e-3, 1e-2, 0.1, 0.3, 0.7, 1],
    [100, 1e4, 2e4, 3e4, 7e4, 1e5],
    [0.5, 0.6, 0.7, 0.8, 0.9],
  ]

  private let g = numbers(6, seed: 3)

  /// A new direction made of the old residual, or a scale that is not the residual's, stalls far from this.
  @Test(arguments: spectra) func endsAfterAsManyStepsAsDimensions(spectrum: [Double]) throws {
    let count = spectrum.count
    let hessian = Matrix.symmetric(eigenvalues: spectrum)
    let g = numbers(count, seed: 3)
    let problem = Quadratic.system(hessian, g)
    let (v, report) = try problem.solve(k: count, tolerance: 0)
    #expect(relativeDistance(v, hessian.solve(g)) < 1e-8)
    #expect(report.solve.steps == count)
    let before = try problem.solve(k: count - 1, tolerance: 0).v
    #expect(relativeDistance(before, hessian.solve(g)) > 1e-8)
  }

  @Test(arguments: [[2.0, 2, 2, 2, 2, 2], [2, 2, 2, 7, 7, 7], [1, 1, 5, 5, 9, 9]])
  func endsAfterAsManyStepsAsEigenvalues(spectrum: [Double]) throws {
    let hessian = Matrix.symmetric(eigenvalues: spectrum)
    let (v, report) = try Quadratic.system(hessian, g).solve(k: 50, tolerance: 1e-9)
    #expect(relativeDistance(v, hessian.solve(g)) < 1e-9)
    #expect(report.solve.steps == Set(spectrum).count)
    #expect(report.solve.reason == .converged)
  }

  /// Known implementations return the iterate before the one that met the tolerance.
  @Test(arguments: [1e-1, 1e-2, 1e-5, 1e-10]) func anEarlyStopKeepsTheLastStep(
    tolerance: Double
  ) throws {
    let hessian = Matrix.symmetric(eigenvalues: [1, 2, 3, 4, 5, 6])
    let problem = Quadratic.system(hessian, g)
    let (v, report) = try problem.solve(k: 50, tolerance: tolerance)
    #expect(report.solve.reason == .converged)
    #expect(report.solve.steps > 1)
    #expect(norm(sum(g, hessian * v, times: -1)) < tolerance)
    #expect(try v == problem.solve(k: report.solve.steps, tolerance: 0).v)
    // The tolerance was not met one step before.
    let before = try problem.solve(k: report.solve.steps - 1, tolerance: 0).v
    #expect(norm(sum(g, hessian * before, times: -1)) >= tolerance)
    if tolerance == 1e-10 { #expect(relativeDistance(v, hessian.solve(g)) < 1e-9) }
  }

  @Test(arguments: Arithmetic.all, [0.01, 1, 7]) func aMultipleOfTheIdentityTakesOneStep(
    arithmetic: Arithmetic, factor: Double
  ) throws {
    let problem = Quadratic.system(.identity(6, times: factor), g)
    let (v, report) = try problem.solve(
      k: 10, tolerance: 1e-4, precision: arithmetic.precision, kernels: arithmetic.kernels)
    #expect(relativeDistance(v, g.map { $0 / factor }) < arithmetic.tolerance)
    #expect(report.solve.steps == 1)
    #expect(report.solve.reason == .converged)
  }

  @Test func noStepsGiveTheDirectTerm() throws {
    let (result, report) = try Quadratic.reference.solve(k: 0)
    #expect(result == Quadratic.reference.direct)
    #expect(report.solve.steps == 0)
    #expect(report.solve.reason == .stepLimit)
    #expect(report.solve.smallestCurvature == nil)
  }

  @Test(arguments: [0.5, 3]) func dampingIsAddedToTheDiagonal(damping: Double) throws {
    let hessian = Matrix.symmetric(eigenvalues: [-0.3, 1, 2, 3, 4, 5])
    let (v, report) = try Quadratic.system(hessian, g).solve(
      k: 6, tolerance: 1e-8, damping: damping, policy: .stop)
    let damped = hessian + .identity(6, times: damping)
    #expect(relativeDistance(v, damped.solve(g)) < 1e-9)
    #expect(report.solve.negativeCurvatureSteps == 0)
  }

  @Test func theReportSeesTheSpectrumFromInside() throws {
    let hessian = Matrix.symmetric(eigenvalues: [1, 2, 3, 4, 5, 6])
    let (v, report) = try Quadratic.system(hessian, g).solve(k: 4, tolerance: 0)
    let solve = report.solve
    let (smallest, largest) = (
      try #require(solve.smallestCurvature), try #require(solve.largestCurvature)
    )
    #expect(smallest >= 1 && largest <= 6 && smallest < largest)
    #expect(relative(solve.initialResidual, norm(g)) < 1e-12)
    #expect(relative(solve.residual, norm(sum(g, hessian * v, times: -1))) < 1e-9)
    #expect(solve.reason == .stepLimit)
  }
}

/// Matrices that conjugate gradients are not made for.
extension ConjugateGradientTests {
  private var indefinite: Matrix { .symmetric(eigenvalues: [-2, 1, 2, 3, 4, 5]) }

  @Test func negativeCurvatureIsReported() throws {
    let (v, report) = try Quadratic.system(indefinite, g).solve(k: 6, tolerance: 1e-9)
    #expect(report.solve.negativeCurvatureSteps > 0)
    #expect(try #require(report.solve.smallestCurvature) < 0)
    // Plain conjugate gradients end at the stationary point all the same.
    #expect(relativeDistance(v, indefinite.solve(g)) < 1e-8)
    #expect(report.solve.steps == 6)
  }

  @Test func row15_negativeCurvatureTruncates() throws {
    let problem = Quadratic.system(indefinite, g)
    let (v, report) = try problem.solve(k: 6, policy: .truncate)
    #expect(report.solve.reason == .negativeCurvature)
    #expect(report.solve.negativeCurvatureSteps == 1)
    #expect(report.solve.steps > 1)
    let before = try problem.solve(k: report.solve.steps - 1)
    #expect(v == before.v)
    #expect(before.report.solve.negativeCurvatureSteps == 0)
    #expect(report.solve.residual == before.report.solve.residual)
  }

  /// Row 15: solved again with more damping, until there is none; the result solves (H + dI) v = g for one d.
  @Test(arguments: [0, 0.1]) func row15_negativeCurvatureIsDamped(_ damping: Double) throws {
    let (v, report) = try Quadratic.system(indefinite, g).solve(
      k: 12, tolerance: 1e-9, damping: damping, policy: .damp)
    #expect(report.solve.reason == .converged)
    #expect(report.solve.negativeCurvatureSteps > 0)
    let rest = sum(g, indefinite * v, times: -1)
    let added = zip(rest, v).map { $0 / $1 }
    #expect(added.min()! > 2 && added.max()! - added.min()! < 1e-6, "\(added)")
  }

  @Test func dampingGivesUpAfterFiveTimes() throws {
    let hopeless = Matrix.symmetric(eigenvalues: [-1e9, 1, 2, 3, 4, 5])
    let (_, report) = try Quadratic.system(hopeless, numbers(6, seed: 3)).solve(
      k: 1, damping: 1e-12, policy: .damp)
    #expect(report.solve.steps <= 6)
  }

  @Test func negativeCurvatureAtOnceLeavesTheDirectTerm() throws {
    var problem = Quadratic.reference
    problem.hessian = Matrix.identity(2, times: -3)
    let (result, report) = try problem.solve(k: 5, policy: .truncate)
    #expect(result == problem.direct)
    #expect(report.solve.steps == 1)
    #expect(report.solve.smallestCurvature == -3)
  }

  @Test func row15_negativeCurvatureStops() throws {
    let problem = Quadratic.system(Matrix.identity(6, times: -3), g)
    let implicit = try problem.implicit(k: 6, policy: .stop)
    implicit.upperModel.gradients = g
    let error = #expect(throws: HypergradientError.self) {
      try implicit.computeGradients(
        validate: problem.validate, auxiliaryModel: AuxiliaryModel(values: problem.point),
        train: problem.train)
    }
    #expect(error?.code == .negativeCurvature)
    #expect(error?.message.contains("negative curvature -") == true)
    #expect(error?.message.contains("raise the damping") == true)
    #expect(implicit.upperModel.gradients == g)
  }

  /// The policy makes no difference where there is no negative curvature.
  @Test(arguments: NegativeCurvaturePolicy.allCases) func policiesAgreeOnPositiveCurvature(
    policy: NegativeCurvaturePolicy
  ) throws {
    let problem = Quadratic.system(.symmetric(eigenvalues: [1, 2, 3, 4, 5, 6]), g)
    #expect(try problem.solve(k: 4, policy: policy).v == problem.solve(k: 4).v)
  }

  @Test(arguments: Arithmetic.all) func aSingularDirectionBreaksDown(
    arithmetic: Arithmetic
  ) throws {
    for (g, steps, expected) in [([1.0, 0], 1, [0.0, 0]), ([1, 1], 2, [2, 2])] {
      let problem = Quadratic.system(.diagonal([0, 1]), g)
      let (v, report) = try problem.solve(
        k: 9, precision: arithmetic.precision, kernels: arithmetic.kernels)
      #expect(report.solve.reason == .breakdown)
      #expect(report.solve.steps == steps)
      #expect(v == expected)
    }
  }

  /// Products or steps beyond the largest 32-bit number, at the first step or later; g of any size is none.
  @Test(arguments: KernelSet.available, [[3e38, 3e38], [1e-44, 1], [1, 3e38]])
  func overflowBreaksDown(kernels: KernelSet, diagonal: [Double]) throws {
    let problem = Quadratic.system(.diagonal(diagonal), [1e5, 1e5])
    let (v, report) = try problem.solve(
      k: 9, policy: .truncate, precision: .single, kernels: kernels)
    #expect(report.solve.reason == .breakdown)
    #expect(v.allSatisfy { $0.isFinite })
    #expect(report.hypergradientNorm.isFinite)
    #expect(report.solve.residual.isFinite)
  }
}
