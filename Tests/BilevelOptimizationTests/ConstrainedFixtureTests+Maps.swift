import BilevelOptimization
import Foundation
import Models
import Tensors
import TestSupport
import Testing

/// The same problems as fixed points of projected and proximal steps, with strengths, bounds and targets as upper parameters:
/// the whole derivatives, row by row.
extension ConstrainedFixtureTests {
  private func expect(
    _ found: Matrix, _ wanted: MethodsFixture.Value, _ remark: String,
    _ sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let rows = wanted.list.map(\.numbers)
    #expect(rows.count == found.rows, sourceLocation: sourceLocation)
    #expect(
      relativeDistance(found.values, rows.flatMap { $0 }) < 1e-9, "\(remark)",
      sourceLocation: sourceLocation)
  }

  /// w = soft(w - s (X'(Xw - y) / n + l2 w), s strengths): u the strengths, l2, and y.
  private func lassoMap(_ entry: MethodsFixture.Value, step: Double) throws -> LinearReadout {
    let X = entry.X.matrix
    let (n, p) = (X.rows, X.columns)
    return try LinearReadout(
      p, upper: entry.lambda1.numbers + [entry.lambda2.number] + entry.y.numbers, .fixedPoint
    ) { state in
      let (w, u) = (state.lowerModel, state.upperModel)
      let (strengths, ridge, y) = (
        u.sliced(0, 0..<p), u.sliced(0, p..<p + 1), u.sliced(0, p + 1..<p + 1 + n)
      )
      let slope = times(X.transposed, times(X, w) - y) / Double(n) + ridge * w
      return soft(w - step * slope, step * strengths)
    }
  }

  @Test(arguments: ["lasso", "lasso-per-feature", "elastic-net"]) func penaltiesAsMaps(
    _ name: String
  ) throws {
    let entry = content[name]
    let map = try lassoMap(entry, step: 0.2)
    let (w, p) = (entry.w.numbers, entry.w.list.count)
    let jacobian = try map.jacobian(at: w)
    expect(Matrix(p, p) { jacobian[$0, $1] }, entry.dw_dlambda1, "strengths of \(name)")
    let byRidge = (0..<p).map { jacobian[$0, p] }
    #expect(relativeDistance(byRidge, entry.dw_dlambda2.numbers) < 1e-9)
    let shared = (0..<p).map { row in (0..<p).reduce(0) { $0 + jacobian[row, $1] } }
    #expect(relativeDistance(shared, entry.dw_dlambda1_shared.numbers) < 1e-9)
    let all = try map.hypergradient(along: entry.g.numbers, at: w).hypergradient
    let byStrength = Array(all[..<p])
    #expect(relativeDistance(byStrength, entry.hypergradient_lambda1.numbers) < 1e-9)
    #expect(
      relative(byStrength.reduce(0, +), entry.hypergradient_lambda1_shared.number) < 1e-9)
    #expect(
      relativeDistance(
        zip(byStrength, entry.lambda1.numbers).map { $0 * $1 },
        entry.hypergradient_log_lambda1.numbers) < 1e-9)
    #expect(relative(all[p], entry.hypergradient_lambda2.number) < 1e-9)
    #expect(relativeDistance(Array(all[(p + 1)...]), entry.hypergradient_y.numbers) < 1e-9)
  }

  /// A declared penalty: proximal steps come to the solution, and the solve is on its support, with no map.
  @Test(arguments: ["lasso", "lasso-per-feature", "elastic-net"]) func declaredPenalties(
    _ name: String
  ) throws {
    let entry = content[name]
    let (X, y, ridge) = (entry.X.matrix, entry.y.numbers, entry.lambda2.number)
    let (n, p) = (X.rows, X.columns)
    let problem = try LinearReadout(
      p, upper: entry.lambda1.numbers.map { log($0) }, .minimum, penalty: { exp($0.upperModel) }
    ) { state in
      let w = state.lowerModel
      return 0.5 / Double(n) * squaredNorm(times(X, w) - vector(y, in: w))
        + 0.5 * ridge * squaredNorm(w)
    }
    let steps = try ProximalGradient(learningRate: 0.2, steps: 3_000)
    let zero = [Double](repeating: 0, count: p)
    // An accelerated adaptation may end before its last step: at a point that lies ahead.
    let others: [any LowerOptimizer] = [
      try AcceleratedProximalGradient(learningRate: 0.2, steps: 200),
      try AcceleratedProximalGradient(learningRate: 0.2, steps: 2_000, gradientTolerance: 1e-11),
    ]
    for steps in [steps] + others {
      let found = try problem.hypergradient(
        along: entry.g.numbers, at: zero, solver: "cg", .support, steps: steps)
      #expect(relativeDistance(found.end, entry.w.numbers) < 1e-9)
      #expect(found.end.indices.filter { found.end[$0] != 0 } == entry.support.wholes)
      #expect(
        relativeDistance(found.hypergradient, entry.hypergradient_log_lambda1.numbers) < 1e-9)
      // What is reported is the smallest subgradient, not the gradient beside a kink.
      #expect(found.outcome.lowerGradientNorm < 1e-9)
    }
    let jacobian = try problem.jacobian(
      at: entry.w.numbers, solver: "cg", .support, steps: steps)
    let byStrength = Matrix(p, p) { jacobian[$0, $1] / entry.lambda1.numbers[$1] }
    expect(byStrength, entry.dw_dlambda1, name)
  }

  /// Nobody declares a penalty, and the optimiser asks for it.
  @Test func undeclaredPenaltiesAreRefused() throws {
    let problem = try LinearReadout(2, upper: [1], .minimum) {
      $0.upperModel.sum() * squaredNorm($0.lowerModel)
    }
    let steps = try ProximalGradient(learningRate: 0.2, steps: 3)
    let error = #expect(throws: HypergradientError.self) {
      try problem.hypergradient(along: [1, 1], at: [1, 1], steps: steps)
    }
    #expect("\(error!)".contains("the problem declares none"))
  }

  /// w = soft(z, lambda) in closed form.
  @Test func orthogonalDesigns() throws {
    let entry = content["lasso-orthogonal"]
    let (X, w) = (entry.X.matrix, entry.w.numbers)
    let y = entry.y.numbers
    let problem = try LinearReadout(
      w.count, upper: [entry.lambda.number], .minimum, penalty: { $0.upperModel }
    ) {
      0.5 / Double(y.count) * squaredNorm(times(X, $0.lowerModel) - vector(y, in: $0.lowerModel))
    }
    let steps = try ProximalGradient(learningRate: 1, steps: 50)
    let jacobian = try problem.jacobian(
      at: w.map { _ in 0 }, solver: "cg", .support, steps: steps)
    #expect(relativeDistance(jacobian.values, entry.dw_dlambda.numbers) < 1e-9)
    let end = try problem.hypergradient(
      along: w, at: w.map { _ in 0 }, solver: "cg", .support, steps: steps
    ).end
    #expect(relativeDistance(end, w) < 1e-9)
  }

  /// Proximal and projected steps, gone back through.
  @Test func stepsGoneBackThrough() throws {
    let entry = content["proximal-gradient"]
    let X = content.lasso.X.matrix
    let (p, rate) = (X.columns, entry.step.number)
    let y = content.lasso.y.numbers
    let map = try LinearReadout(p, upper: [entry.lambda.number], .fixedPoint) { state in
      let w = state.lowerModel
      let slope = times(X.transposed, times(X, w) - vector(y, in: w)) / Double(X.rows)
      return soft(w - rate * slope, rate * state.upperModel)
    }
    let zero = [Double](repeating: 0, count: p)
    for steps in entry.cases.keys {
      let descent = try GradientDescent(learningRate: 1, steps: try #require(Int(steps)))
      let jacobian = try map.jacobian(at: zero, "unrolled", steps: descent)
      #expect(relativeDistance(jacobian.values, entry.cases[steps].dw_dlambda.numbers) < 1e-9)
      let end = try map.hypergradient(along: zero, at: zero, "unrolled", steps: descent).end
      #expect(relativeDistance(end, entry.cases[steps].w.numbers) < 1e-9)
    }
    let five = content.box.five_projected_steps
    let box = try boxMap(step: five.step.number)
    let n = content.box.t.list.count
    let descent = try GradientDescent(learningRate: 1, steps: 5)
    let found = try box.hypergradient(
      along: sum(five.w.numbers, content.box.t.numbers, times: -1),
      at: [Double](repeating: 0, count: n), "unrolled", steps: descent)
    #expect(relativeDistance(found.end, five.w.numbers) < 1e-9)
    let own = Array(found.hypergradient[..<content.box.u.list.count])
    #expect(relativeDistance(own, five.hypergradient.numbers) < 1e-9)
  }

  /// w = clip(w - s (Aw - Bu), low, high): u, low and high are the upper parameters.
  private func boxMap(step: Double) throws -> LinearReadout {
    let box = content.box
    let (A, B) = (box.A.matrix, box.B.matrix)
    let (n, m) = (A.rows, B.columns)
    return try LinearReadout(
      n, upper: box.u.numbers + box.low.numbers + box.high.numbers, .fixedPoint
    ) { state in
      let (w, all) = (state.lowerModel, state.upperModel)
      let (u, low, high) = (
        all.sliced(0, 0..<m), all.sliced(0, m..<m + n), all.sliced(0, m + n..<m + 2 * n)
      )
      return minimum(maximum(w - step * (times(A, w) - times(B, u)), low), high)
    }
  }

  @Test func boundsAsUpperParameters() throws {
    let box = content.box
    let (n, m) = (box.t.list.count, box.u.list.count)
    let jacobian = try boxMap(step: 0.1).jacobian(at: box.w.numbers)
    expect(Matrix(n, m) { jacobian[$0, $1] }, box.dw_du, "box by u")
    // By the bound that a parameter is at; by the others nothing.
    let byBound = Matrix(n, n) { jacobian[$0, m + $1] + jacobian[$0, m + n + $1] }
    expect(byBound, box.dw_dbound, "box by bounds")
    let g = sum(box.w.numbers, box.t.numbers, times: -1)
    let found = byBound.transposed * g
    #expect(relativeDistance(found, box.hypergradient_bound.numbers) < 1e-9)
    let high = box.active.wholes.filter { jacobian[$0, m + n + $0] != 0 }
    #expect(high == box.active_at_high.wholes)
  }

  /// The same with sets in place of maps.
  @Test(arguments: ["box", "simplex", "equality"]) func wholeDerivativesInSets(
    _ name: String
  ) throws {
    let (box, entry) = (content.box, content[name])
    let (A, B) = (box.A.matrix, box.B.matrix)
    let set: ParameterSet =
      switch name {
      case "box": .boxes(low: box.low.numbers, high: box.high.numbers)
      case "simplex": .simplex
      default: .equalities(try Equalities(entry.E.matrix.rowValues, entry.e.numbers))
      }
    let problem = try LinearReadout(A.rows, upper: box.u.numbers, .minimum) {
      0.5 * ($0.lowerModel * times(A, $0.lowerModel)).sum()
        - ($0.lowerModel * times(B, $0.upperModel)).sum()
    }
    let w = entry.w.numbers
    let jacobian = try problem.jacobian(at: w, solver: "cg", .interior(set))
    expect(jacobian, entry.dw_du, name)
    let g = sum(w, box.t.numbers, times: -1)
    let steps = try Regulated(GradientDescent(learningRate: 0.1, steps: 5_000), set: set)
    let found = try problem.hypergradient(
      along: g, at: w.map { _ in 0 }, solver: "cg", .interior(set), steps: steps)
    #expect(relativeDistance(found.end, w) < 1e-9, "projected descent comes to the solution")
    #expect(relativeDistance(found.hypergradient, entry.hypergradient.numbers) < 1e-9)
    #expect(found.outcome.lowerGradientNorm < 1e-9, "what is reported is the projected gradient")
  }

  /// The projection onto the simplex, of f = ||w - z||^2 / 2.
  @Test func derivativesOfTheProjection() throws {
    let entry = content["simplex-projection"]
    let z = entry.z.numbers
    let problem = try LinearReadout(z.count, upper: z, .minimum) {
      0.5 * squaredDistance($0.lowerModel, $0.upperModel)
    }
    let jacobian = try problem.jacobian(
      at: entry.w.numbers, solver: "cg", .interior(.simplex))
    expect(jacobian, entry.dw_dz, "dw/dz")
  }
}

extension Matrix {
  fileprivate var rowValues: [[Double]] {
    (0..<rows).map { row in (0..<columns).map { self[row, $0] } }
  }
}
