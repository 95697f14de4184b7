import BilevelOptimization
import Models
import Randomness
import Tensors

/// Networks for pictures: a few-shot task of 84 x 84 colours, 5 ways, 1 shot, 15 query pictures a class, proximal strength
/// 0.5, lower learning rate 0.01; and the cleaning of labels with LeNet.
extension Workload {
  /// conv-4 with 32 filters: 5 lower steps, LS with k = 5.
  static var image: Workload {
    fewShotPictures("image-5w1s", lowerSteps: 5, k: 5, operationsAPicture: pictureOperations) {
      Networks.convolutionFour($0, side: 84, filters: 32)
    }
  }

  /// ResNet-12 with widths of 32, 64, 128 and 256: 3 lower steps, LS with k = 2.
  static var resNet12: Workload {
    fewShotPictures("resnet12-5w1s", lowerSteps: 3, k: 2, operationsAPicture: residualOperations) {
      Networks.resNet12($0, widths: [32, 64, 128, 256])
    }
  }

  /// LeNet-5 on 500 weighted pictures of 28 x 28, and 500 to validate: 50 lower steps at 0.1, L2 1e-3, NS with k = 10.
  static var leNetCleaning: Workload {
    let (n, steps, k) = (500, 50, 10)
    let gradient = Double(3 * n) * 2 * leNetProducts
    return Workload(
      "lenet-cleaning", operations: gradient * Double(steps + 1) + 2 * gradient * Double(k + 1)
    ) {
      var random = RandomStream(seed: 1, purpose: .evaluation)
      let upper = try Model { p in p("logits", [n]) }
      let lower = try Model(seed: 1) { Networks.leNet5($0) }
      let implicit = try Implicit(
        upperObjective: { crossEntropy($0.lowerModel($0.data), $0.target) }, upperModel: upper,
        lowerObjective: {
          (sigmoid($0.upperModel) * crossEntropies($0.lowerModel($0.data), $0.target)).mean()
            + 1e-3 * squaredNorm($0.lowerParameters)
        }, lowerModel: lower, lowerLearningRate: 0.1, k: k, method: .neumannSeries)
      let train = try pictures(n, side: 28, channels: 1, classes: 10, &random)
      let validate = try pictures(n, side: 28, channels: 1, classes: 10, &random)
      return try hypergradient(
        implicit, train, validate, from: lower.values,
        try GradientDescent(learningRate: 0.1, steps: steps))
    }
  }

  private static func fewShotPictures(
    _ name: String, lowerSteps: Int, k: Int, operationsAPicture: Double,
    _ network: @escaping (Parameters) -> Sequential
  ) -> Workload {
    let (ways, query) = (5, 15)
    let passes = Double(ways * (lowerSteps + 1 + 2 * k) + ways * query)
    return Workload(name, operations: 3 * operationsAPicture * passes) {
      var random = RandomStream(seed: 1, purpose: .evaluation)
      let upper = try Model(seed: 1, network)
      let implicit = try Implicit(
        upperObjective: { crossEntropy($0.lowerModel($0.data), $0.target) }, upperModel: upper,
        lowerObjective: {
          crossEntropy($0.lowerModel($0.data), $0.target)
            + 0.5 * 0.5 * squaredDistance($0.lowerParameters, $0.upperParameters)
        }, lowerModel: try Model(seed: 1, network), lowerLearningRate: 0.01, k: k,
        method: .linearSystem)
      let train = try pictures(ways, side: 84, channels: 3, classes: ways, &random)
      let validate = try pictures(ways * query, side: 84, channels: 3, classes: ways, &random)
      return try hypergradient(
        implicit, train, validate, from: upper.values,
        try GradientDescent(learningRate: 0.01, steps: lowerSteps))
    }
  }

  /// As many pictures of each class, one class after another.
  private static func pictures(
    _ count: Int, side: Int, channels: Int, classes: Int, _ random: inout RandomStream
  ) throws -> Examples {
    let pixels = (0..<count * side * side * channels).map { _ in Float(random.uniform()) }
    return Examples(
      data: try DataArray([count, side, side, channels], pixels),
      target: DataArray(indices: (0..<count).map { $0 * classes / count }))
  }

  /// Operations of conv-4's convolutions on one picture.
  private static var pictureOperations: Double {
    let layers = [(84, 3), (42, 32), (21, 32), (10, 32)]
    return layers.reduce(0) { $0 + 2 * 9 * Double($1.0 * $1.0 * $1.1 * 32) }
  }

  /// Operations of ResNet-12's convolutions on one picture.
  private static var residualOperations: Double {
    let blocks = [(84, 3, 32), (42, 32, 64), (21, 64, 128), (10, 128, 256)]
    return blocks.reduce(0) { sum, block in
      let (side, input, width) = block
      return sum + 2 * Double(side * side * width * (10 * input + 18 * width))
    }
  }

  /// Multiplications of LeNet's layers for one picture.
  private static var leNetProducts: Double {
    Double(28 * 28 * 25 * 6 + 10 * 10 * 150 * 16 + 400 * 120 + 120 * 84 + 84 * 10)
  }
}
