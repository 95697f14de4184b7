import BilevelOptimization
import Models
import Tensors

/// The fixtures' networks, written with this library's operations. Images there have their channels before their pixels,
/// and convolutions' weights are [out, in / groups, height, width].
extension NetworkFixtureProblem {
  static let names = [
    "lenet5", "resnet-pair", "darts", "lstm", "transformer", "gcn", "meta-weight-net",
    "distillation",
    "hyper-representation", "denoising", "physics-informed",
  ]

  init(_ name: String, _ content: NetworkFixtures.Case) throws {
    switch name {
    case "lenet5": try self.init(leNet: content)
    case "resnet-pair": try self.init(residual: content)
    case "darts": try self.init(darts: content)
    case "lstm": try self.init(lstm: content)
    case "transformer": try self.init(transformer: content)
    case "gcn": try self.init(graph: content)
    case "meta-weight-net": try self.init(weightNet: content)
    case "distillation": try self.init(distillation: content)
    case "hyper-representation": try self.init(representation: content)
    case "denoising": try self.init(denoising: content)
    default: try self.init(physics: content)
    }
  }

  private static func crossEntropy(_ scores: Tensor, _ state: State) -> Tensor {
    Tensors.crossEntropy(scores, state.target)
  }

  /// The sum over parameters of exp(u_k) ||w_k||^2.
  private static func penalty(_ state: State, _ names: [String]) -> Tensor {
    let strengths = exp(state.upperModel["log_l2"])
    return names.enumerated().map { strengths.at($0) * squaredNorm(state.lowerModel[$1]) }
      .reduce(state.lowerParameters.filled(0, .scalar), +)
  }

  private static func dense(_ x: Tensor, _ w: NamedTensors, _ name: String) -> Tensor {
    matmul(x, w[name + ".weight"]) + w[name + ".bias"]
  }

  private static func convolved(
    _ x: Tensor, _ weight: Tensor, stride: Int = 1, padding: Padding = .all(1), dilation: Int = 1,
    groups: Int = 1
  ) -> Tensor {
    x.convolved(
      with: weight.permuted([2, 3, 1, 0]), stride: stride, padding: padding, dilation: dilation,
      groups: groups)
  }

  private static func pixelsLast(_ x: Tensor) -> Tensor { x.permuted([0, 2, 3, 1]) }

  private static func batchNorm(_ x: Tensor) -> Tensor { x.normalised(axes: [0, 1, 2]) }

  private static func names(_ layers: [String], _ parts: [String] = ["weight", "bias"]) -> [String]
  {
    layers.flatMap { layer in parts.map { "\(layer).\($0)" } }
  }

  // MARK: Images

  private init(leNet content: NetworkFixtures.Case) throws {
    let order = Self.names(["conv1", "conv2", "dense1", "dense2", "dense3"])
    func scores(_ state: State) -> Tensor {
      let w = state.lowerModel
      var x = Self.pixelsLast(state.data)
      for (layer, padding) in [("conv1", 2), ("conv2", 1)] {
        x = Self.convolved(x, w[layer + ".weight"], padding: .all(padding)) + w[layer + ".bias"]
        x = tanh(x).meanPooled((2, 2))
      }
      x = x.permuted([0, 3, 1, 2]).flattened
      x = tanh(Self.dense(x, w, "dense1"))
      return Self.dense(tanh(Self.dense(x, w, "dense2")), w, "dense3")
    }
    try self.init(
      content, order, ["log_l2"],
      lower: { Self.crossEntropy(scores($0), $0) + Self.penalty($0, order) },
      upper: { Self.crossEntropy(scores($0), $0) })
  }

  private init(residual content: NetworkFixtures.Case) throws {
    let convolutions = [
      "block1.conv1", "block1.conv2", "block2.conv1", "block2.conv2", "block2.shortcut",
    ]
    let order =
      ["stem.weight"] + Self.names(convolutions, ["weight", "gain", "shift"])
      + Self.names(["dense"])
    func scores(_ state: State) -> Tensor {
      let w = state.lowerModel
      func layer(_ x: Tensor, _ name: String, stride: Int = 1, padding: Padding = .all(1)) -> Tensor
      {
        let y = Self.convolved(x, w[name + ".weight"], stride: stride, padding: padding)
        return Self.batchNorm(y) * w[name + ".gain"] + w[name + ".shift"]
      }
      func block(_ x: Tensor, _ name: String, stride: Int, _ short: Tensor) -> Tensor {
        let first = leakyRelu(layer(x, name + ".conv1", stride: stride), slope: 0.1)
        return leakyRelu(layer(first, name + ".conv2") + short, slope: 0.1)
      }
      var x = Self.convolved(Self.pixelsLast(state.data), w["stem.weight"])
      x = block(x, "block1", stride: 1, x)
      let short = layer(x, "block2.shortcut", stride: 2, padding: .none)
      x = block(x, "block2", stride: 2, short)
      return Self.dense(x.mean(axes: [1, 2]), w, "dense")
    }
    try self.init(
      content, order, order,
      lower: {
        Self.crossEntropy(scores($0), $0) + squaredDistance($0.lowerParameters, $0.upperParameters)
      }, upper: { Self.crossEntropy(scores($0), $0) })
  }

  private init(darts content: NetworkFixtures.Case) throws {
    let order =
      ["stem.weight"]
      + (0..<3).flatMap { edge in
        Self.names(["edge\(edge).separable", "edge\(edge).dilated"], ["depthwise", "pointwise"])
      } + Self.names(["dense"])
    func mixed(_ x: Tensor, _ edge: Int, _ state: State) -> Tensor {
      let shares = state.upperModel["alpha"].at(edge).softmax(axis: 0)
      func separable(_ kind: String, dilation: Int) -> Tensor {
        let w = state.lowerModel.part("edge\(edge).\(kind)")
        let deep = Self.convolved(
          relu(x), w("depthwise"), padding: .all(dilation), dilation: dilation, groups: x.shape[3])
        return Self.batchNorm(Self.convolved(deep, w("pointwise"), padding: .none))
      }
      let options = [
        x, Self.batchNorm(x.maxPooled((3, 3), strides: (1, 1), padding: .all(1))),
        Self.batchNorm(
          x.meanPooled((3, 3), strides: (1, 1), padding: .all(1), isCountingPadding: false)),
        separable("separable", dilation: 1), separable("dilated", dilation: 2),
      ]
      // The first of the six gives zero.
      return options.enumerated().map { shares.at($0 + 1) * $1 }
        .reduce(x.filled(0, x.shape), +)
    }
    func scores(_ state: State) -> Tensor {
      let w = state.lowerModel
      let x0 = Self.batchNorm(Self.convolved(Self.pixelsLast(state.data), w["stem.weight"]))
      let x1 = mixed(x0, 0, state)
      let x2 = mixed(x0, 1, state) + mixed(x1, 2, state)
      let features = Tensor.concatenated([x1, x2].map { $0.mean(axes: [1, 2]) }, axis: 1)
      let weight = w["dense.weight"]
      return matmul(features, .concatenated([weight, weight.flipped([0])])) + w["dense.bias"]
    }
    try self.init(
      content, order, ["alpha"],
      lower: { Self.crossEntropy(scores($0), $0) + 0.01 * squaredNorm($0.lowerParameters) },
      upper: { Self.crossEntropy(scores($0), $0) })
  }

  private init(distillation content: NetworkFixtures.Case) throws {
    let order = Self.names(["conv", "dense"])
    func scores(_ images: Tensor, _ w: NamedTensors) -> Tensor {
      let x = Self.convolved(Self.pixelsLast(images), w["conv.weight"]) + w["conv.bias"]
      let y = softplus(x.groupNormalised(groups: x.shape[3])).meanPooled((2, 2))
      return Self.dense(y.permuted([0, 3, 1, 2]).flattened, w, "dense")
    }
    try self.init(
      content, order, ["images"], train: (nil, "synthetic_target"),
      lower: {
        Self.crossEntropy(scores($0.upperModel["images"], $0.lowerModel), $0)
          + 0.02 * squaredNorm($0.lowerParameters)
      }, upper: { Self.crossEntropy(scores($0.data, $0.lowerModel), $0) })
  }

  private init(denoising content: NetworkFixtures.Case) throws {
    try self.init(
      content, ["image"], ["log_lambda", "filters"], train: ("noisy", nil),
      validate: ("clean", nil),
      lower: { state in
        let image = state.lowerModel["image"]
        let z = Self.convolved(
          Self.pixelsLast(image), state.upperModel["filters"], padding: .none)
        return 0.5 * squaredDistance(image, state.data)
          + exp(state.upperModel["log_lambda"]) * sqrt(z.squared + 0.01).sum()
      }, upper: { 0.5 * squaredDistance($0.lowerModel["image"], $0.data) })
  }

  // MARK: Sequences and graphs

  private init(lstm content: NetworkFixtures.Case) throws {
    let order = ["input.weight", "hidden.weight", "bias", "dense.weight", "dense.bias"]
    func scores(_ state: State) -> Tensor {
      let (w, gates) = (state.lowerModel, sigmoid(state.upperModel["gate"]))
      let width = w["hidden.weight"].shape[0]
      let n = state.data.shape[0]
      var (hidden, cell) = (state.data.filled(0, [n, width]), state.data.filled(0, [n, width]))
      for step in 0..<state.data.shape[1] {
        let x = state.data.at(step, axis: 1) * gates.at(step)
        let all = matmul(x, w["input.weight"]) + matmul(hidden, w["hidden.weight"]) + w["bias"]
        let parts = all.split([width, width, width, width], axis: 1)
        cell = sigmoid(parts[1]) * cell + sigmoid(parts[0]) * tanh(parts[2])
        hidden = sigmoid(parts[3]) * tanh(cell)
      }
      return Self.dense(hidden, w, "dense")
    }
    try self.init(
      content, order, ["gate", "log_l2"],
      lower: { Self.crossEntropy(scores($0), $0) + Self.penalty($0, order) },
      upper: { Self.crossEntropy(scores($0), $0) })
  }

  private init(transformer content: NetworkFixtures.Case) throws {
    let order =
      ["token", "position", "norm1.gain", "norm1.shift"]
      + Self.names(["query", "key", "value", "out"]) + ["norm2.gain", "norm2.shift"]
      + Self.names(["feed1", "feed2", "dense"])
    func scores(_ state: State) -> Tensor {
      let w = state.lowerModel
      func norm(_ x: Tensor, _ name: String) -> Tensor {
        x.normalised(axes: [-1]) * w[name + ".gain"] + w[name + ".shift"]
      }
      func heads(_ x: Tensor, _ name: String) -> Tensor {
        let y = Self.dense(x, w, name)
        return y.reshaped([y.shape[0], y.shape[1], 2, y.shape[2] / 2]).permuted([0, 2, 1, 3])
      }
      var x = w["token"].rows(state.data) + w["position"]
      let y = norm(x, "norm1")
      let seen = attention(heads(y, "query"), heads(y, "key"), heads(y, "value"))
      x = x + Self.dense(seen.permuted([0, 2, 1, 3]).reshaped(x.shape), w, "out")
      x = x + Self.dense(gelu(Self.dense(norm(x, "norm2"), w, "feed1")), w, "feed2")
      return Self.dense(x.mean(axes: [1]), w, "dense")
    }
    try self.init(
      content, order, ["label_logits"], train: ("train_data", nil),
      lower: { state in
        let labels = state.upperModel["label_logits"].softmax(axis: 1)
        return crossEntropies(scores(state), labels).mean() + 0.02
          * squaredNorm(state.lowerParameters)
      }, upper: { Self.crossEntropy(scores($0), $0) })
  }

  private init(graph content: NetworkFixtures.Case) throws {
    func scores(_ state: State) -> Tensor {
      let u = state.upperModel["edges"]
      let n = u.shape[0]
      let diagonal = u.constant((0..<n * n).map { $0 / n == $0 % n ? 1 : 0 }, [n, n])
      let s = sigmoid((u + u.transposed()) / 2) * (1 - diagonal) + diagonal
      let scale = rsqrt(s.sum(axes: [1]))
      let b = scale.expanded(at: 1) * s * scale
      let hidden = tanh(matmul(matmul(b, state.data), state.lowerModel["dense1.weight"]))
      return matmul(matmul(b, hidden), state.lowerModel["dense2.weight"])
    }
    func loss(_ state: State) -> Tensor {
      crossEntropies(scores(state).rows(state["nodes"]), state.target.rows(state["nodes"])).mean()
    }
    try self.init(
      content, ["dense1.weight", "dense2.weight"], ["edges"], train: ("features", "target"),
      validate: ("features", "target"), extras: ("nodes", "train_nodes", "validate_nodes"),
      lower: { loss($0) + 0.05 * squaredNorm($0.lowerParameters) }, upper: loss)
  }

  // MARK: Others

  private init(weightNet content: NetworkFixtures.Case) throws {
    func scores(_ state: State) -> Tensor {
      Self.dense(
        tanh(Self.dense(state.data, state.lowerModel, "dense1")), state.lowerModel, "dense2")
    }
    let order = Self.names(["dense1", "dense2"])
    try self.init(
      content, order, order,
      lower: { state in
        let losses = crossEntropies(scores(state), state.target)
        let column = losses.stoppingGradient().asColumn
        let net = relu(Self.dense(column, state.upperModel, "dense1"))
        let weights = sigmoid(Self.dense(net, state.upperModel, "dense2")).squeezed(1)
        return (weights * losses).sum() / weights.sum() + 0.05 * squaredNorm(state.lowerParameters)
      }, upper: { Self.crossEntropy(scores($0), $0) })
  }

  private init(representation content: NetworkFixtures.Case) throws {
    func errors(_ state: State) -> Tensor {
      let u = state.upperModel
      let features = tanh(Self.dense(tanh(Self.dense(state.data, u, "dense1")), u, "dense2"))
      let errors = (matmul(features, state.lowerModel["heads"]) - state.target).squared
      return errors.mean(axes: [1, 2]).sum()
    }
    try self.init(
      content, ["heads"], Self.names(["dense1", "dense2"]),
      lower: { errors($0) + 0.1 * squaredNorm($0.lowerParameters) }, upper: errors)
  }

  private init(physics content: NetworkFixtures.Case) throws {
    func value(_ x: Tensor, _ w: NamedTensors) -> Tensor {
      Self.dense(sin(Self.dense(x, w, "dense1")), w, "dense2")
    }
    try self.init(
      content, Self.names(["dense1", "dense2"]), ["stiffness"], train: ("points", nil),
      validate: ("observed_at", "observed"),
      lower: { state in
        let w = state.lowerModel
        let y = value(state.data, w)
        let slope = gradient(of: y.sum(), withRespectTo: state.data)
        let curvature = gradient(of: slope.sum(), withRespectTo: state.data)
        let residual = curvature + state.upperModel["stiffness"] * y
        let start = (y.at(0).at(0) - 1).squared + slope.at(0).at(0).squared
        return residual.squared.mean() + start + 0.01 * squaredNorm(state.lowerParameters)
      }, upper: { (value($0.data, $0.lowerModel) - $0.target).squared.mean() })
  }
}
