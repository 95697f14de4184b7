import BilevelOptimization
import Foundation
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
    let (v, report) = try problem.solve(k: 50, tolerance: tolerance, relativeTolerance: 1)
    #expect(report.solve.reason == .converged)
    #expect(report.solve.steps > 1 && report.solve.checks == 1)
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
      k: 10, tolerance: 1e-4, relativeTolerance: 1e-4, precision: arithmetic.precision,
      kernels: arithmetic.kernels)
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

  @Test(arguments: Arithmetic.all) func aSingularDirectionHasNoSolution(
    arithmetic: Arithmetic
  ) throws {
    for (g, steps, expected) in [([1.0, 0], 1, [0.0, 0]), ([1, 1], 2, [2, 2])] {
      let problem = Quadratic.system(.diagonal([0, 1]), g)
      let (v, report) = try problem.solve(
        k: 9, precision: arithmetic.precision, kernels: arithmetic.kernels)
      #expect(report.solve.reason == .inconsistent)
      #expect(report.flatParameters == ["w"])
      #expect(report.solve.steps == steps)
      #expect(v == expected)
    }
  }

  /// Curvatures whose squares are beyond the largest 32-bit number, and systems whose solution is; g of any size is none.
  @Test(arguments: KernelSet.available, [[1e35, 1e35], [1e-44, 1], [1, 1e38]])
  func extremesStayFinite(kernels: KernelSet, diagonal: [Double]) throws {
    let problem = Quadratic.system(.diagonal(diagonal), [1e5, 1e5])
    let (v, report) = try problem.solve(
      k: 9, policy: .truncate, precision: .single, kernels: kernels)
    let isRegular = diagonal[0] == diagonal[1]
    #expect((report.solve.reason == .inconsistent) == !isRegular)
    if isRegular { #expect(relativeDistance(v, [1e-30, 1e-30]) < 1e-6) }
    #expect(v.allSatisfy { $0.isFinite })
    #expect(report.hypergradientNorm.isFinite)
    #expect(report.solve.residual.isFinite)
  }

  @Test(arguments: KernelSet.available) func productsBeyondNumbersBreakDown(
    kernels: KernelSet
  ) throws {
    let (v, report) = try Quadratic.system(.diagonal([3e38]), [1.9]).solve(
      k: 9, precision: .single, kernels: kernels)
    #expect(report.solve.reason == .breakdown)
    #expect(v == [0])
  }
}

/// Directions without curvature: no policy's business before.
extension ConjugateGradientTests {
  /// p'Hp = 0 in the first step.
  private var saddle: Quadratic { .system(.diagonal([1, -1]), [1, 1]) }

  @Test func noCurvatureIsReported() throws {
    let (v, report) = try saddle.solve(k: 9)
    #expect(report.solve.reason == .breakdown)
    #expect(v == [0, 0])
  }

  @Test func noCurvatureTruncates() throws {
    let (v, report) = try saddle.solve(k: 9, policy: .truncate)
    #expect(report.solve.reason == .negativeCurvature)
    #expect(v == [0, 0])
  }

  @Test func noCurvatureIsDamped() throws {
    let (v, report) = try saddle.solve(k: 9, policy: .damp)
    #expect(report.solve.reason == .converged)
    let damping = 1 / v[0] - 1
    #expect(damping > 1 && relative(v[1], 1 / (damping - 1)) < 1e-9)
  }

  @Test func noCurvatureStops() throws {
    for problem in [saddle, .system(.diagonal([0, 0]), [1, 1])] {
      let error = #expect(throws: HypergradientError.self) {
        try problem.solve(k: 9, policy: .stop)
      }
      #expect(error?.code == .negativeCurvature)
      #expect(error?.message.contains("no curvature 0.0") == true)
    }
  }

  /// Where H is nothing, there is no scale for damping.
  @Test(arguments: [NegativeCurvaturePolicy.report, .truncate, .damp])
  func aHessianOfZerosHasNoSolution(_ policy: NegativeCurvaturePolicy) throws {
    let (v, report) = try Quadratic.system(.diagonal([0, 0]), [1, 1]).solve(k: 9, policy: policy)
    #expect(report.solve.reason == .inconsistent)
    #expect(report.flatParameters == ["w"])
    #expect(v == [0, 0])
    #expect(report.solve.hessianNorm == 0)
  }

  /// The recurrence says 1.6e-17; the iterates' residuals are sqrt 2 and sqrt 6, and the next one's 1e32.
  @Test(arguments: Arithmetic.all) func anInconsistentSystemKeepsTheBestIterate(
    arithmetic: Arithmetic
  ) throws {
    let (v, report) = try Quadratic.system(.diagonal([1, 2, 0]), [1, 1, 1]).solve(
      k: 50, precision: arithmetic.precision, kernels: arithmetic.kernels)
    #expect(report.solve.reason == .inconsistent)
    #expect(relativeDistance(v, [1, 1, 1]) < 1e-6)
    #expect(relative(report.solve.residual, 2.0.squareRoot()) < 1e-6)
  }

  /// The recurrence says 1.8e-17 where the residual is 1.4e-2.
  @Test(arguments: KernelSet.available) func theResidualThatIsClaimedIsTheTrueOne(
    kernels: KernelSet
  ) throws {
    let diagonal = (0..<8).map { Double(Float(exp(-Double($0) * log(1e6) / 7))) }
    let g = [Double](repeating: 1, count: 8)
    let hessian = Matrix.diagonal(diagonal)
    for k in [8, 12, 20, 50] {
      let (v, report) = try Quadratic.system(hessian, g).solve(
        k: k, checksResidual: true, precision: .single, kernels: kernels)
      #expect(report.solve.reason != .converged && report.solve.isResidualTrue)
      let truth = norm(sum(g, hessian * v, times: -1))
      #expect(abs(report.solve.residual - truth) < 1e-6 * norm(v) + 1e-6)
    }
  }

  @Test func checkingResidualsCostsAProduct() throws {
    let hessian = Matrix.symmetric(eigenvalues: [1, 2, 3, 4, 5, 6])
    let cases: [(ImplicitMethod, Int)] = [
      (.linearSystem, 3), (.neumannSeries, 3), (.neumannSeries, 0),
    ]
    for (method, k) in cases {
      let plain = try Quadratic.system(hessian, g).solve(method, k: k)
      let (v, report) = try Quadratic.system(hessian, g).solve(method, k: k, checksResidual: true)
      #expect(v == plain.v)
      #expect(report.solve.products == plain.report.solve.products + 1)
      #expect(!plain.report.solve.isResidualTrue && report.solve.isResidualTrue)
      #expect(relative(report.solve.residual, norm(sum(g, hessian * v, times: -1))) < 1e-12)
    }
  }
}
