import BilevelOptimization
import Models
import Tensors

/// The file's tasks whose lower models start at the upper one.
struct MetaLearning {
  private let content: MethodsFixture.Value

  init(_ content: MethodsFixture.Value) { self.content = content }

  private func examples(_ which: String, _ task: Int) throws -> Examples {
    func array(_ name: String) throws -> DataArray {
      let named = content.data[name]
      let shape = named.shape.wholes
      let size = shape[1] * shape[2]
      return try DataArray(
        Shape(Array(shape[1...])), Array(named.values.numbers[task * size..<(task + 1) * size]))
    }
    return Examples(data: try array("\(which)_data"), target: try array("\(which)_target"))
  }

  /// The mean over tasks.
  func hypergradient(_ method: MethodName, steps: Int) throws -> (mean: [Double], loss: Double) {
    let shapes = content.parameters.list.map { $0.shape.wholes }
    func network() throws -> Model<Sequential> {
      try Model { p in
        Sequential(
          Dense(p.part("dense1"), shapes[0][0], shapes[0][1]), Activation.tanh,
          Dense(p.part("dense2"), shapes[2][0], shapes[2][1]))
      }
    }
    let upper = try network()
    upper.values = content.u.numbers
    func loss(_ state: ObjectiveState<Sequential, Sequential>) -> Tensor {
      squaredError(state.lowerModel(state.data), state.target)
    }
    let levels = try Levels(
      upperObjective: loss, upperModel: upper, lowerObjective: loss, lowerModel: try network(),
      precision: .double, kernels: nil)
    var options = MethodOptions(rate: content.rate.number)
    options.startsAtUpper = true
    let descent = try GradientDescent(learningRate: options.rate, steps: steps)
    let made = try method.make(levels, options, descent)
    let tasks = content.data.train_data.shape[0].whole
    var (mean, loss) = (upper.values.map { _ in 0.0 }, 0.0)
    for task in 0..<tasks {
      var hypergradient = mean
      let outcome = try made.hypergradient(
        LowerTask(
          levels, TaskData(train: examples("train", task), validate: examples("validate", task)),
          descent, from: upper.values), into: &hypergradient)
      for index in mean.indices { mean[index] += hypergradient[index] / Double(tasks) }
      loss += outcome.upperLoss / Double(tasks)
    }
    return (mean, loss)
  }
}
