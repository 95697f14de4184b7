import Tensors

/// The operations of the fixtures, as one writes them with this library. Images there have their channels before their
/// pixels.
struct FixtureOperation {
  let fixture: OperationFixtures.Case
  /// The inputs, by name.
  let x: (String) -> Tensor

  private func has(_ name: String) -> Bool { fixture.inputs[name] != nil }
  private func axis(_ name: String = "axis") -> Int { fixture.integer(name) ?? 0 }
  private func number(_ name: String) -> Double { fixture.number(name) ?? 0 }
  private func pair(_ name: String) -> (Int, Int) {
    let list = fixture.integers(name) ?? [1]
    return (list[0], list.count > 1 ? list[1] : list[0])
  }

  /// What the operation gives; `nil` of one that is unknown here.
  func outputs() -> [Tensor]? {
    switch fixture.operation {
    case "split": return x("x").split(fixture.integers("sizes") ?? [], axis: axis())
    case "batch_norm_update": return updatedStatistics()
    default: return output().map { [$0] }
    }
  }

  private func output() -> Tensor? {
    let families = [
      elementwise, activation, arranged, reduced, indexed, image, product, normalised, loss, matrix,
      stopped,
    ]
    return families.lazy.compactMap { $0() }.first
  }

  // MARK: Elements

  private func elementwise() -> Tensor? {
    switch fixture.operation {
    case "add": x("a") + x("b")
    case "subtract": x("a") - x("b")
    case "multiply": x("a") * x("b")
    case "divide": x("a") / x("b")
    case "where": x("a").where(x("mask"), else: x("b"))
    case "clamp": x("x").clamped(from: fixture.number("low"), to: fixture.number("high"))
    case "minimum": minimum(x("a"), x("b"))
    case "maximum": maximum(x("a"), x("b"))
    case "pow_scalar": pow(x("x"), number("exponent"))
    case "pow_tensor": pow(x("x"), x("exponent"))
    case "exp_base": pow(number("base"), x("x"))
    case "abs": abs(x("x"))
    case "sign": sign(x("x"))
    case "negative": -x("x")
    case "reciprocal": 1 / x("x")
    case "square": x("x").squared
    case "exp": exp(x("x"))
    case "log": log(x("x"))
    case "log1p": log1p(x("x"))
    case "expm1": expm1(x("x"))
    case "sqrt": sqrt(x("x"))
    case "rsqrt": rsqrt(x("x"))
    case "sin": sin(x("x"))
    case "cos": cos(x("x"))
    case "tan": tan(x("x"))
    case "atan": atan(x("x"))
    case "sinh": sinh(x("x"))
    case "cosh": cosh(x("x"))
    case "erf": erf(x("x"))
    case "dropout": x("x") * x("mask") / (1 - number("p"))
    default: nil
    }
  }

  private func activation() -> Tensor? {
    switch fixture.operation {
    case "gelu": gelu(x("x"))
    case "gelu_tanh": geluTanh(x("x"))
    case "silu": silu(x("x"))
    case "relu": relu(x("x"))
    case "relu6": relu6(x("x"))
    case "logsigmoid": logSigmoid(x("x"))
    case "sigmoid": sigmoid(x("x"))
    case "tanh": tanh(x("x"))
    case "mish": mish(x("x"))
    case "softsign": softsign(x("x"))
    case "selu": selu(x("x"))
    case "hardsigmoid": hardSigmoid(x("x"))
    case "hardswish": hardSwish(x("x"))
    case "elu": elu(x("x"), alpha: number("alpha"))
    case "leaky_relu": leakyRelu(x("x"), slope: number("slope"))
    case "prelu": channelsFirst { parametricRelu($0, slope: x("slope")) }
    case "softplus": softplus(number("beta") * x("x")) / number("beta")
    case "hardtanh": hardTanh(x("x"), from: number("low"), to: number("high"))
    default: nil
    }
  }

  /// Of an input whose channels are axis 1.
  private func channelsFirst(_ body: (Tensor) -> Tensor) -> Tensor {
    body(x("x").movingAxis(1, to: -1)).movingAxis(-1, to: 1)
  }

  // MARK: Axes

  private func arranged() -> Tensor? {
    switch fixture.operation {
    case "permute": x("x").permuted(fixture.integers("order") ?? [])
    case "reshape": x("x").reshaped(shape(x("x").shape.count))
    case "slice_step":
      fixture.lists("ranges").enumerated().reduce(x("x")) { tensor, range in
        tensor.sliced(range.offset, range.element[0]..<range.element[1], by: range.element[2])
      }
    case "pad_constant":
      x("x").padded(fixture.lists("widths").map { ($0[0], $0[1]) }, value: number("value"))
    case "concat": .concatenated(listed, axis: axis())
    case "stack": .stacked(listed, axis: axis())
    case "tile": x("x").tiled(fixture.integers("repeats") ?? [])
    case "repeat_each": x("x").repeated(axis("times"), axis: axis())
    case "flip": x("x").flipped(fixture.integers("axes") ?? [])
    case "roll": x("x").rolled(axis("shift"), axis: axis())
    case "broadcast_to": x("x").broadcast(to: Shape(fixture.integers("shape") ?? []))
    case "cumsum":
      x("x").cumulativeSum(
        axis: axis(), isReversed: fixture.flag("reverse"), isExclusive: fixture.flag("exclusive"))
    default: nil
    }
  }

  private var listed: [Tensor] { fixture.inputs.keys.sorted().map(x) }

  private func shape(_ count: Int) -> Shape {
    let sizes = fixture.integers("shape") ?? []
    let known = sizes.filter { $0 >= 0 }.reduce(1, *)
    return Shape(sizes.map { $0 < 0 ? count / known : $0 })
  }

  private func reduced() -> Tensor? {
    let keeps = fixture.flag("keepdim")
    let axes = fixture.integers("axes") ?? Array(0..<(fixture.inputs["x"]?.shape.count ?? 0))
    switch fixture.operation {
    case "sum": return x("x").sum(axes: axes, keepingAxes: keeps)
    case "mean": return x("x").mean(axes: axes, keepingAxes: keeps)
    case "prod": return x("x").product(axes: axes, keepingAxes: keeps)
    case "max": return x("x").max(axes: axes, keepingAxes: keeps)
    case "min": return x("x").min(axes: axes, keepingAxes: keeps)
    case "logsumexp": return x("x").logSumExp(axes: axes, keepingAxes: keeps)
    case "var":
      return x("x").variance(axes: axes, correction: number("correction"), keepingAxes: keeps)
    case "std":
      return x("x").standardDeviation(
        axes: axes, correction: number("correction"), keepingAxes: keeps)
    case "norm": return x("x").norm(axes: axes, order: number("order"), keepingAxes: keeps)
    case "argmax": return x("x").argmax(axis: fixture.integer("axis"))
    case "argmin": return x("x").argmin(axis: fixture.integer("axis"))
    case "softmax": return x("x").softmax(axis: axis())
    case "log_softmax": return x("x").logSoftmax(axis: axis())
    case "masked_softmax":
      let masked = x("x").where(x("mask"), else: x("x").filled(-.infinity, x("x").shape))
      return masked.softmax(axis: axis())
    default: return nil
    }
  }

  private func indexed() -> Tensor? {
    switch fixture.operation {
    case "gather": x("x").gathered(x("index"), axis: axis())
    case "index_select": x("x").taking(x("index"), axis: axis())
    case "scatter_add": x("x").addingScattered(x("source"), at: x("index"), axis: axis())
    case "index_add": x("x").addingSlices(x("source"), at: x("index"), axis: axis())
    case "embedding": x("table").rows(x("ids"))
    case "one_hot": x("ids").oneHot(classes: axis("classes"))
    default: nil
    }
  }

  // MARK: Images and products

  private func image() -> Tensor? {
    let kernel = pair("kernel")
    switch fixture.operation {
    case "conv2d":
      let y = pixels("x").convolved(
        with: x("weight").permuted([2, 3, 1, 0]), strides: pair("stride"), padding: padding(),
        dilations: pair("dilation"), groups: axis("groups"))
      return (has("bias") ? y + x("bias") : y).permuted([0, 3, 1, 2])
    case "conv1d":
      let signal = x("x").permuted([0, 2, 1]).expanded(at: 1)
      let y = signal.convolved(
        with: x("weight").permuted([2, 1, 0]).expanded(at: 0), strides: (1, axis("stride")),
        padding: padding(isSignal: true), dilations: (1, axis("dilation")), groups: axis("groups"))
      return (y + x("bias")).squeezed(1).permuted([0, 2, 1])
    case "conv_transpose2d":
      let y = pixels("x").transposedConvolved(
        with: x("weight").permuted([2, 3, 1, 0]), strides: pair("stride"), padding: padding(),
        dilations: pair("dilation"), groups: axis("groups"), outputPadding: pair("output_padding"))
      return (y + x("bias")).permuted([0, 3, 1, 2])
    case "max_pool2d":
      return pooled {
        $0.maxPooled(
          kernel, strides: pair("stride"), padding: padding(), isCeiling: fixture.flag("ceil"))
      }
    case "avg_pool2d":
      return pooled {
        $0.meanPooled(
          kernel, strides: pair("stride"), padding: padding(),
          isCountingPadding: fixture.flag("count_include_pad"), isCeiling: fixture.flag("ceil"))
      }
    case "global_avg_pool2d": return x("x").mean(axes: [2, 3])
    case "adaptive_avg_pool2d": return pooled { $0.adaptiveMeanPooled(to: pair("size")) }
    case "adaptive_max_pool2d": return pooled { $0.adaptiveMaxPooled(to: pair("size")) }
    case "max_pool1d":
      return signalPooled {
        $0.maxPooled(
          (1, axis("kernel")), strides: (1, axis("stride")), padding: padding(isSignal: true))
      }
    case "avg_pool1d":
      return signalPooled {
        $0.meanPooled(
          (1, axis("kernel")), strides: (1, axis("stride")), padding: padding(isSignal: true))
      }
    default: return nil
    }
  }

  private func pixels(_ name: String) -> Tensor { x(name).permuted([0, 2, 3, 1]) }

  private func pooled(_ body: (Tensor) -> Tensor) -> Tensor {
    body(pixels("x")).permuted([0, 3, 1, 2])
  }

  private func signalPooled(_ body: (Tensor) -> Tensor) -> Tensor {
    body(x("x").permuted([0, 2, 1]).expanded(at: 1)).squeezed(1).permuted([0, 2, 1])
  }

  private func padding(isSignal: Bool = false) -> Padding {
    if fixture.text("padding") == "same" { return .same }
    let list = fixture.integers("padding") ?? [0]
    if isSignal { return .each(height: 0, width: list[0]) }
    return list.count == 4
      ? .sides(top: list[0], left: list[2], bottom: list[1], right: list[3])
      : .each(height: list[0], width: list[1])
  }

  private func product() -> Tensor? {
    switch fixture.operation {
    case "matmul": return matmul(x("a"), x("b"))
    case "matmul_transposed":
      return matmul(
        fixture.flag("transpose_a") ? x("a").transposed(-1, -2) : x("a"),
        fixture.flag("transpose_b") ? x("b").transposed(-1, -2) : x("b"))
    case "einsum":
      let equation = fixture.text("equation") ?? ""
      return has("b") ? einsum(equation, x("a"), x("b")) : einsum(equation, x("a"))
    case "attention": return attention(x("q"), x("k"), x("v"), mask: x("mask"))
    case "sparse_times_dense":
      return matmul(
        SparseRows(starts: x("row_starts"), columns: x("columns"), values: x("values")), x("dense"))
    default: return nil
    }
  }

  // MARK: Normalisations

  private func normalised() -> Tensor? {
    let epsilon = number("eps")
    switch fixture.operation {
    case "layer_norm":
      let last = (1...axis("axes")).map { -$0 }
      return affine(x("x").normalised(axes: last, epsilon: epsilon))
    case "group_norm":
      return channelsFirst { affine($0.groupNormalised(groups: axis("groups"), epsilon: epsilon)) }
    case "instance_norm":
      return channelsFirst {
        affine($0.groupNormalised(groups: $0.shape[$0.shape.rank - 1], epsilon: epsilon))
      }
    case "batch_norm":
      return channelsFirst {
        affine($0.normalised(axes: Array(0..<$0.shape.rank - 1), epsilon: epsilon))
      }
    case "batch_norm_running":
      return channelsFirst { affine(($0 - x("mean")) * rsqrt(x("variance") + epsilon)) }
    case "weight_norm":
      let v = x("v")
      let others = Array(1..<v.shape.rank)
      let gain = x("gain").reshaped(Shape([v.shape[0]] + others.map { _ in 1 }))
      return gain * v / v.norm(axes: others, keepingAxes: true)
    case "normalize": return x("x").unitNormalised(axis: axis(), epsilon: epsilon)
    default: return nil
    }
  }

  private func affine(_ tensor: Tensor) -> Tensor {
    has("gain") ? tensor * x("gain") + x("shift") : tensor
  }

  private func updatedStatistics() -> [Tensor] {
    let batch = x("x").movingAxis(1, to: -1)
    let axes = Array(0..<batch.shape.rank - 1)
    let momentum = number("momentum")
    return [
      (1 - momentum) * x("mean") + momentum * batch.mean(axes: axes),
      (1 - momentum) * x("variance") + momentum * batch.variance(axes: axes, correction: 1),
    ]
  }

  // MARK: Losses

  private func loss() -> Tensor? {
    let weights = has("weight") ? x("weight") : nil
    switch fixture.operation {
    case "cross_entropy":
      let ignored = fixture.integer("ignore_index")
      return weighted(
        crossEntropies(
          classesLast("logits"), x("targets"), weights: weights,
          smoothing: number("label_smoothing"), ignoring: ignored),
        by: labelWeights(classes: classesLast("logits").shape.sizes.last ?? 1, weights, ignored))
    case "cross_entropy_probabilities":
      return reduce(
        crossEntropies(
          classesLast("logits"), classesLast("targets"), weights: weights,
          smoothing: number("label_smoothing")))
    case "nll":
      let ignored = fixture.integer("ignore_index")
      return weighted(
        negativeLogLikelihoods(x("x"), x("targets"), weights: weights, ignoring: ignored),
        by: labelWeights(classes: x("x").shape[1], weights, ignored))
    case "bce_with_logits":
      let losses = binaryCrossEntropies(
        x("x"), x("targets"), positiveWeights: has("pos_weight") ? x("pos_weight") : nil)
      return reduce(weights.map { $0 * losses } ?? losses)
    case "binary_cross_entropy":
      return reduce(-(x("targets") * log(x("x")) + (1 - x("targets")) * log(1 - x("x"))))
    case "mse": return reduce((x("x") - x("targets")).squared)
    case "l1": return reduce(absoluteErrors(x("x"), x("targets")))
    case "huber": return reduce(huberLosses(x("x"), x("targets"), delta: number("delta")))
    case "smooth_l1":
      return reduce(huberLosses(x("x"), x("targets"), delta: number("beta")) / number("beta"))
    case "hinge": return reduce(hingeLosses(x("x"), x("targets"), power: number("power")))
    case "multi_margin":
      return reduce(
        marginLosses(x("x"), x("targets"), margin: number("margin"), power: number("power")))
    case "kl_divergence":
      let terms = divergences(x("x"), x("targets"), areLogarithms: fixture.flag("log_target"))
      return fixture.text("reduction") == "batchmean"
        ? terms.sum() / Double(terms.shape[0]) : reduce(terms)
    case "poisson_nll":
      return reduce(
        poissonLosses(x("x"), x("targets"), areLogarithms: fixture.flag("log_input")))
    case "gaussian_nll":
      return reduce(gaussianLosses(x("x"), x("targets"), variances: x("variance")))
    case "cosine_similarity":
      return cosineSimilarity(x("a"), x("b"), axis: axis(), epsilon: number("eps"))
    case "triplet":
      let distances = ["positive", "negative"].map { (x("a") - x($0) + 1e-6).norm(axes: [-1]) }
      return reduce(relu(distances[0] - distances[1] + number("margin")))
    default: return nil
    }
  }

  private func classesLast(_ name: String) -> Tensor { x(name).movingAxis(1, to: -1) }

  private func reduce(_ losses: Tensor) -> Tensor {
    switch fixture.text("reduction") {
    case "mean": losses.mean()
    case "sum": losses.sum()
    default: losses
    }
  }

  private func weighted(_ losses: Tensor, by weights: Tensor) -> Tensor {
    fixture.text("reduction") == "mean" ? losses.sum() / weights.sum() : reduce(losses)
  }

  private func labelWeights(classes: Int, _ weights: Tensor?, _ ignored: Int?) -> Tensor {
    let own = x("targets").oneHot(classes: classes, ignoring: ignored)
    return weights.map { own * $0 } ?? own
  }

  // MARK: Matrices

  private func matrix() -> Tensor? {
    switch fixture.operation {
    case "triangular_solve":
      return x("a").solvingTriangle(
        x("b"), isUpper: !fixture.flag("lower"), isTransposed: fixture.flag("transpose"),
        hasUnitDiagonal: fixture.flag("unit_diagonal"))
    case "cholesky_of_gram": return gram().cholesky()
    case "cholesky_solve_of_gram": return gram().solvingPositive(x("b"))
    case "logdet_of_gram": return gram().logDeterminant()
    case "inverse": return x("a").inverse()
    case "logdet": return x("a").logDeterminant()
    case "solve": return x("a").solving(x("b"))
    case "ridge_head":
      let transposed = x("x").transposed()
      let n = x("x").shape[1]
      let system = matmul(transposed, x("x")) + exp(x("log_l2")) * identity(n)
      return system.solvingPositive(matmul(transposed, x("y")))
    case "gaussian_process": return gaussianProcess()
    default: return nil
    }
  }

  private func identity(_ n: Int) -> Tensor {
    x(fixture.inputs.keys.min() ?? "x")
      .constant((0..<n * n).map { $0 / n == $0 % n ? 1 : 0 }, [n, n])
  }

  private func gram() -> Tensor {
    let m = x("x").shape[0]
    return matmul(x("x"), x("x").transposed()) + number("ridge") * identity(m)
  }

  private func gaussianProcess() -> Tensor {
    let (points, n) = (x("x") / exp(x("log_length")), x("x").shape[0])
    let distances = (points.expanded(at: 1) - points.expanded(at: 0)).squared.sum(axes: [2])
    let kernel =
      exp(x("log_scale")) * exp(-0.5 * distances) + exp(x("log_noise")) * identity(n)
    let y = x("y").expanded(at: 1)
    return 0.5 * (y * kernel.solvingPositive(y)).sum() + 0.5 * kernel.logDeterminant()
  }

  private func stopped() -> Tensor? {
    switch fixture.operation {
    case "stop_gradient":
      x("a") * x("b").stoppingGradient() + sin(x("a").stoppingGradient()) * x("b")
    case "stop_gradient_self": x("x") * x("x").stoppingGradient()
    case "straight_through_round": x("x") + (round(x("x")) - x("x")).stoppingGradient()
    default: nil
    }
  }
}
