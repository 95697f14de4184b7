import BilevelOptimization
import Models
import Tensors
import TestSupport
import Testing

/// Lower parameters in which the lower objective cannot curve are named.
struct CurvatureTests {
  private struct Body {
    let weight: Tensor
    let offset: Tensor
  }

  private typealias State = ObjectiveState<Tensor, Body>

  /// The upper objective depends on both parameters.
  private func compute(
    _ method: ImplicitMethod = .linearSystem, k: Int = 5, damping: Double = 0,
    _ lowerObjective: @escaping (State) -> Tensor
  ) throws -> (hypergradient: [Double], report: HypergradientReport) {
    let implicit = try Implicit(
      upperObjective: { squaredNorm($0.lowerModel.weight) + $0.lowerModel.offset.sum() },
      upperModel: Model { $0("u", [2]) }, lowerObjective: lowerObjective,
      lowerModel: Model { Body(weight: $0("weight", [2]), offset: $0("offset", [3])) },
      lowerLearningRate: 0.1, k: k, method: method, damping: damping, precision: .double)
    let report = try implicit.computeGradients(
      validate: Examples(data: .empty, target: .empty),
      auxiliaryModel: AuxiliaryModel(values: [1, 2, 3, 4, 5]),
      train: Examples(data: .empty, target: .empty))
    return (implicit.upperModel.gradients, report)
  }

  private func contained(_ state: State) -> Tensor {
    squaredDistance(state.lowerModel.weight, state.upperModel)
  }

  private func expectNamed(
    _ names: String, _ lowerObjective: @escaping (State) -> Tensor,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: HypergradientError.self, sourceLocation: sourceLocation) {
      try compute(.linearSystem, lowerObjective)
    }
    #expect(error?.code == .noCurvature, sourceLocation: sourceLocation)
    #expect(error?.message.contains(names) == true, "\(error?.message ?? "")")
  }

  @Test func aParameterThatTheLowerObjectiveDoesNotContainIsNamed() {
    expectNamed("in lower parameter 'offset':") { contained($0) }
  }

  @Test func aParameterThatTheLowerObjectiveIsLinearInIsNamed() {
    expectNamed("in lower parameter 'offset':") { contained($0) + $0.lowerModel.offset.sum() }
  }

  @Test func aLinearLowerObjectiveNamesAll() {
    expectNamed("in lower parameters 'weight', 'offset':") {
      ($0.lowerModel.weight * $0.upperModel).sum() + $0.lowerModel.offset.sum()
    }
  }

  /// Damping curves every parameter, NS asks for no solution, and k = 0 for none.
  @Test func whereItDoesNotMatterThereIsNoError() throws {
    #expect(try compute(damping: 0.5) { contained($0) }.report.solve.reason != .breakdown)
    #expect(try compute(.neumannSeries) { contained($0) }.report.solve.steps == 5)
    #expect(try compute(k: 0) { contained($0) }.hypergradient == [0, 0])
    let penalised = try compute { contained($0) + squaredNorm($0.lowerParameters) }
    #expect(penalised.report.solve.reason == .converged)
    // v = (2, 4) / 4, and C = -2 I.
    #expect(relativeDistance(penalised.hypergradient, [1, 2]) < 1e-14)
  }

  /// Curvature that is lost in the numbers, not in the formula.
  @Test func aParameterWhoseCurvatureIsZeroHereIsNamed() throws {
    let report = try compute { state in
      let offset = state.lowerModel.offset
      return contained(state) + (relu(-offset) * offset.squared).sum()
    }.report
    #expect(report.solve.reason == .inconsistent)
    #expect(report.flatParameters == ["offset"])
  }
}
