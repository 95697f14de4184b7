import PlainText

/// Modules there and layers here, kind by kind.
extension ModuleTensors {
  /// The module's tensors as a layer has them here.
  ///
  /// - Parameters:
  ///   - images: The channels, height and width of images that it takes flattened.
  ///   - path: What errors call the file.
  /// - Returns: The tensors, by their whole names, the modules above them named as they are there.
  /// - Throws: ``StateError`` where tensors do not belong together.
  func ours(flattened images: [Int]?, at path: String) throws(StateError) -> [NamedTensor] {
    if self["weight_ih_l0"] != nil { return try recurrentOurs(path) }
    if self["in_proj_weight"] != nil { return try attentionOurs(path) }
    if leaves.contains("running_mean") || self["weight"]?.shape.count == 1 { return normOurs() }
    return try weighted(images, isOurs: true, path)
  }

  /// A layer's tensors as the module has them there.
  func theirs(flattened images: [Int]?, at path: String) throws(StateError) -> [NamedTensor] {
    if self["input_weight"] != nil { return try recurrentTheirs(path) }
    if self["query.weight"] != nil { return try attentionTheirs(path) }
    if self["gain"] != nil { return normTheirs() }
    return try weighted(images, isOurs: false, path)
  }

  private func refused(_ words: String, _ path: String) -> StateError {
    StateError(.malformed, path, "\(name.asShown): \(words); correct the map, or the file")
  }

  // MARK: Dense layers, embeddings, convolutions

  private func weighted(
    _ images: [Int]?, isOurs: Bool, _ path: String
  ) throws(StateError) -> [NamedTensor] {
    var result: [NamedTensor] = []
    for (leaf, tensor) in tensors {
      guard leaf == "weight" else {
        result.append(made(leaf, tensor))
        continue
      }
      result.append(made(leaf, try weight(tensor, images, isOurs, path)))
    }
    return result
  }

  private func weight(
    _ tensor: NamedTensor, _ images: [Int]?, _ isOurs: Bool, _ path: String
  ) throws(StateError) -> NamedTensor {
    switch tensor.shape.count {
    case 2 where self["bias"] != nil:
      guard let images else { return try tensor.laidOut(.transpose, at: path) }
      guard images.count == 3 else {
        throw refused("flattened images have channels, height and width", path)
      }
      let there: [AxisOperation] = [
        .split(axis: 1, sizes: images), .permute([2, 3, 1, 0]),
        .join(axis: 0, sizes: [images[1], images[2], images[0]]),
      ]
      let back = there.reversed().map(\.inverse)
      let ways = isOurs ? there : back
      return try tensor.laidOut(ways[0], ways[1], ways[2], at: path)
    // Filters, of one axis and of two; those of transposed convolutions are the same.
    case 3: return try tensor.laidOut(.permute([2, 1, 0]), at: path)
    case 4:
      return try tensor.laidOut(.permute(isOurs ? [2, 3, 1, 0] : [3, 2, 0, 1]), at: path)
    default: return tensor
    }
  }

  // MARK: Norms

  private static let norms: [(ours: String, theirs: String)] = [
    ("gain", "weight"), ("shift", "bias"), ("mean", "running_mean"),
    ("variance", "running_var"),
  ]

  private func normOurs() -> [NamedTensor] {
    Self.norms.compactMap { leaf in self[leaf.theirs].map { made(leaf.ours, $0) } }
  }

  private func normTheirs() -> [NamedTensor] {
    let found = Self.norms.compactMap { leaf in self[leaf.ours].map { made(leaf.theirs, $0) } }
    guard self["mean"] != nil else { return found }
    return found + [made("num_batches_tracked", NamedTensor("", shape: [], elements: [Int64(0)]))]
  }

  // MARK: Recurrent layers

  /// Weights `[gates hidden, in]` there, `[gates, in, hidden]` here, the gates in the same order.
  private func recurrentOurs(_ path: String) throws(StateError) -> [NamedTensor] {
    guard let input = self["weight_ih_l0"], let hidden = self["weight_hh_l0"],
      tensors.allSatisfy({ $0.leaf.hasSuffix("_l0") }), hidden.shape.count == 2,
      hidden.shape[1] > 0, hidden.shape[0] % hidden.shape[1] == 0
    else { throw refused("an LSTM or GRU of one layer, in one direction, has other tensors", path) }
    let (width, gates) = (hidden.shape[1], hidden.shape[0] / hidden.shape[1])
    func split(_ tensor: NamedTensor) throws(StateError) -> NamedTensor {
      try tensor.laidOut(.split(axis: 0, sizes: [gates, width]), at: path)
    }
    func turned(_ tensor: NamedTensor) throws(StateError) -> NamedTensor {
      try split(tensor).laidOut(.permute([0, 2, 1]), at: path)
    }
    guard let first = self["bias_ih_l0"], let second = self["bias_hh_l0"],
      let sum = first.plus(second)
    else { throw refused("it has no two biases of one shape", path) }
    let weights = [
      made("input_weight", try turned(input)), made("hidden_weight", try turned(hidden)),
    ]
    // Of three gates, one's second bias is multiplied, and so not one with the first.
    return gates == 4
      ? weights + [made("bias", try split(sum))]
      : weights + [made("bias", try split(first)), made("hidden_bias", try split(second))]
  }

  private func recurrentTheirs(_ path: String) throws(StateError) -> [NamedTensor] {
    guard let input = self["input_weight"], let hidden = self["hidden_weight"],
      let bias = self["bias"], hidden.shape.count == 3
    else { throw refused("it has no input_weight, hidden_weight and bias", path) }
    let sizes = [hidden.shape[0], hidden.shape[2]]
    func joined(_ tensor: NamedTensor) throws(StateError) -> NamedTensor {
      try tensor.laidOut(.join(axis: 0, sizes: sizes), at: path)
    }
    func turned(_ tensor: NamedTensor) throws(StateError) -> NamedTensor {
      try joined(tensor.laidOut(.permute([0, 2, 1]), at: path))
    }
    return [
      made("weight_ih_l0", try turned(input)), made("weight_hh_l0", try turned(hidden)),
      made("bias_ih_l0", try joined(bias)),
      made("bias_hh_l0", try joined(self["hidden_bias"] ?? bias.zeros)),
    ]
  }

  // MARK: Attention

  private func attentionOurs(_ path: String) throws(StateError) -> [NamedTensor] {
    guard let weights = self["in_proj_weight"]?.pieces(3),
      let biases = self["in_proj_bias"]?.pieces(3),
      let output = self["out_proj.weight"], let outputBias = self["out_proj.bias"]
    else { throw refused("attention has in_proj and out_proj, weight and bias each", path) }
    var result: [NamedTensor] = []
    for (part, (weight, bias)) in zip(Attention.projections, zip(weights, biases)) {
      result.append(made("\(part).weight", try weight.laidOut(.transpose, at: path)))
      result.append(made("\(part).bias", bias))
    }
    result.append(made("output.weight", try output.laidOut(.transpose, at: path)))
    return result + [made("output.bias", outputBias)]
  }

  private func attentionTheirs(_ path: String) throws(StateError) -> [NamedTensor] {
    var weights: [NamedTensor] = []
    for part in Attention.projections {
      guard let weight = self["\(part).weight"] else { break }
      weights.append(try weight.laidOut(.transpose, at: path))
    }
    let biases = Attention.projections.compactMap { self["\($0).bias"] }
    guard weights.count == 3, biases.count == 3, let weight = NamedTensor.joined(weights),
      let bias = NamedTensor.joined(biases), let output = self["output.weight"],
      let outputBias = self["output.bias"]
    else { throw refused("attention has query, key, value and output, of one width", path) }
    return [
      made("in_proj_weight", weight), made("in_proj_bias", bias),
      made("out_proj.weight", try output.laidOut(.transpose, at: path)),
      made("out_proj.bias", outputBias),
    ]
  }
}
