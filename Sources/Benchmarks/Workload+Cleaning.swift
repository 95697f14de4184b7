import BilevelOptimization
import Models
import Randomness
import Tensors

extension Workload {
  /// 5,000 weighted training and 5,000 validation examples of 784 features, 10 classes, 100 lower steps at 0.1, k = 20,
  /// L2 1e-3; a linear model or one hidden ReLU layer.
  static func cleaning(_ name: String, hidden: Int, method: ImplicitMethod) -> Workload {
    let (n, features, classes, steps, k) = (5000, 784, 10, 100, 20)
    let first = 2.0 * Double(n * features * (hidden > 0 ? hidden : classes))
    let second = hidden > 0 ? 2.0 * Double(n * hidden * classes) : 0
    // First layer: forward and weights; second: also the gradient in its input.
    func operations(_ first: Double) -> Double {
      (2 * first + 3 * second) * Double(steps + 2) + (2 * first + 6 * second) * Double(k + 1)
    }
    // Strassen's algorithm multiplies 49 blocks instead of 64, of columns in multiples of 32; of ten classes one follows
    // from the others.
    let quartered = Double(hidden / 32 * 32) / Double(max(hidden, 1))
    let share = hidden > 0 ? 1 - quartered * 15 / 64 : Double(classes - 1) / Double(classes)
    let least = operations(first * share)
    let bytes = Double(n * features * 4 * (steps + 2 + k + 1))
    return Workload(
      name, operations: operations(first), leastOperations: least, bytes: hidden > 0 ? 0 : bytes
    ) {
      var random = RandomStream(seed: 1, purpose: .evaluation)
      let upper = try Model { p in p("logits", [n]) }
      let lower = try classifier(features, hidden, classes)
      let implicit = try Implicit(
        upperObjective: { crossEntropy($0.lowerModel($0.data), $0.target) }, upperModel: upper,
        lowerObjective: {
          (sigmoid($0.upperModel) * crossEntropies($0.lowerModel($0.data), $0.target)).mean()
            + 1e-3 * squaredNorm($0.lowerParameters)
        }, lowerModel: lower, lowerLearningRate: 0.1, k: k, method: method)
      let train = try examples(n, features, classes, &random)
      let validate = try examples(n, features, classes, &random)
      let optimizer = try GradientDescent(learningRate: 0.1, steps: steps)
      return try hypergradient(implicit, train, validate, from: lower.values, optimizer)
    }
  }

  /// A linear classifier, or one with a hidden ReLU layer.
  static func classifier(
    _ features: Int, _ hidden: Int, _ classes: Int
  ) throws -> Model<Sequential> {
    try Model(seed: 1) { p in
      let weight = Initialiser.normal(deviation: 0.03)
      if hidden == 0 {
        return Sequential(Dense(p.part("dense"), features, classes, weight: weight))
      }
      return Sequential(
        Dense(p.part("dense1"), features, hidden, weight: weight), Activation.relu,
        Dense(p.part("dense2"), hidden, classes, weight: weight))
    }
  }

  /// Random inputs and classes.
  static func examples(
    _ n: Int, _ features: Int, _ classes: Int, _ random: inout RandomStream
  ) throws -> Examples {
    let x = (0..<n * features).map { _ in Float(random.uniform() * 0.3) }
    return Examples(
      data: try DataArray([n, features], x),
      target: DataArray(indices: (0..<n).map { _ in random.integer(below: classes) }))
  }
}
