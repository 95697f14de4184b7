import CKernels

/// Convolutions of given images of few channels, such as a network's first layer is. What batch norm and pooling want of
/// one is computed from the images' patches (`patches.h`), and so is its gradient in the weights; an image of the
/// convolution is made only where something else reads it.
extension Lowering {
  // MARK: Sums

  /// A sum over all axes but the last of such a convolution, or of the product of two that are centred.
  func sumOfPatches(_ node: Int) -> Int? {
    let x = source.operand(node)
    guard (source.operation(node) as? Sum)?.axes == source.shape(x).leadingAxes else { return nil }
    if let images = patchImages(x) { return target.scale(means(x), pixels(images)) }
    let factors: [Int]
    if source.isUnary(x, .square) {
      factors = [source.operand(x), source.operand(x)]
    } else if source.isBinary(x, .multiply) {
      factors = source.nodes[x].operands
    } else {
      return nil
    }
    let convolutions = factors.compactMap(centredConvolution)
    guard convolutions.count == 2, Set(convolutions.map { source.operand($0) }).count == 1 else {
      return nil
    }
    let deviations = convolutions.map(reduced)
    return target.sum(target.multiply(deviations[0], deviations[1]), 0..<1)
  }

  /// The mean over all axes but the last of such a convolution; `nil` of anything else.
  func meanOfPatches(_ node: Int) -> Int? { patchImages(node).map { _ in means(node) } }

  private func means(_ convolution: Int) -> Int {
    let (images, weights) = operands(convolution)
    let means = target.reshape(patchMeans(images), [1, taps(images)])
    let shape = target.shape(weights)
    return target.reshape(product(means, weights, [1, shape[1]]), [shape[1]])
  }

  /// A matrix whose columns have the inner products of the convolution's deviations from their means.
  private func reduced(_ convolution: Int) -> Int {
    let (images, weights) = operands(convolution)
    return product(patchFactor(images), weights, target.shape(weights))
  }

  // MARK: The gradient in the weights

  /// The adjoint in the weights, where it is a sum of parts that need no image of the convolution's.
  func weightsFromPatches(_ node: Int) -> Int? {
    let images = source.operand(node)
    guard (source.operation(node) as? ConvolutionWeights)?.geometry.strideOf3x3 == 1,
      isPatched(images)
    else {
      return nil
    }
    return weightGradient(images, source.operand(node, 1)).map {
      target.reshape($0, source.shape(node))
    }
  }

  /// What the weights, [taps, out], receive when the convolution receives `dy`.
  private func weightGradient(_ images: Int, _ dy: Int) -> Int? {
    let operands = source.nodes[dy].operands
    switch source.operation(dy) {
    case is PoolScatter:
      return pooledGradient(images, dy)
    case is Centre:
      guard centredConvolution(dy).map({ source.operand($0) }) == images else { return nil }
      let deviations = reduced(operands[0])
      return product(
        patchFactor(images), deviations, target.shape(deviations), transposed: true)
    case let repeated as Spread where repeated.axes == source.shape(dy).leadingAxes:
      let sums = target.scale(patchMeans(images), pixels(images))
      let shape = Shape([taps(images), source.shape(dy)[3]])
      return row(operands[0], times: target.spread(sums, 1..<2, to: shape))
    case let scaled as Scale:
      return weightGradient(images, operands[0]).map { target.scale($0, scaled.factor) }
    case let binary as Binary:
      return weightGradient(images, dy, binary.function)
    default: return nil
    }
  }

  private func weightGradient(_ images: Int, _ dy: Int, _ function: BinaryFunction) -> Int? {
    let operands = source.nodes[dy].operands
    switch function {
    case .add, .subtract:
      guard let a = weightGradient(images, operands[0]),
        let b = weightGradient(images, operands[1])
      else { return nil }
      return function == .add ? target.add(a, b) : target.subtract(a, b)
    case .multiply:
      guard let (other, factor) = operandAndRow(dy) else { return nil }
      return weightGradient(images, other).map { row(factor, times: $0) }
    default: return nil
    }
  }

  private func pooledGradient(_ images: Int, _ scattered: Int) -> Int {
    let (dy, index) = (source.operand(scattered), source.operand(scattered, 1))
    let (inputs, outputs) = (source.shape(images)[3], source.shape(dy)[3])
    let gradient = target.append(
      PatchPoolWeights(), [padded(images), image(of: dy), image(of: index)],
      [3, 3, inputs, outputs])
    return target.reshape(gradient, [taps(images), outputs])
  }

  /// A matrix times one value a column.
  private func row(_ row: Int, times matrix: Int) -> Int {
    target.multiply(matrix, target.spread(image(of: row), 0..<1, to: target.shape(matrix)))
  }

  // MARK: Pooling

  /// Which of a window's values is largest, of a function of such a convolution that rises or falls all over a channel.
  func poolIndexOfPatches(_ node: Int) -> Int? {
    guard let (convolution, factors) = convolutionAndFactors(source.operand(node)) else {
      return nil
    }
    let factor = factors.map { image(of: $0) }.reduce(nil) { product, factor in
      product.map { target.multiply($0, factor) } ?? factor
    }
    let (images, weights) = imagesAndWeights(convolution)
    return target.append(
      PatchPoolIndex(), [padded(images), weights] + (factor.map { [$0] } ?? []), source.shape(node))
  }

  /// Values of such a convolution, one of each window.
  func poolGatherOfPatches(_ node: Int) -> Int? {
    guard patchImages(source.operand(node)) != nil else { return nil }
    let (images, weights) = imagesAndWeights(source.operand(node))
    return target.append(
      PatchPoolGather(), [padded(images), weights, image(of: source.operand(node, 1))],
      source.shape(node))
  }

  /// The convolution of which a node is an affine function, channel by channel, and the channels' factors.
  private func convolutionAndFactors(_ y: Int) -> (convolution: Int, factors: [Int])? {
    if patchImages(y) != nil { return (y, []) }
    switch source.operation(y) {
    case is Centre, is Offset: return convolutionAndFactors(source.operand(y))
    case let scaled as Scale where scaled.factor > 0:
      return convolutionAndFactors(source.operand(y))
    case let binary as Binary where binary.function == .add || binary.function == .multiply:
      guard let (other, row) = operandAndRow(y),
        let (convolution, factors) = convolutionAndFactors(other)
      else { return nil }
      return (convolution, binary.function == .add ? factors : factors + [row])
    default: return nil
    }
  }

  // MARK: Patches

  /// The images of such a convolution.
  func patchImages(_ node: Int) -> Int? {
    guard (source.operation(node) as? Convolution)?.geometry.strideOf3x3 == 1 else { return nil }
    let images = source.operand(node)
    return isPatched(images) ? images : nil
  }

  /// Whether images do not change while lower models are adapted, and have few channels.
  private func isPatched(_ images: Int) -> Bool {
    optimisations.contains(.patches) && source.nodes[images].stage <= .task
      && source.shape(images)[3] <= Int(CK_PATCH_CHANNELS)
  }

  /// The convolution that a node is the deviations of.
  private func centredConvolution(_ node: Int) -> Int? {
    guard source.operation(node) is Centre, patchImages(source.operand(node)) != nil else {
      return nil
    }
    return source.operand(node)
  }

  private func imagesAndWeights(_ convolution: Int) -> (images: Int, weights: Int) {
    (source.operand(convolution), image(of: source.operand(convolution, 1)))
  }

  /// The images, and the weights as a matrix [taps, out].
  private func operands(_ convolution: Int) -> (images: Int, weights: Int) {
    let (images, weights) = imagesAndWeights(convolution)
    return (images, target.reshape(weights, [taps(images), target.shape(weights)[3]]))
  }

  private func taps(_ images: Int) -> Int { 9 * source.shape(images)[3] }

  private func pixels(_ images: Int) -> Double {
    Double(source.shape(images).count / source.shape(images)[3])
  }

  private func patchMeans(_ images: Int) -> Int {
    target.slice(factorAndMeans(images), offset: 0, [taps(images)])
  }

  private func patchFactor(_ images: Int) -> Int {
    let taps = taps(images)
    return target.slice(factorAndMeans(images), offset: taps, [taps, taps])
  }

  private func factorAndMeans(_ images: Int) -> Int {
    target.append(PatchFactor(), [padded(images)], [1 + taps(images), taps(images)])
  }

  private func padded(_ images: Int) -> Int { target.padded(image(of: images), 1, 1, 1, 1) }

  private func product(_ a: Int, _ b: Int, _ shape: Shape, transposed: Bool = false) -> Int {
    target.append(
      KernelProduct(transposeA: transposed, isQuartered: false, rows: .any), [a, b], shape)
  }

  /// The operands of a sum or product with one value a channel: the other one, and the channels' values.
  private func operandAndRow(_ node: Int) -> (other: Int, row: Int)? {
    let (a, b) = (source.operand(node), source.operand(node, 1))
    for (other, repeated) in [(a, b), (b, a)]
    where source.isSpread(repeated, source.shape(node).leadingAxes) {
      return (other, source.operand(repeated))
    }
    return nil
  }
}

// MARK: Kernels

/// Of padded images: the means of their 3x3 patches, and the triangular factor of the patches' deviations from
/// these: [1 + taps, taps].
struct PatchFactor: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(\.patch_factor, emission.ofPatches(node))
  }
}

/// `PoolIndex` of a convolution of padded images with weights, times a factor a channel where there is a third operand.
struct PatchPoolIndex: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(
      \.convolve_pool,
      ck_convolved_pooling(
        convolution: emission.ofPatches(node), padded_x: emission.place(node, operand: 0),
        w: emission.place(node, operand: 1),
        factor: emission.operandCount(node) > 2 ? emission.place(node, operand: 2) : .nowhere,
        y: emission.companion.map(emission.place) ?? .nowhere, index: emission.place(node)))
  }
}

/// `PoolGather` of a convolution of padded images with weights.
struct PatchPoolGather: Kernel {
  var leader: Leader? { Leader(operand: 2, shared: 0..<2) }

  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(\.convolve_pool_gather, emission.ofPatches(node))
  }
}

/// Its adjoint in the weights.
struct PatchPoolWeights: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(\.convolve_pool_weight_gradient, emission.ofPatches(node))
  }
}

extension Emission {
  /// A convolution of images that are padded by 1.
  fileprivate func ofPatches(_ node: Int) -> ck_convolution {
    let s = shape(node, operand: 0)
    var descriptor = ck_convolution(
      [s[0], s[1] - 2, s[2] - 2, s[3]], out: shape(node).sizes.last ?? 0)
    descriptor.a = place(node, operand: 0)
    descriptor.b = operandCount(node) > 1 ? place(node, operand: 1) : .nowhere
    descriptor.c = operandCount(node) > 2 ? place(node, operand: 2) : .nowhere
    descriptor.result = place(node)
    return descriptor
  }
}
