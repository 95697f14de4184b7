import BilevelOptimization
import Models
import Tensors

extension FixtureProblem {
  static let names = ["proximal-mlp", "weighted-examples", "per-weight-l2", "convolutional"]

  init(_ name: String, _ content: Fixture.Case) throws {
    switch name {
    case "proximal-mlp": try self.init(proximal: content, Self.network, ["dense1", "dense2"])
    case "weighted-examples": try self.init(weighted: content)
    case "per-weight-l2": try self.init(penalised: content)
    default: try self.init(convolutional: content)
    }
  }

  private static func dense(_ content: Fixture.Case, _ name: String) -> (Int, Int) {
    let shape = content.w[name + ".weight"]!.shape
    return (shape[0], shape[1])
  }

  private static func network(_ content: Fixture.Case) throws -> Model<Sequential> {
    let (inputs, hidden) = dense(content, "dense1")
    let (_, outputs) = dense(content, "dense2")
    return try Model { p in
      Sequential(
        Dense(p.part("dense1"), inputs, hidden), Activation.tanh,
        Dense(p.part("dense2"), hidden, outputs))
    }
  }

  /// f = mean cross-entropy + 0.5 * 2.0 * ||w - u||^2; F = mean cross-entropy.
  private init(
    proximal content: Fixture.Case,
    _ network: @escaping (Fixture.Case) throws -> Model<Sequential>, _ layers: [String]
  ) throws {
    let order = layers.flatMap { ["\($0).weight", "\($0).bias"] }
    self.content = content
    implicit = { method, k, precision, kernels in
      let upper = try network(content)
      upper.values = Self.flat(content.u, order)
      return AnyImplicit(
        try Implicit(
          upperObjective: { crossEntropy($0.lowerModel($0.data), $0.target) }, upperModel: upper,
          lowerObjective: {
            crossEntropy($0.lowerModel($0.data), $0.target)
              + 0.5 * 2.0 * squaredDistance($0.lowerParameters, $0.upperParameters)
          }, lowerModel: try network(content), lowerLearningRate: 0.1, k: k, method: method,
          precision: precision, kernels: kernels))
    }
    point = Self.flat(content.w, order)
    start = Self.flat(content.u, order)
    (train, validate) = try Self.examples(content)
    flattenUpper = { $0.flatMap { $0 } }
    flattenLower = { $0.flatMap { $0 } }
  }

  /// f = mean_i sigmoid(u_i) * cross-entropy_i + 0.05 * ||w||^2; F = mean cross-entropy.
  private init(weighted content: Fixture.Case) throws {
    self.content = content
    implicit = { method, k, precision, kernels in
      let logits = content.u["logits"]!
      let upper = try Model { p in p("logits", Shape(logits.shape)) }
      upper.values = logits.values
      return AnyImplicit(
        try Implicit(
          upperObjective: { crossEntropy($0.lowerModel($0.data), $0.target) }, upperModel: upper,
          lowerObjective: {
            (sigmoid($0.upperModel) * crossEntropies($0.lowerModel($0.data), $0.target)).mean()
              + 0.05 * squaredNorm($0.lowerParameters)
          }, lowerModel: try Self.network(content), lowerLearningRate: 0.1, k: k, method: method,
          precision: precision, kernels: kernels))
    }
    let order = ["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"]
    point = Self.flat(content.w, order)
    start = point
    (train, validate) = try Self.examples(content)
    flattenUpper = { $0.flatMap { $0 } }
    flattenLower = { $0.flatMap { $0 } }
  }

  /// f = mean cross-entropy + sum exp(u) * w^2; F = mean cross-entropy + 0.01 * ||u||^2.
  private init(penalised content: Fixture.Case) throws {
    self.content = content
    let (inputs, outputs) = Self.dense(content, "dense")
    implicit = { method, k, precision, kernels in
      let upper = try Model { p in p("log_l2", [inputs * outputs + outputs]) }
      upper.values = Self.flat(content.u, ["log_l2.weight", "log_l2.bias"])
      return AnyImplicit(
        try Implicit(
          upperObjective: {
            crossEntropy($0.lowerModel($0.data), $0.target) + 0.01 * squaredNorm($0.upperModel)
          }, upperModel: upper,
          lowerObjective: {
            crossEntropy($0.lowerModel($0.data), $0.target)
              + (exp($0.upperModel) * $0.lowerParameters.squared).sum()
          }, lowerModel: try Model { Dense($0.part("dense"), inputs, outputs) },
          lowerLearningRate: 0.1, k: k, method: method, precision: precision, kernels: kernels))
    }
    point = Self.flat(content.w, ["dense.weight", "dense.bias"])
    start = point
    (train, validate) = try Self.examples(content)
    flattenUpper = { $0.flatMap { $0 } }
    flattenLower = { $0.flatMap { $0 } }
  }

  /// 2 x [convolution, batch norm, ReLU, max pool], dense; the objectives of the proximal case.
  private init(convolutional content: Fixture.Case) throws {
    let order =
      (1...2).flatMap {
        ["conv\($0).weight", "conv\($0).bias", "norm\($0).gain", "norm\($0).shift"]
      } + ["dense.weight", "dense.bias"]
    let filters = content.w["conv1.weight"]!.shape[0]
    let channels = content.w["conv1.weight"]!.shape[1]
    let (features, classes) = Self.dense(content, "dense")
    let pixels = features / filters
    func network(_: Fixture.Case) throws -> Model<Sequential> {
      try Model { p in
        Sequential(
          Convolution(p.part("conv1"), channels, filters), BatchNorm(p.part("norm1"), filters),
          Activation.relu, MaxPool(), Convolution(p.part("conv2"), filters, filters),
          BatchNorm(p.part("norm2"), filters), Activation.relu, MaxPool(), Flatten(),
          Dense(p.part("dense"), features, classes))
      }
    }
    // Each list as [out, in, 3, 3] to [3, 3, in, out]; dense rows from (channel, pixel) to (pixel, channel).
    func reordered(_ lists: [[Double]]) -> [Double] {
      zip(order, lists).flatMap { name, values -> [Double] in
        let shape = content.w[name]!.shape
        if name.hasPrefix("conv"), name.hasSuffix("weight") {
          return Self.permute(values, shape, [2, 3, 1, 0])
        }
        if name == "dense.weight" {
          return Self.permute(values, [filters, pixels, classes], [1, 0, 2])
        }
        return values
      }
    }
    let flatW = reordered(order.map { content.w[$0]!.values })
    let flatU = reordered(order.map { content.u[$0]!.values })
    self.content = content
    implicit = { method, k, precision, kernels in
      let upper = try network(content)
      upper.values = flatU
      return AnyImplicit(
        try Implicit(
          upperObjective: { crossEntropy($0.lowerModel($0.data), $0.target) }, upperModel: upper,
          lowerObjective: {
            crossEntropy($0.lowerModel($0.data), $0.target)
              + 0.5 * 2.0 * squaredDistance($0.lowerParameters, $0.upperParameters)
          }, lowerModel: try network(content), lowerLearningRate: 0.1, k: k, method: method,
          precision: precision, kernels: kernels))
    }
    point = flatW
    start = flatU
    (train, validate) = try Self.examples(content)
    flattenUpper = reordered
    flattenLower = reordered
  }

  private static func flat(_ named: [String: Fixture.Named], _ order: [String]) -> [Double] {
    order.flatMap { named[$0]!.values }
  }

  private static func examples(_ content: Fixture.Case) throws -> (Examples, Examples) {
    func array(_ name: String) throws -> DataArray {
      let named = content.data[name]!
      guard named.shape.count == 4 else { return try DataArray(Shape(named.shape), named.values) }
      let order = [0, 2, 3, 1]
      return try DataArray(
        Shape(order.map { named.shape[$0] }), permute(named.values, named.shape, order))
    }
    return (
      Examples(data: try array("train_data"), target: try array("train_target")),
      Examples(data: try array("validate_data"), target: try array("validate_target"))
    )
  }

  /// The elements of a tensor with its axes in another order.
  static func permute(_ values: [Double], _ shape: [Int], _ order: [Int]) -> [Double] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    var offsets = [0]
    for axis in order {
      offsets = offsets.flatMap { base in (0..<shape[axis]).map { base + $0 * strides[axis] } }
    }
    return offsets.map { values[$0] }
  }
}
