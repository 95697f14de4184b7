import BilevelOptimization
import Tensors
import TestSupport
import Testing

@Suite struct ResidualHistoryTests {
  /// A spectrum on which plain conjugate gradients in single precision lose orthogonality: after as many steps as
  /// there are eigenvalues they are far from the solution.
  @Test(arguments: KernelSet.available)
  func singlePrecisionEndsAfterAsManyStepsAsDimensions(_ kernels: KernelSet) throws {
    let spectrum = [0.02, 0.05, 0.3, 0.9, 2, 5, 12, 30, 70, 150]
    let hessian = Matrix.symmetric(eigenvalues: spectrum)
    let g = numbers(spectrum.count, seed: 3)
    let (v, _) = try Quadratic.system(hessian, g).solve(
      k: spectrum.count, tolerance: 0, precision: .single, kernels: kernels)
    #expect(relativeDistance(v, hessian.solve(g)) < 2e-3)
  }

  /// More steps than are kept: the latest take the place of the first.
  @Test func longSolvesKeepTheLatest() throws {
    let spectrum = (0..<60).map { 1 + 0.5 * Double($0) }
    let hessian = Matrix.symmetric(eigenvalues: spectrum)
    let g = numbers(60, seed: 4)
    let (v, report) = try Quadratic.system(hessian, g).solve(k: 60, tolerance: 1e-10)
    #expect(relativeDistance(v, hessian.solve(g)) < 1e-9)
    #expect(report.solve.reason == .converged)
  }
}
