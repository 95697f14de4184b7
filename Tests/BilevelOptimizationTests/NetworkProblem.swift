import BilevelOptimization
import Models
import Tensors

/// Problems without closed forms: a small network with tanh, in double precision.
struct NetworkProblem {
  let name: String
  let implicit: Implicit<Tensor, Sequential>
  private let upper: Model<Tensor>
  private let network: Model<Sequential>

  static let names = ["weighted examples", "proximal", "per-weight penalties"]

  private static let examples = 9

  init(_ name: String) throws {
    self.name = name
    let network = try Model { p in
      Sequential(
        Dense(p.part("dense1"), 3, 2), Activation.tanh, Dense(p.part("dense2"), 2, 2))
    }
    network.values = numbers(network.count, seed: 11)
    let count = name == "weighted examples" ? Self.examples : network.count
    let upper = try Model { $0("u", [count]) }
    upper.values = numbers(count, seed: 12)
    self.upper = upper
    self.network = network
    implicit = try Implicit(
      upperObjective: {
        crossEntropy($0.lowerModel($0.data), $0.target) + 0.05 * squaredNorm($0.upperModel)
      }, upperModel: upper, lowerObjective: Self.lowerObjective(name), lowerModel: network,
      lowerLearningRate: 1, k: 60, method: .linearSystem, tolerance: 1e-13, precision: .double)
  }

  /// With F = <data, w> and one term of a Neumann series with a = 1: the hypergradient is -C times the data.
  func mixedProducts() throws -> Implicit<Tensor, Sequential> {
    try Implicit(
      upperObjective: { ($0.lowerParameters * $0.data).sum() }, upperModel: upper,
      lowerObjective: Self.lowerObjective(name), lowerModel: network, lowerLearningRate: 1, k: 0,
      precision: .double)
  }

  private static func lowerObjective(_ name: String) -> Objective<Tensor, Sequential> {
    switch name {
    case "weighted examples":
      {
        (sigmoid($0.upperModel) * crossEntropies($0.lowerModel($0.data), $0.target)).mean()
          + 0.1 * squaredNorm($0.lowerParameters)
      }
    case "proximal":
      {
        crossEntropy($0.lowerModel($0.data), $0.target)
          + 0.5 * squaredDistance($0.lowerParameters, $0.upperModel)
      }
    default:
      {
        crossEntropy($0.lowerModel($0.data), $0.target)
          + (exp($0.upperModel) * $0.lowerParameters.squared).sum()
      }
    }
  }

  var train: Examples { Self.made(seed: 13) }
  var validate: Examples { Self.made(seed: 14) }

  private static func made(seed: UInt64) -> Examples {
    Examples(
      data: try! DataArray([examples, 3], numbers(examples * 3, seed: seed)),
      target: DataArray(indices: (0..<examples).map { $0 * Int(seed) % 5 % 2 }))
  }

  /// w*(u): adapted until the gradient is as good as zero.
  func adapted() throws -> AuxiliaryModel {
    try GradientDescent(learningRate: 0.2, steps: 20_000, gradientTolerance: 1e-12)
      .adapt(implicit, train: train)
  }

  /// F(w*(u), u)
  func upperLoss(_ upper: [Double]) throws -> Double {
    implicit.upperModel.values = upper
    return try implicit.computeGradients(
      validate: validate, auxiliaryModel: try adapted(), train: train
    ).upperLoss
  }
}

/// The central difference of a function in each of its parameters.
func centralDifferences(
  _ x: [Double], step: Double = 1e-4, _ function: ([Double]) throws -> Double
) rethrows -> [Double] {
  try x.indices.map { index in
    var (above, below) = (x, x)
    above[index] += step
    below[index] -= step
    return (try function(above) - function(below)) / (2 * step)
  }
}
