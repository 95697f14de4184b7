import BilevelOptimization
import Models
import Randomness
import Tensors

/// One lower model that goes on through all upper steps, over batches.
extension Workload {
  /// 60,000 weighted training and 10,000 validation examples of 784 features, a 784-300-10 network. A task is an upper step: 20
  /// lower steps of momentum on batches of 256, from where the last upper step ended; NS with k = 5 on 1,024 rows of either
  /// level; a step of Adam on the 60,000 weights. A run begins anew, with 5 of them.
  static var minibatch: Workload {
    let (features, hidden, classes) = (784, 300, 10)
    let sizes = BatchedTraining.sizes
    func products(_ rows: Int) -> (first: Double, second: Double) {
      (2.0 * Double(rows * features * hidden), 2.0 * Double(rows * hidden * classes))
    }
    let (lower, solve) = (products(sizes.batch), products(sizes.solve))
    let gradients =
      Double(sizes.lowerSteps) * (2 * lower.first + 3 * lower.second)
      + 2 * (2 * solve.first + 3 * solve.second)
    let solves = Double(sizes.k + 1) * (2 * solve.first + 6 * solve.second)
    return Workload("minibatch-mlp", tasks: sizes.upperSteps, operations: gradients + solves) {
      let training = try BatchedTraining(features, hidden, classes)
      return try Prepared(
        training.implicit, try training.rows(0..<sizes.solve), from: training.start,
        run: training.run)
    }
  }
}

/// Weights of examples that are learnt while one lower model is trained.
private final class BatchedTraining {
  static let sizes = (
    train: 60_000, validate: 10_000, batch: 256, lowerSteps: 20, solve: 1024, k: 5, upperSteps: 5
  )

  let implicit: Implicit<Tensor, Sequential>
  private let levels: Levels<Tensor, Sequential>
  private let method: any HypergradientMethod
  private let train, validate: Examples
  private let descent: Momentum
  private let state: LowerState
  /// The lower parameters that a run begins with.
  let start: [Double]

  init(_ features: Int, _ hidden: Int, _ classes: Int) throws {
    let sizes = Self.sizes
    var random = RandomStream(seed: 1, purpose: .evaluation)
    let upper = try Model { p in p("logits", [sizes.train]) }
    let lower = try Workload.classifier(features, hidden, classes)
    levels = try Levels(
      upperObjective: { crossEntropy($0.lowerModel($0.data), $0.target) }, upperModel: upper,
      lowerObjective: {
        let weights = sigmoid($0.upperModel.rows($0["row"]))
        return (weights * crossEntropies($0.lowerModel($0.data), $0.target)).mean()
          + 1e-3 * squaredNorm($0.lowerParameters)
      }, lowerModel: lower, precision: .single, kernels: nil)
    implicit = try Implicit(levels, ImplicitOptions(lowerLearningRate: 0.01, k: sizes.k))
    let inputs = try Workload.examples(sizes.train, features, classes, &random)
    train = Examples(
      data: inputs.data, target: inputs.target,
      extras: [.init("row", DataArray(indices: Array(0..<sizes.train)), byRow: true)])
    validate = try Workload.examples(sizes.validate, features, classes, &random)
    descent = try Momentum(learningRate: 0.01, steps: sizes.lowerSteps)
    var options = MethodOptions(rate: 0.01)
    (options.k, options.keepsPoint) = (sizes.k, true)
    method = try MethodName.neumannSeries.make(levels, options, descent)
    state = try LowerState(
      count: lower.count, .single, optimizer: descent,
      method: MethodName.neumannSeries.vectors(options), upperCount: upper.count)
    start = lower.values
  }

  func rows(_ rows: Range<Int>) throws -> Examples { try train.rows(Array(rows)) }

  /// All upper steps from the start; the sum of their hypergradients.
  func run() throws -> Double {
    let upper = levels.upperModel
    upper.values = [Double](repeating: 0, count: upper.count)
    state.vectors = []
    var adam = try Adam(learningRate: 0.01)
    var sum = 0.0
    for step in 0..<Self.sizes.upperSteps {
      let batches = DrawnBatches(train, step: step)
      let task = try LowerTask(
        levels,
        TaskData(train: train, validate: try batches.validate(validate), batches: batches),
        descent, from: start, keeping: state)
      var hypergradient = [Double](repeating: 0, count: upper.count)
      _ = try method.hypergradient(task, into: &hypergradient)
      task.commit()
      method.keep(in: state)
      adam.update(&upper.values, along: hypergradient)
      sum += hypergradient.reduce(0, +)
    }
    return sum
  }
}

/// Rows that are drawn for each lower step, and for the solve.
private struct DrawnBatches: Batches {
  let train: Examples
  let step: Int
  let hasFreshProducts = false

  init(_ train: Examples, step: Int) {
    self.train = train
    self.step = step
  }

  private func rows(
    _ size: Int, of examples: Examples, _ purpose: RandomPurpose, _ index: Int
  ) throws -> Examples {
    var random = RandomStream(seed: 1, purpose: purpose, step: step, index: index)
    let (count, rows) = (examples.rowCount, (0..<size))
    let drawn = rows.map { _ in random.integer(below: count) }
    return try examples.batch(RowNumbers(drawn, rows, below: count))
  }

  func lower(step number: Int) throws -> Examples {
    try rows(BatchedTraining.sizes.batch, of: train, .batch, number)
  }

  func solve(product: Int) throws -> Examples {
    try rows(BatchedTraining.sizes.solve, of: train, .solveBatch, 0)
  }

  func validate(_ examples: Examples) throws -> Examples {
    try rows(BatchedTraining.sizes.solve, of: examples, .validationBatch, 0)
  }
}
