import BilevelOptimization
import Models
import Tensors
import Testing

/// Objectives that are another formula when they run again.
struct RepeatedTraceTests {
  private final class Box { var runs = 0, value = 3.0 }
  private let upper = try! Model { $0("u", [2]) }
  private let lower = try! Model { $0("w", [2]) }

  private func implicit(
    upperObjective: @escaping Objective<Tensor, Tensor> = { $0.lowerModel.squared.sum() },
    _ lowerObjective: @escaping Objective<Tensor, Tensor>
  ) throws -> Implicit<Tensor, Tensor> {
    try Implicit(
      upperObjective: upperObjective, upperModel: upper, lowerObjective: lowerObjective,
      lowerModel: lower, lowerLearningRate: 0.1, k: 1, precision: .double)
  }

  private func compute(_ implicit: Implicit<Tensor, Tensor>, examples count: Int = 2) throws {
    let examples = Examples(
      data: DataArray([Double](repeating: 0.5, count: count)), target: .empty)
    try implicit.computeGradients(
      validate: examples, auxiliaryModel: AuxiliaryModel(values: [1, 2]), train: examples)
  }

  private func fit(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
    squaredDistance(state.lowerModel, state.upperModel) + state.data.sum()
  }

  @Test func randomNumbers() throws {
    let line = #line + 2
    let random = try implicit {
      fit($0) + exp($0.lowerModel * Double.random(in: 1...2)).sum()
    }
    let error = #expect(throws: TensorError.self) { try compute(random) }
    #expect(error?.code == .objective)
    let message = error?.message ?? ""
    for part in [
      "the lower objective is another formula when it runs again",
      "RepeatedTraceTests.swift:\(line)",
      "the first time", "the second", "draw random numbers where the task's examples are made",
    ] { #expect(message.contains(part), "\(message)") }
    let above = try implicit(upperObjective: { fit($0) * Double.random(in: 1...2) }, fit)
    let other = #expect(throws: TensorError.self) { try compute(above) }
    #expect(other?.message.contains("the upper objective is another") == true)
  }

  /// A variable that changes after the first use: noticed at the second, fourth, eighth ... one.
  @Test func variablesThatChange() throws {
    for uses in [1, 2, 3, 7] {
      let box = Box()
      let implicit = try implicit { fit($0) + box.value * $0.lowerModel.squared.sum() }
      for _ in 0..<uses { try compute(implicit) }
      box.value = 2
      var noticed = uses
      let error = #expect(throws: TensorError.self) {
        while noticed < 100 {
          noticed += 1
          try compute(implicit)
        }
      }
      #expect(noticed == [1: 2, 2: 4, 3: 4, 7: 8][uses])
      #expect(error?.message.contains("has 3.0 the first time, and 2.0 the second") == true)
    }
  }

  /// Twice a form, and seldom after that.
  @Test func howOftenObjectivesRun() throws {
    let box = Box()
    let implicit = try implicit { state in
      box.runs += 1
      return fit(state)
    }
    for _ in 0..<100 { try compute(implicit) }
    #expect(box.runs == 2 + 6)
    try compute(implicit, examples: 3)
    #expect(box.runs == 2 + 6 + 2)
  }

  /// Each form of data is another trace, compared with itself.
  @Test func formsMayDiffer() throws {
    let implicit = try implicit { state in
      fit(state) + Double(state.data.shape.count) * state.lowerModel.squared.sum()
    }
    for count in [2, 3, 5, 2, 3, 5] { try compute(implicit, examples: count) }
  }
}
