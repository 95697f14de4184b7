import BilevelOptimization
import Models
import Randomness
import Tensors

/// Strengths of regularisation as upper parameters, exp(u) each: one a parameter of the model, or one a feature.
extension Workload {
  /// An LSTM of 128 units over 28 steps of 28 numbers, 100 examples, 100 to validate, 10 classes: 10 lower steps at 0.1, LS
  /// with k = 5.
  static var lstm: Workload {
    let (hidden, steps, length, n, classes) = (128, 28, 28, 100, 10)
    let products = Double(n * steps * 4 * hidden * (length + hidden))
    return strengths(
      "lstm-l2", lowerSteps: 10, k: 5, rate: 0.1, .linearSystem, products: products,
      network: { p in
        let (lstm, dense) = (
          LSTM(p.part("lstm"), length, hidden), Dense(p.part("dense"), hidden, classes)
        )
        return Function { dense(lstm.states($0).last) }
      },
      examples: { random in
        Examples(
          data: try DataArray(
            [n, steps, length], (0..<n * steps * length).map { _ in Float(random.uniform()) }),
          target: DataArray(indices: (0..<n).map { _ in random.integer(below: classes) }))
      })
  }

  /// A transformer of 2 blocks of width 64, 4 heads and 256 hidden units on 32 texts of 64 words of 100, 32 to validate, 10
  /// classes: 5 lower steps at 0.01, NS with k = 5.
  static var transformer: Workload {
    let (words, steps, width, wide, n, classes) = (100, 64, 64, 256, 32, 10)
    let products = Double(
      2 * n * steps * (4 * width * width + 2 * width * wide + 2 * steps * width))
    return strengths(
      "transformer-l2", lowerSteps: 5, k: 5, rate: 0.01, .neumannSeries, products: products,
      network: { p in
        let network = Networks.transformer(
          p, words: words, steps: steps, width: width, hidden: wide, classes: classes)
        return Function { network($0) }
      },
      examples: { random in
        Examples(
          data: try DataArray(
            [n, steps], (0..<n * steps).map { _ in Float(random.integer(below: words)) }),
          target: DataArray(indices: (0..<n).map { _ in random.integer(below: classes) }))
      })
  }

  /// A linear classifier of 20 classes on 5,657 sparse rows of 150 of 130,107 features, as many to validate, one strength a
  /// feature: 10 lower steps at 100, LS with k = 10.
  static var newsgroups: Workload {
    let (rows, features, entries, classes, steps, k) = (5657, 130_107, 150, 20, 10, 10)
    let products = 2 * 2 * Double(rows * entries * classes)
    return Workload("newsgroups-l2", operations: products * Double(steps + k + 3)) {
      var random = RandomStream(seed: 1, purpose: .evaluation)
      let upper = try Model { p in p("strengths", [features]) }
      let lower = try Model { p in p("weight", [features, classes]) }
      func scores(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
        matmul(
          SparseRows(starts: state["starts"], columns: state["columns"], values: state.data),
          state.lowerModel)
      }
      let implicit = try Implicit(
        upperObjective: { crossEntropy(scores($0), $0.target) }, upperModel: upper,
        lowerObjective: {
          let penalty = (exp($0.upperModel).asColumn * $0.lowerModel.squared).sum()
          return crossEntropy(scores($0), $0.target) + 0.5 / Double(features * classes) * penalty
        }, lowerModel: lower, lowerLearningRate: 100, k: k, method: .linearSystem)
      let train = try texts(rows, features, entries, classes, &random)
      let validate = try texts(rows, features, entries, classes, &random)
      return try hypergradient(
        implicit, train, validate, from: lower.values,
        try GradientDescent(learningRate: 100, steps: steps))
    }
  }

  private static func strengths(
    _ name: String, lowerSteps: Int, k: Int, rate: Double, _ method: ImplicitMethod,
    products: Double, network: @escaping (Parameters) -> Function,
    examples: @escaping (inout RandomStream) throws -> Examples
  ) -> Workload {
    Workload(name, operations: 6 * products * Double(lowerSteps + 2 + 2 * k)) {
      var random = RandomStream(seed: 1, purpose: .evaluation)
      let lower = try Model(seed: 1, network)
      let parts = lower.parameters
      let upper = try Model { p in p("strengths", [parts.count], .constant(-7)) }
      let implicit = try Implicit(
        upperObjective: { crossEntropy($0.lowerModel($0.data), $0.target) }, upperModel: upper,
        lowerObjective: { state in
          let penalties = parts.enumerated().map { index, part in
            exp(state.upperModel.at(index)) * squaredNorm(state.lowerParameters.piece(part))
          }
          return penalties.reduce(crossEntropy(state.lowerModel(state.data), state.target), +)
        }, lowerModel: lower, lowerLearningRate: rate, k: k, method: method)
      let train = try examples(&random)
      let validate = try examples(&random)
      return try hypergradient(
        implicit, train, validate, from: lower.values,
        try GradientDescent(learningRate: rate, steps: lowerSteps))
    }
  }

  /// Rows of different columns in order, each entry up to 1 / sqrt(entries).
  private static func texts(
    _ rows: Int, _ features: Int, _ entries: Int, _ classes: Int, _ random: inout RandomStream
  ) throws -> Examples {
    var columns: [Float] = []
    for _ in 0..<rows {
      var own: Set<Int> = []
      while own.count < entries { own.insert(random.integer(below: features)) }
      columns += own.sorted().map(Float.init)
    }
    let scale = 1 / Double(entries).squareRoot()
    let values = columns.map { _ in Float(random.uniform() * scale) }
    return Examples(
      data: try DataArray([values.count], values),
      target: DataArray(indices: (0..<rows).map { _ in random.integer(below: classes) }),
      extras: [
        .init("starts", DataArray(indices: (0...rows).map { $0 * entries })),
        .init("columns", try DataArray([columns.count], columns)),
      ])
  }
}

extension Tensor {
  /// A parameter's values in a model's flat vector.
  fileprivate func piece(_ parameter: Parameter) -> Tensor {
    sliced(0, parameter.offset..<parameter.offset + parameter.shape.count)
  }
}
