import BilevelOptimization
import Foundation
import Models
import Randomness
import Tensors

extension Workload {
  /// 25 tasks of 10 support and 10 query points, a 1-40-40-1 ReLU net, 16 lower steps at 0.01, proximal strength 2, LS
  /// with k = 5.
  static func sinusoid(_ name: String) -> Workload {
    let (tasks, points, hidden, steps, k) = (25, 10, 40, 16, 5)
    let forward = 2.0 * Double(points * (hidden + hidden * hidden + hidden))
    let gradient = 3 * forward - 2 * Double(points * hidden)
    let operations = gradient * Double(steps + 2) + 2 * gradient * Double(k + 1)
    return Workload(name, tasks: tasks, operations: operations) {
      var random = RandomStream(seed: 1, purpose: .evaluation)
      let upper = try network(hidden)
      let implicit = try Implicit(
        upperObjective: { squaredError($0.lowerModel($0.data), $0.target) }, upperModel: upper,
        lowerObjective: {
          squaredError($0.lowerModel($0.data), $0.target)
            + 0.5 * 2.0 * squaredDistance($0.lowerParameters, $0.upperParameters)
        }, lowerModel: try network(hidden), lowerLearningRate: 0.01, k: k, method: .linearSystem)
      let sets = try (0..<tasks).map { _ in
        (try wave(points, &random), try wave(points, &random))
      }
      let optimizer = try GradientDescent(learningRate: 0.01, steps: steps)
      return try Prepared(implicit, sets[0].0, from: upper.values) {
        var sum = 0.0
        for (train, validate) in sets {
          let task = try implicit.adaptAndSolve(
            train: train, validate: validate, from: upper.values, optimizer)
          sum += task.hypergradient.reduce(0, +)
        }
        return sum
      }
    }
  }

  private static func network(_ hidden: Int) throws -> Model<Sequential> {
    try Model(seed: 1) { p in
      let weight = Initialiser.normal(deviation: 0.1)
      return Sequential(
        Dense(p.part("dense1"), 1, hidden, weight: weight), Activation.relu,
        Dense(p.part("dense2"), hidden, hidden, weight: weight), Activation.relu,
        Dense(p.part("dense3"), hidden, 1, weight: weight))
    }
  }

  private static func wave(_ points: Int, _ random: inout RandomStream) throws -> Examples {
    let x = (0..<points).map { _ in Float(random.uniform() * 10 - 5) }
    return Examples(
      data: try DataArray([points, 1], x),
      target: try DataArray([points, 1], x.map { Float(sin(Double($0))) }))
  }
}
