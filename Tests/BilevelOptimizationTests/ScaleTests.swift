import BilevelOptimization
import Tensors
import TestSupport
import Testing

/// Hypergradients are linear in F: at every scale of it they have the same digits.
struct ScaleTests {
  /// Exponents on both sides of where squares vanish and overflow.
  private static func exponents(_ precision: Precision) -> [Int] {
    precision == .double
      ? Array(stride(from: -200, through: 200, by: 20)) + [-199, 33]
      : [-60, -47, -30, -10, -1, 10, 30, 47, 60]
  }

  private static func power(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }

  @Test(arguments: ImplicitMethod.allCases, Arithmetic.all) func aPowerOfTwoChangesNoBit(
    method: ImplicitMethod, arithmetic: Arithmetic
  ) throws {
    let hessian = Matrix.symmetric(eigenvalues: [1, 2, 3, 4, 5, 6])
    for var problem in [Quadratic.reference, .system(hessian, numbers(6, seed: 5))] {
      for k in [0, 1, 2, 5, 20] {
        func solve() throws -> [Double] {
          try problem.solve(
            method, k: k, tolerance: 0, precision: arithmetic.precision,
            kernels: arithmetic.kernels
          ).v
        }
        problem.scale = 1
        let wanted = try solve()
        for exponent in Self.exponents(arithmetic.precision) {
          problem.scale = Self.power(exponent)
          #expect(try solve() == wanted.map { $0 * problem.scale }, "k \(k), 2^\(exponent)")
        }
      }
    }
  }

  /// A small right-hand side is no solved system.
  @Test(
    arguments: ImplicitMethod.allCases,
    [1e-300, 1e-100, 1e-20, 1e-12, 1e-9, 1e-6, 1, 1e6, 1e100])
  func theReferenceProblemAtEveryScale(method: ImplicitMethod, scale: Double) throws {
    var problem = Quadratic.reference
    problem.scale = scale
    let (result, report) = try problem.solve(method, k: 4000)
    let wanted = [-0.612857142857143, -2.877142857142857].map { scale * $0 }
    #expect(relativeDistance(result, wanted) < 1e-9)
    #expect(report.solve.steps > 0)
    if scale <= 1 { #expect(report.solve.reason == .converged) }
    #expect(relative(report.solve.initialResidual, scale * 1.8125.squareRoot()) < 1e-12)
  }

  /// Both tolerances must be met, so that no solve ends before the absolute one alone would end it.
  @Test(arguments: ImplicitMethod.allCases, [1e-8, 1e-4, 1, 1e4, 1e8])
  func noSolveEndsEarlierThanByTheAbsoluteTolerance(
    method: ImplicitMethod, scale: Double
  ) throws {
    let hessian = Matrix.symmetric(eigenvalues: (1...12).map { Double($0 * $0) / 40 })
    var problem = Quadratic.system(hessian, numbers(12, seed: 6))
    problem.scale = scale
    for tolerance in [1e-9, 1e-3] {
      func steps(_ relativeTolerance: Double) throws -> Int {
        try problem.solve(
          method, k: 3000, rate: 0.4, tolerance: tolerance, relativeTolerance: relativeTolerance
        ).report.solve.steps
      }
      let absolute = try steps(1e12)
      for relativeTolerance in [1e-3, 1e-7, 1e-10] {
        #expect(try steps(relativeTolerance) >= absolute)
      }
      // Where the right-hand side is that small, the absolute one says nothing.
      if scale * norm(numbers(12, seed: 6)) < tolerance {
        #expect(try steps(1e-3) > absolute)
      }
    }
  }

  @Test(arguments: ImplicitMethod.allCases) func onlyZeroTakesNoStep(
    method: ImplicitMethod
  ) throws {
    for scale in [1e-307, 1e-30, 1] {
      var problem = Quadratic.reference
      problem.scale = scale
      for isZero in [false, true] {
        if isZero { problem.target = problem.point }
        let solve = try problem.solve(method, k: 3, tolerance: 10, relativeTolerance: 10)
          .report.solve
        #expect((solve.steps == 0) == isZero && solve.reason == .converged)
      }
    }
  }
}
