import BilevelOptimization
import TestSupport
import Testing

struct SolveReportTests {
  @Test(arguments: ImplicitMethod.allCases) func everyEndHasAReason(method: ImplicitMethod) throws {
    let problem = Quadratic.reference
    let limited = try problem.solve(method, k: 1).report.solve
    #expect(limited.reason == .stepLimit)
    #expect(limited.steps == 1)
    let converged = try problem.solve(method, k: 2000).report.solve
    #expect(converged.reason == .converged)
    #expect(converged.residual < 1e-10)
    #expect(!converged.isDiverging)
    #expect(relative(converged.initialResidual, norm(problem.g)) < 1e-14)
  }

  @Test(arguments: ImplicitMethod.allCases) func curvaturesOfOneParameterAreItsCurvature(
    method: ImplicitMethod
  ) throws {
    let solve = try Quadratic.system(Matrix([[4]]), [3]).solve(method, k: 3).report.solve
    #expect(relative(try #require(solve.smallestCurvature), 4) < 1e-14)
    #expect(relative(try #require(solve.largestCurvature), 4) < 1e-14)
    #expect(solve.negativeCurvatureSteps == 0)
  }

  /// The words are written to logs: they stay.
  @Test func reasonsHaveNames() {
    #expect(
      SolveReport.Reason.allCases.map(\.rawValue)
        == [
          "converged", "stepLimit", "negativeCurvature", "breakdown", "inconsistent",
          "precisionLimit",
        ])
  }
}
