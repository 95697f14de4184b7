import BilevelOptimization
import Models
import Tensors
import Testing

/// Numbers that are not finite are traced to the operation and the line of the objective that made them first.
struct NonFiniteCauseTests {
  typealias State = ObjectiveState<Tensor, Tensor>
  private let upper = try! Model { $0("u", [2]) }
  private let lower = try! Model { $0("w", [2]) }
  private let examples = Examples(data: DataArray([1, 2]), target: DataArray([0, 0]))

  /// The error of a hypergradient at w, or after an adaptation from w.
  private func failure(
    _ w: [Double], adapting optimizer: GradientDescent? = nil,
    method: ImplicitMethod = .linearSystem,
    explaining: Bool = true,
    upperObjective: @escaping Objective<Tensor, Tensor> = {
      ($0.lowerModel.squared + $0.upperModel).sum()
    },
    _ lowerObjective: @escaping Objective<Tensor, Tensor>
  ) throws -> String {
    let implicit = try Implicit(
      upperObjective: upperObjective, upperModel: upper, lowerObjective: lowerObjective,
      lowerModel: lower, lowerLearningRate: 0.1, k: 3, method: method, precision: .double)
    implicit.levels.explainsNonFinite = explaining
    let error = #expect(throws: HypergradientError.self) {
      if let optimizer {
        try implicit.adaptAndSolve(train: examples, validate: examples, from: w, optimizer)
      } else {
        try implicit.computeGradients(
          validate: examples, auxiliaryModel: AuxiliaryModel(values: w), train: examples)
      }
    }
    #expect(error?.code == .notFinite)
    return error?.message ?? ""
  }

  private func expect(
    _ message: String, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for part in parts {
      #expect(message.contains(part), "\(message)", sourceLocation: sourceLocation)
    }
  }

  @Test func theLowerGradient() throws {
    let line = #line + 1
    let root = try failure([0, 1]) { (sqrt($0.lowerModel) + $0.upperModel).sum() }
    expect(
      root, "in the lower gradient", "the derivative of sqrt at",
      "NonFiniteCauseTests.swift:\(line)",
      "makes inf of", "keep what it is given away from there")
    let quotient = try failure([1, 1]) { state in
      (state.lowerModel / state.target).squared.sum()
    }
    expect(quotient, "/ before", "makes inf of 1.0 and 0.0")
  }

  @Test func theUpperLossAndItsGradients() throws {
    let fit: Objective<Tensor, Tensor> = { squaredDistance($0.lowerModel, $0.upperModel) }
    let line = #line + 1
    let loss = try failure([1, 0], upperObjective: { log($0.lowerModel).sum() }, fit)
    expect(loss, "in the upper loss: log at", ":\(line) makes -inf of 0.0")
    let gradient = try failure([1, 0], upperObjective: { sqrt($0.lowerModel).sum() }, fit)
    expect(gradient, "in the upper gradient in the lower parameters: the derivative of sqrt at")
    let direct = try failure(
      [1, 0],
      upperObjective: { (sqrt($0.upperModel) + $0.lowerModel).sum() }, fit)
    expect(direct, "in the hypergradient", "the derivative of sqrt at")
  }

  /// Of sqrt(w) at 1e-220 the gradient is 5e109, and the second derivative beyond every number.
  @Test func theHessian() throws {
    for method in ImplicitMethod.allCases {
      let message = try failure(
        [1e-220, 1], method: method,
        upperObjective: { ($0.lowerModel + $0.upperModel).sum() }
      ) { sqrt($0.lowerModel).sum() }
      expect(
        message, "in the Hessian's product with a direction of the solve",
        "the second derivative of sqrt at", "makes -inf")
    }
  }

  /// The first gradient that is not finite, on the way of an adaptation, and not the parameters that it left behind.
  @Test func adaptations() throws {
    let descent = try GradientDescent(learningRate: 0.5, steps: 20)
    // 1 - 0.5 and 0 are met after one step along a slope of 1 and 2.
    let line = #line + 2
    let message = try failure([1, 2], adapting: descent) { state in
      let distance = sqrt((state.lowerModel - 0.5).squared)
      return distance.sum()
    }
    expect(
      message, "at lower step 1, with parameters up to", "the derivative of sqrt at", ":\(line)")
    let diverged = try failure(
      [1, 2], adapting: try GradientDescent(learningRate: 1e150, steps: 20)
    ) { (($0.lowerModel - $0.upperModel).squared).squared.sum() }
    expect(diverged, "at lower step", "squared", "inf of", "lower the learning rate")
  }

  @Test func withoutAnExplanation() throws {
    let message = try failure([0, 1], explaining: false) {
      (sqrt($0.lowerModel) + $0.upperModel).sum()
    }
    #expect(
      message == "inf in the lower gradient at the adapted parameters; lower the learning rate of "
        + "the adaptation, or check the training data")
  }
}
