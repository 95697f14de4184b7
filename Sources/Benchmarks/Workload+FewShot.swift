import BilevelOptimization
import Models
import Randomness
import Tensors

/// N ways, one shot; 64 filters, proximal strength 2, lower learning rate 0.1, LS with k = 5.
struct FewShotShape {
  let ways: Int
  let query: Int
  let lowerSteps: Int
  let filters = 64
  let k = 5
}

extension Workload {
  static func fewShot(_ name: String, _ shape: FewShotShape) -> Workload {
    let operations = operations(shape, isTransformed: false)
    let least = Self.operations(shape, isTransformed: true)
    return Workload(name, operations: operations, leastOperations: least) {
      var random = RandomStream(seed: 1, purpose: .evaluation)
      let upper = try network(shape)
      let implicit = try Implicit(
        upperObjective: { crossEntropy($0.lowerModel($0.data), $0.target) }, upperModel: upper,
        lowerObjective: {
          crossEntropy($0.lowerModel($0.data), $0.target)
            + 0.5 * 2.0 * squaredDistance($0.lowerParameters, $0.upperParameters)
        }, lowerModel: try network(shape), lowerLearningRate: 0.1, k: shape.k,
        method: .linearSystem)
      let train = try images(shape.ways, shots: 1, &random)
      let validate = try images(shape.ways, shots: shape.query, &random)
      let optimizer = try GradientDescent(learningRate: 0.1, steps: shape.lowerSteps)
      return try Prepared(implicit, train, from: upper.values) {
        let task = try implicit.adaptAndSolve(
          train: train, validate: validate, from: upper.values, optimizer)
        return task.hypergradient.reduce(0, +)
      }
    }
  }

  /// Four blocks of convolution, batch norm, ReLU and pooling, and a dense layer.
  private static func network(_ shape: FewShotShape) throws -> Model<Sequential> {
    try Model(seed: 1) { p in
      var layers: [any Layer] = []
      for block in 1...4 {
        layers += [
          Convolution(
            p.part("conv\(block)"), block == 1 ? 1 : shape.filters, shape.filters,
            weight: .heNormal), BatchNorm(p.part("norm\(block)"), shape.filters),
          Activation.relu, MaxPool(),
        ]
      }
      return Sequential(layers + [Flatten(), Dense(p.part("dense"), shape.filters, shape.ways)])
    }
  }

  private static func images(
    _ ways: Int, shots: Int, _ random: inout RandomStream
  ) throws -> Examples {
    let count = ways * shots
    let pixels = (0..<count * 28 * 28).map { _ in Float(random.uniform()) }
    return Examples(
      data: try DataArray([count, 28, 28, 1], pixels),
      target: DataArray(indices: (0..<count).map { $0 / shots }))
  }

  /// Operations of a task's convolutions.
  private static func operations(_ shape: FewShotShape, isTransformed: Bool) -> Double {
    let perImage = gradientOperations(filters: shape.filters, isTransformed)
    // The mixed product with a proximal term needs no convolution.
    let passes = shape.lowerSteps + 1 + 2 * shape.k
    return perImage * Double(shape.ways * (passes + shape.query))
  }

  /// Operations of an image's gradient: the first layer has no gradient in its input, and is computed as it is; the
  /// gradient in its weights needs one pixel of each window at the least. In transformed space (Winograd's F(4x4, 3x3))
  /// four pixels along an axis take 6 products instead of 12, and two at its end 4 instead of 6.
  private static func gradientOperations(filters: Int, _ isTransformed: Bool) -> Double {
    let sizes: [(side: Int, inputs: Int)] = [(28, 1), (14, filters), (7, filters), (3, filters)]
    let layers = sizes.enumerated().map { index, size -> Double in
      let wide = (size.side + 1) / 4
      let points = 6 * wide + (4 * wide < size.side ? 4 : 0)
      let products = isTransformed && index > 0 ? points * points : size.side * size.side * 9
      return Double(2 * products * size.inputs * filters)
    }
    return 3 * layers[1...].reduce(0, +) + layers[0] * (isTransformed ? 1.25 : 2)
  }
}
