import BilevelOptimization
import Foundation
import Tensors
import TestSupport
import Testing

/// Laws of solves over random symmetric matrices: what a report claims is so, and nothing is ever beyond all bounds.
struct SolveLawTests {
  enum Kind: CaseIterable { case definite, wide, indefinite, consistent, inconsistent }

  /// A random system, rounded to a precision.
  struct Case {
    let kind: Kind
    let hessian: Matrix
    let g: [Double]
    let method: ImplicitMethod
    let k: Int
    let rate: Double
    let tolerance: Double
    let policy: NegativeCurvaturePolicy

    init(_ kind: Kind, _ precision: Precision, seed: Int) {
      var draws = Draws(seed: UInt64(seed))
      let count = 2 + draws.next(10)
      let width = kind == .wide ? draws.next(precision == .double ? 13 : 7) : 1
      var spectrum = (0..<count).map { index in
        pow(10, -Double(width * index) / Double(count - 1)) * (1 + Double(draws.next(100)) / 100)
      }
      if kind == .indefinite { spectrum[draws.next(count)] *= -1 }
      if kind == .consistent || kind == .inconsistent {
        for index in 0..<1 + draws.next(count - 1) { spectrum[index] = 0 }
      }
      let basis = Matrix.reflection(count, seed: UInt64(3 * seed + 1))
      let scale = pow(10, Double(draws.next(7)) - 3)
      func round(_ x: Double) -> Double { precision == .double ? x : Double(Float(x)) }
      let product = basis * .diagonal(spectrum) * basis
      hessian = Matrix(count, count) { round(scale * 0.5 * (product[$0, $1] + product[$1, $0])) }
      let drawn = numbers(count, seed: UInt64(3 * seed + 2))
      let size = precision == .double ? pow(2, Double(draws.next(201)) - 100) : 1
      g = (kind == .consistent ? hessian * drawn : drawn).map { round(size * $0) }
      method = draws.next(4) == 0 ? .neumannSeries : .linearSystem
      k = [1, count, 3 * count, 60][draws.next(4)]
      rate = 0.5 / scale
      tolerance = [0, 1e-10, 1e100][draws.next(3)]
      policy = [.report, .truncate, .damp][draws.next(3)]
      self.kind = kind
    }
  }

  static func check(_ one: Case, _ precision: Precision, seed: Int) throws {
    let relativeTolerance = precision == .double ? 1e-10 : 1e-4
    let (v, whole) = try Quadratic.system(one.hessian, one.g).solve(
      one.method, k: one.k, rate: one.rate, tolerance: one.tolerance,
      relativeTolerance: relativeTolerance, policy: one.policy, precision: precision)
    let solve = whole.solve
    let remark = Comment(rawValue: "\(precision) \(seed): \(one) gave \(solve)")
    #expect(v.allSatisfy { $0.isFinite }, remark)
    let (size, right) = (norm(v), norm(one.g))
    let epsilon = precision.epsilon
    if one.method == .linearSystem {
      #expect(size * solve.hessianNorm * epsilon <= 4 * right, remark)
    }
    if one.policy == .damp { return }
    let truth = norm(sum(one.g, one.hessian * v, times: -1))
    let rounding = 30 * epsilon * (norm(one.hessian.values) * size + right)
    if solve.isResidualTrue {
      #expect(abs(truth - solve.residual) <= rounding, remark)
    }
    switch solve.reason {
    case .converged:
      #expect(solve.isResidualTrue, remark)
      #expect(
        solve.residual == 0
          || solve.residual < min(one.tolerance, relativeTolerance * right), remark)
      #expect(one.kind != .inconsistent, remark)
    case .inconsistent, .breakdown:
      #expect(truth <= right + rounding, remark)
      #expect(one.kind != .definite, remark)
      // Rounded to single precision what was consistent need not be.
      #expect(one.kind != .consistent || precision == .single, remark)
    case .negativeCurvature:
      // Rounded, what was semidefinite need not be.
      let curvature = try #require(solve.smallestCurvature)
      #expect(
        one.kind == .indefinite || -curvature <= 4 * epsilon * norm(one.hessian.values), remark)
    case .stepLimit, .precisionLimit: break
    }
  }

  @Test(arguments: Kind.allCases, Precision.allCases) func whatIsClaimedIsTrue(
    kind: Kind, precision: Precision
  ) throws {
    for seed in 0..<120 {
      try Self.check(Case(kind, precision, seed: seed), precision, seed: seed)
    }
  }

  /// Enough steps: regular and consistent systems are solved, inconsistent ones called that, and none is stopped that has
  /// no curvature but what rounding leaves.
  @Test(arguments: 0..<60) func systemsAreToldApart(seed: Int) throws {
    for (kind, wanted) in [
      (Kind.definite, SolveReport.Reason.converged), (.consistent, .converged),
      (.inconsistent, .inconsistent),
    ] {
      let one = Case(kind, .double, seed: seed)
      let problem = Quadratic.system(one.hessian, one.g)
      let (v, report) = try problem.solve(k: 60, tolerance: 1e100)
      #expect(report.solve.reason == wanted, "\(one) gave \(report.solve)")
      guard kind != .inconsistent else { continue }
      #expect(report.flatParameters.isEmpty)
      for tolerance in [0, 1e100] {
        #expect(throws: Never.self) {
          try problem.solve(k: 60, tolerance: tolerance, policy: .stop)
        }
      }
      if kind == .definite { #expect(relativeDistance(v, one.hessian.solve(one.g)) < 1e-8) }
    }
  }
}
