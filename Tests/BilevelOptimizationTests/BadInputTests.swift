import BilevelOptimization
import Models
import Tensors
import Testing

/// Objectives and data that do not fit: errors that say what, where, and what to do; nothing traps and the
/// gradients stay as they were.
struct BadInputTests {
  typealias State = ObjectiveState<Tensor, Dense>

  private let upper = try! Model { $0("u", [8]) }
  private let network = try! Model { Dense($0.part("dense"), 3, 2) }
  private let good = Examples(
    data: try! DataArray([4, 3], numbers(12, seed: 1)), target: DataArray(indices: [0, 1, 1, 0]))

  private func fit(_ state: State) -> Tensor {
    crossEntropy(state.lowerModel(state.data), state.target)
  }

  private func proximal(_ state: State) -> Tensor {
    fit(state) + squaredDistance(state.lowerParameters, state.upperModel)
  }

  private func implicit(
    upperObjective: Objective<Tensor, Dense>? = nil,
    lowerObjective: Objective<Tensor, Dense>? = nil
  ) throws -> Implicit<Tensor, Dense> {
    try Implicit(
      upperObjective: upperObjective ?? fit, upperModel: upper,
      lowerObjective: lowerObjective ?? proximal, lowerModel: network, lowerLearningRate: 0.1)
  }

  /// The message of the error that a hypergradient ends with.
  private func failure<Failure: Error & CustomStringConvertible>(
    _ type: Failure.Type, _ implicit: Implicit<Tensor, Dense>, validate: Examples? = nil,
    train: Examples? = nil, auxiliary: [Double] = numbers(8, seed: 2),
    _ sourceLocation: SourceLocation = #_sourceLocation
  ) -> String {
    let before = numbers(8, seed: 9)
    upper.gradients = before
    let error = #expect(throws: type, sourceLocation: sourceLocation) {
      try implicit.computeGradients(
        validate: validate ?? good, auxiliaryModel: AuxiliaryModel(values: auxiliary),
        train: train ?? good)
    }
    #expect(upper.gradients == before, sourceLocation: sourceLocation)
    return error?.description ?? ""
  }

  private func expect(
    _ message: String, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for part in parts {
      #expect(message.contains(part), sourceLocation: sourceLocation)
    }
  }

  // MARK: Objectives

  @Test func objectivesThatAreNotOneNumber() throws {
    let list: Objective<Tensor, Dense> = { crossEntropies($0.lowerModel($0.data), $0.target) }
    expect(
      failure(TensorError.self, try implicit(lowerObjective: list)), "lower objective", "[4]",
      "take its mean or sum")
    expect(
      failure(TensorError.self, try implicit(upperObjective: list)), "upper objective",
      "take its mean or sum")
  }

  @Test func objectivesWithoutTheLowerModel() throws {
    let stray: Objective<Tensor, Dense> = { squaredNorm($0.upperModel) }
    for (name, implicit) in [
      ("lower objective", try implicit(lowerObjective: stray)),
      ("upper objective", try implicit(upperObjective: stray)),
    ] {
      expect(
        failure(TensorError.self, implicit), name, "does not depend on the lower model",
        "use state.lowerModel")
    }
  }

  @Test func objectivesWithoutTheUpperModel() throws {
    expect(
      failure(HypergradientError.self, try implicit(lowerObjective: fit)),
      "neither objective depends on the upper model", "use state.upperModel")
  }

  @Test func objectivesOfAnotherTrace() throws {
    final class Keeper { var tensor: Tensor? }
    let keeper = Keeper()
    let objective: Objective<Tensor, Dense> = { state in
      defer { keeper.tensor = state.lowerParameters }
      return fit(state) + squaredNorm(keeper.tensor ?? state.lowerParameters)
    }
    let implicit = try implicit(upperObjective: objective, lowerObjective: objective)
    expect(failure(TensorError.self, implicit), "different traces", "use only what")
  }

  @Test func unknownNames() throws {
    let objective: Objective<Tensor, Dense> = { fit($0) * $0["weight"].mean() }
    let implicit = try implicit(lowerObjective: objective)
    expect(
      failure(TensorError.self, implicit), "lower objective", "\"weight\"", "data, target")
    let named = Examples(
      data: good.data, target: good.target, extras: [.init("weights", DataArray([1, 2]))])
    expect(failure(TensorError.self, implicit, train: named), "data, target, weights")
  }

  /// Zero examples gave a loss of 0 and a hypergradient of 0.
  @Test func noExamples() throws {
    let none = Examples(data: try DataArray([0, 3], [] as [Double]), target: .empty)
    expect(failure(TensorError.self, try implicit(), validate: none), "no elements", "at least one")
    expect(failure(TensorError.self, try implicit(), train: none), "no elements", "at least one")
    // A sum over nothing is 0, and still trains nothing.
    let sum: Objective<Tensor, Dense> = {
      ($0.lowerModel($0.data)).sum() + squaredNorm($0.lowerParameters)
    }
    expect(
      failure(TensorError.self, try implicit(upperObjective: sum), validate: none),
      "upper objective", "\"data\"", "[0, 3]", "no elements")
  }

  @Test func namesUsedTwice() throws {
    let twice = Examples(
      data: good.data, target: good.target,
      extras: [.init("a", DataArray([1])), .init("a", DataArray([2]))])
    expect(
      failure(TensorError.self, try implicit(), train: twice), "\"a\"", "names must differ")
  }

  @Test func errorsOfObjectivesPass() throws {
    struct Mine: Error {}
    let implicit = try implicit(upperObjective: { _ in throw Mine() })
    #expect(throws: Mine.self) {
      try implicit.computeGradients(
        validate: good, auxiliaryModel: AuxiliaryModel(values: network.values), train: good)
    }
  }

  // MARK: Data

  @Test(arguments: [2.0, -1, 0.5, .nan, .infinity]) func labelsOutOfRange(label: Double) throws {
    let labelled = Examples(data: good.data, target: DataArray([0, 1, label, 0]))
    expect(
      failure(TensorError.self, try implicit(), train: labelled), "train target[2]", "\(label)",
      "must be whole and from 0 to 1")
    expect(
      failure(TensorError.self, try implicit(), validate: labelled), "validate target[2]")
    #expect(throws: TensorError.self) {
      try GradientDescent(learningRate: 1, steps: 1).adapt(try implicit(), train: labelled)
    }
  }

  @Test func shapesThatDoNotFit() throws {
    let wide = Examples(data: try DataArray([4, 5], numbers(20)), target: good.target)
    expect(
      failure(TensorError.self, try implicit(), train: wide), "matmul", "[4, 5]", "[3, 2]")
    let short = Examples(data: good.data, target: DataArray(indices: [0, 1]))
    expect(
      failure(TensorError.self, try implicit(), validate: short), "crossEntropies", "[4, 2]",
      "[2]", "BadInputTests.swift")
    let flat = Examples(data: DataArray(numbers(12)), target: good.target)
    expect(failure(TensorError.self, try implicit(), train: flat), "matmul", "[12]")
  }

  /// Another number of examples makes another plan; the first serves on.
  @Test func shapesMayChange() throws {
    let implicit = try implicit()
    let more = Examples(
      data: try DataArray([6, 3], numbers(18)), target: DataArray(indices: [0, 1, 0, 1, 0, 1]))
    func compute(_ implicit: Implicit<Tensor, Dense>, _ train: Examples) throws -> [Double] {
      upper.clearGradients()
      try implicit.computeGradients(
        validate: good, auxiliaryModel: AuxiliaryModel(values: network.values), train: train)
      return upper.gradients
    }
    let fresh = [try compute(try self.implicit(), good), try compute(try self.implicit(), more)]
    for (train, wanted) in zip([good, more, good, more], fresh + fresh) {
      #expect(try compute(implicit, train) == wanted)
    }
  }

  // MARK: Lengths

  @Test(arguments: [0, 7, 9]) func modelsOfAnotherLength(count: Int) throws {
    let implicit = try implicit()
    let values = numbers(count)
    expect(
      failure(HypergradientError.self, implicit, auxiliary: values), "\(count) parameters",
      "lower model has 8", "adapt")
    let descent = try GradientDescent(learningRate: 0.1, steps: 1)
    let error = #expect(throws: HypergradientError.self) {
      try descent.adapt(implicit, train: good, from: values)
    }
    #expect(error?.code == .shape)
    expect(error?.message ?? "", "\(count) parameters", "the lower model has 8")
    #expect(throws: HypergradientError.self) {
      try implicit.adaptAndSolve(train: good, validate: good, from: values, descent)
    }
  }

  /// Values are public: whoever sets too few gets an error.
  @Test func valuesOfAnotherLength() throws {
    let implicit = try implicit()
    upper.values = [1, 2]
    expect(failure(HypergradientError.self, implicit), "2 values", "8 parameters")
    upper.values = numbers(8)
    network.values = [1]
    #expect(throws: HypergradientError.self) {
      try GradientDescent(learningRate: 0.1, steps: 1).adapt(implicit, train: good)
    }
    upper.gradients = []
    #expect(throws: HypergradientError.self) {
      try implicit.computeGradients(
        validate: good, auxiliaryModel: AuxiliaryModel(values: numbers(8)), train: good)
    }
  }

  // MARK: Numbers

  @Test(arguments: [Double.nan, .infinity, 1e300]) func dataThatAreNotFinite(
    value: Double
  ) throws {
    var values = good.data.values
    values[5] = value
    let bad = Examples(data: try DataArray([4, 3], values), target: good.target)
    expect(
      failure(HypergradientError.self, try implicit(), train: bad), "in the lower gradient",
      "train data[5] is", "check the training data")
    expect(
      failure(HypergradientError.self, try implicit(), validate: bad), "in the upper",
      "validate data[5] is", "check the validation data")
  }

  @Test func parametersThatAreNotFinite() throws {
    let implicit = try implicit()
    var values = numbers(8)
    values[3] = .nan
    expect(
      failure(HypergradientError.self, implicit, auxiliary: values), "nan in the lower gradient",
      "lower parameter dense.weight[3] is nan", "lower the learning rate")
    upper.values = values
    expect(
      failure(HypergradientError.self, implicit), "nan in the lower gradient",
      "upper parameter u[3] is nan", "lower the upper learning rate")
  }

  @Test func aDirectTermThatIsNotFinite() throws {
    let implicit = try implicit(upperObjective: { fit($0) + sqrt($0.upperModel).sum() })
    upper.values = [0, 1, 1, 1, 1, 1, 1, 1]
    expect(
      failure(HypergradientError.self, implicit), "inf in the hypergradient",
      "solve ended by stepLimit", "the derivative of sqrt at BilevelOptimizationTests/BadInput",
      "makes inf of", "keep what it is given away")
  }
}
