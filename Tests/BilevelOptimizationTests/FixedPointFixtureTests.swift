import BilevelOptimization
import Models
import Tensors
import TestSupport
import Testing

/// Fixed points in place of lower objectives, whose systems are not symmetric.
@Suite(.enabled(if: MethodsFixture.isAvailable, "methods.json is not beside the package"))
struct FixedPointFixtureTests {
  private let content: MethodsFixture.Value
  private let levels: Levels<Tensor, Tensor>
  private let validate: Examples
  private let w: [Double]

  init() throws {
    let content = try MethodsFixture().methods["fixed-point"]
    let (A, B, c) = (content.A.matrix, content.B.matrix, content.c.numbers)
    let isTanh = content.about.text.contains("phi = tanh(Aw + Bu + c)")
    let upper = try Model { $0("u", [B.columns]) }
    upper.values = content.u.numbers
    levels = try Levels(
      upperObjective: {
        0.5 * squaredDistance($0.lowerModel, $0.data) + 0.05 * squaredNorm($0.upperModel)
      },
      upperModel: upper,
      lowerObjective: { state in
        let w = state.lowerModel
        let (own, given) = (times(A, w), times(B, state.upperModel) + vector(c, in: w))
        return isTanh ? tanh(own + given) : 0.5 * w + 0.5 * sigmoid(3 * own + given)
      }, lowerModel: try Model { $0("w", [c.count]) }, precision: .double, kernels: nil,
      lowerLevel: .fixedPoint)
    validate = Examples(data: DataArray(content.t.numbers), target: .empty)
    w = content.w.numbers
    self.content = content
  }

  private func run(
    _ method: String, solver: String? = nil, k: Int = 0, steps: Int = 0, from start: [Double]
  ) throws -> (hypergradient: [Double], v: [Double], end: [Double], outcome: MethodOutcome) {
    var options = MethodOptions(rate: 1)
    (options.k, options.tolerance, options.relativeTolerance) = (k, 0, 0)
    options.solver = try solver.map { try #require(SolverName(rawValue: $0)) }
    options.isWarm = solver != nil
    let name = try #require(MethodName(rawValue: method))
    let map = try GradientDescent(learningRate: 1, steps: steps)
    let state = try LowerState(
      count: w.count, .double, optimizer: map, method: name.vectors(options), keepsPoint: false)
    let task = try LowerTask(
      levels, TaskData(train: Examples(data: .empty, target: .empty), validate: validate), map,
      from: start, keeping: state)
    let made = try name.make(levels, options, map)
    var hypergradient = [Double](repeating: 0, count: levels.upperModel.count)
    let outcome = try made.hypergradient(task, into: &hypergradient)
    task.commit()
    made.keep(in: state)
    return (hypergradient, state.vector("solution"), task.point, outcome)
  }

  @Test(arguments: ["neumann", "gmres", "bicgstab", "cg-normal"]) func solvers(
    _ solver: String
  ) throws {
    let entries = content[solver]
    #expect(entries.keys.count >= 3)
    for k in entries.keys {
      let found = try run("implicit", solver: solver, k: try #require(Int(k)), from: w)
      #expect(relativeDistance(found.v, entries[k].v.numbers) < 1e-9, "v of \(solver) \(k)")
      #expect(
        relativeDistance(found.hypergradient, entries[k].hypergradient.numbers) < 1e-9,
        "\(solver) \(k)")
    }
  }

  @Test func exact() throws {
    let found = try run("implicit", solver: "direct", from: w)
    #expect(relativeDistance(found.v, content.exact.v.numbers) < 1e-9)
    #expect(relativeDistance(found.hypergradient, content.exact.hypergradient.numbers) < 1e-9)
    #expect(relative(found.outcome.upperLoss, content.upper_loss.number) < 1e-9)
    #expect(found.outcome.lowerGradientNorm < 1e-12, "w is the fixed point")
  }

  /// Steps of descent at rate 1 are applications of the map; they come to the fixed point.
  @Test func applications() throws {
    for (name, start) in [
      ("unrolled", w.map { _ in 0.0 }), ("unrolled-at-fixed-point", w),
    ] {
      for steps in content[name].keys {
        let found = try run("unrolled", steps: try #require(Int(steps)), from: start)
        let wanted = content[name][steps]
        #expect(relativeDistance(found.end, wanted.w.numbers) < 1e-9, "w of \(name) \(steps)")
        #expect(
          relativeDistance(found.hypergradient, wanted.hypergradient.numbers) < 1e-9,
          "\(name) \(steps)")
      }
    }
    let end = try run("first-order", steps: 2_000, from: w.map { _ in 0 }).end
    #expect(relativeDistance(end, w) < 1e-9)
  }

  /// What needs an objective, or a symmetric matrix, is refused.
  @Test(
    arguments: [
      ("LS", nil, "solver cg needs a symmetric matrix"), ("implicit", nil, "solver cg"),
      ("implicit", "minres", "solver minres needs"),
      ("implicit", "nystrom", "solver nystrom needs"),
      ("difference", nil, "method difference needs a lower objective"),
      ("darts", nil, "needs a lower objective"),
    ] as [(String, String?, String)])
  func whatNeedsAnObjective(_ method: String, _ solver: String?, _ message: String) throws {
    let error = #expect(throws: HypergradientError.self) {
      try run(method, solver: solver, from: w)
    }
    #expect("\(error!)".contains(message), "\(error!)")
  }

  @Test func backtrackingNeedsAnObjective() throws {
    let optimizer = try Backtracking(learningRate: 1, steps: 3)
    let method = MethodName.firstOrder
    let error = #expect(throws: HypergradientError.self) {
      _ = try method.make(levels, MethodOptions(rate: 1), optimizer)
    }
    #expect("\(error!)".contains("need an objective"))
  }
}
