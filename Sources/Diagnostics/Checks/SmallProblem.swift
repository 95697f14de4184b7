import BilevelOptimization
import Models
import Tensors

/// Small problems of known form, with data: an initialisation u for w, the lower objective pulls w back to u.
struct SmallProblem {
  let implicit: Implicit<Sequential, Sequential>
  let train: Examples
  let validate: Examples

  /// A convolutional network on 6x6 images: every kind of layer there is. Smooth where derivatives are compared with
  /// differences; otherwise with ReLU and max-pooling.
  static func images(
    smooth: Bool, precision: Precision, kernels: KernelSet? = nil
  ) throws -> SmallProblem {
    func data(_ images: Int, seed: UInt64) throws -> Examples {
      Examples(
        data: try DataArray([images, 6, 6, 1], Vectors.drawn(images * 36, seed: seed)),
        target: DataArray(indices: (0..<images).map { $0 % 3 }))
    }
    let network = { (p: Parameters) -> Sequential in
      let first: [any Layer] = [
        Convolution(p.part("conv1"), 1, 8), BatchNorm(p.part("norm1"), 8),
        smooth ? Activation.tanh : Activation.relu,
        Convolution(p.part("conv2"), 8, 8, stride: 2), BatchNorm(p.part("norm2"), 8),
        smooth ? Activation.softplus : Activation.relu,
      ]
      let last: [any Layer] = [Flatten(), Dense(p.part("dense"), smooth ? 72 : 8, 3)]
      return Sequential(first + (smooth ? [] : [MaxPool()]) + last)
    }
    return try SmallProblem(
      network, { crossEntropy($0, $1) }, train: data(6, seed: 1), validate: data(9, seed: 2),
      k: 5, precision: precision, kernels: kernels)
  }

  /// A dense network on eight points of a curve.
  static func curve() throws -> SmallProblem {
    func data(seed: UInt64) throws -> Examples {
      Examples(
        data: try DataArray([8, 2], Vectors.drawn(16, seed: seed)),
        target: try DataArray([8, 1], Vectors.drawn(8, seed: seed + 1)))
    }
    return try SmallProblem(
      { p in
        Sequential(Dense(p.part("dense1"), 2, 5), Activation.tanh, Dense(p.part("dense2"), 5, 1))
      }, { squaredError($0, $1) }, train: data(seed: 3), validate: data(seed: 5),
      k: 60, precision: .double, kernels: nil)
  }

  private init(
    _ network: @escaping (Parameters) throws -> Sequential,
    _ loss: @escaping (Tensor, Tensor) -> Tensor, train: Examples, validate: Examples,
    k: Int, precision: Precision, kernels: KernelSet?
  ) throws {
    implicit = try Implicit(
      upperObjective: { loss($0.lowerModel($0.data), $0.target) },
      upperModel: Model(seed: 1, network),
      lowerObjective: {
        loss($0.lowerModel($0.data), $0.target)
          + 1.0 * squaredDistance($0.lowerParameters, $0.upperParameters)
      }, lowerModel: Model(seed: 1, network), lowerLearningRate: 0.1, k: k,
      method: .linearSystem, tolerance: 1e-13, precision: precision, kernels: kernels)
    self.train = train
    self.validate = validate
  }

  /// Adapts for some steps, and gives the hypergradient.
  func hypergradient(steps: Int) throws -> [Double] {
    let adapted = try GradientDescent(learningRate: 0.1, steps: steps)
      .adapt(implicit, train: train, from: implicit.upperModel.values)
    implicit.upperModel.clearGradients()
    try implicit.computeGradients(validate: validate, auxiliaryModel: adapted, train: train)
    return implicit.upperModel.gradients
  }
}
