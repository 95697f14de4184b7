import CKernels

/// Convolutions of given images of few channels, such as a network's first layer is. What batch norm and pooling want of
/// one is computed from the images' patches (`patches.h`), and so is its gradient in the weights; an image of the
/// convolution is made only where something else reads it.
extension Lowering {
  // MARK: Sums

  /// A sum over all axes but the last of such a convolution, or of the product of two that are centred.
  func sumOfPatches(_ node: Int) -> Int? {
    let x = source.operand(node)
    guard case .sum(let axes) = source.operation(node), axes == leading(x) else { return nil }
    if let images = patchImages(x) { return target.scale(means(x), pixels(images)) }
    let factors: [Int]
    switch source.operation(x) {
    case .unary(.square): factors = [source.operand(x), source.operand(x)]
    case .binary(.multiply): factors = source.nodes[x].operands
    default: return nil
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
    guard source.operation(node) == .convolutionWeights(stride: 1), isPatched(images) else {
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
    case .poolScatter:
      return pooledGradient(images, dy)
    case .centre:
      guard centredConvolution(dy).map({ source.operand($0) }) == images else { return nil }
      let deviations = reduced(operands[0])
      return product(
        patchFactor(images), deviations, target.shape(deviations), transposed: true)
    case .spread(leading(dy)):
      let sums = target.scale(patchMeans(images), pixels(images))
      let shape = Shape([taps(images), source.shape(dy)[3]])
      return row(operands[0], times: target.spread(sums, 1..<2, to: shape))
    case .scale(let factor):
      return weightGradient(images, operands[0]).map { target.scale($0, factor) }
    case .binary(.add), .binary(.subtract):
      guard let a = weightGradient(images, operands[0]),
        let b = weightGradient(images, operands[1])
      else { return nil }
      return source.operation(dy) == .binary(.add) ? target.add(a, b) : target.subtract(a, b)
    case .binary(.multiply):
      guard let (other, factor) = operandAndRow(dy) else { return nil }
      return weightGradient(images, other).map { row(factor, times: $0) }
    default: return nil
    }
  }

  private func pooledGradient(_ images: Int, _ scattered: Int) -> Int {
    let (dy, index) = (source.operand(scattered), source.operand(scattered, 1))
    let (inputs, outputs) = (source.shape(images)[3], source.shape(dy)[3])
    let gradient = target.append(
      .patchPoolWeights, [padded(images), image[dy], image[index]], [3, 3, inputs, outputs])
    return target.reshape(gradient, [taps(images), outputs])
  }

  /// A matrix times one value a column.
  private func row(_ row: Int, times matrix: Int) -> Int {
    target.multiply(matrix, target.spread(image[row], 0..<1, to: target.shape(matrix)))
  }

  // MARK: Pooling

  /// Which of a window's values is largest, of a function of such a convolution that rises or falls all over a channel.
  func poolIndexOfPatches(_ node: Int) -> Int? {
    guard let (convolution, factors) = convolutionAndFactors(source.operand(node)) else {
      return nil
    }
    let factor = factors.map { image[$0] }.reduce(nil) { product, factor in
      product.map { target.multiply($0, factor) } ?? factor
    }
    let (images, weights) = imagesAndWeights(convolution)
    return target.append(
      .patchPoolIndex, [padded(images), weights] + (factor.map { [$0] } ?? []), source.shape(node))
  }

  /// Values of such a convolution, one of each window.
  func poolGatherOfPatches(_ node: Int) -> Int? {
    guard patchImages(source.operand(node)) != nil else { return nil }
    let (images, weights) = imagesAndWeights(source.operand(node))
    return target.append(
      .patchPoolGather, [padded(images), weights, image[source.operand(node, 1)]],
      source.shape(node))
  }

  /// The convolution of which a node is an affine function, channel by channel, and the channels' factors.
  private func convolutionAndFactors(_ y: Int) -> (convolution: Int, factors: [Int])? {
    if patchImages(y) != nil { return (y, []) }
    switch source.operation(y) {
    case .centre, .offset: return convolutionAndFactors(source.operand(y))
    case .scale(let factor) where factor > 0: return convolutionAndFactors(source.operand(y))
    case .binary(.add), .binary(.multiply):
      guard let (other, row) = operandAndRow(y),
        let (convolution, factors) = convolutionAndFactors(other)
      else { return nil }
      return (convolution, source.operation(y) == .binary(.add) ? factors : factors + [row])
    default: return nil
    }
  }

  // MARK: Patches

  /// The images of such a convolution.
  func patchImages(_ node: Int) -> Int? {
    guard source.operation(node) == .convolution(stride: 1) else { return nil }
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
    guard source.operation(node) == .centre, patchImages(source.operand(node)) != nil else {
      return nil
    }
    return source.operand(node)
  }

  private func imagesAndWeights(_ convolution: Int) -> (images: Int, weights: Int) {
    (source.operand(convolution), image[source.operand(convolution, 1)])
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
    target.append(.patchFactor, [padded(images)], [1 + taps(images), taps(images)])
  }

  private func padded(_ images: Int) -> Int { pad(image[images], 1, 1, 1, 1) }

  private func product(_ a: Int, _ b: Int, _ shape: Shape, transposed: Bool = false) -> Int {
    let product = Operation.KernelProduct(
      transposeA: transposed, isQuartered: false, rows: .any)
    return target.append(.kernelProduct(product), [a, b], shape)
  }

  /// The operands of a sum or product with one value a channel: the other one, and the channels' values.
  private func operandAndRow(_ node: Int) -> (other: Int, row: Int)? {
    let (a, b) = (source.operand(node), source.operand(node, 1))
    return [(a, b), (b, a)].lazy.compactMap { other, spread in
      source.operation(spread) == .spread(leading(node))
        ? (other, source.operand(spread)) : nil
    }.first
  }

  private func leading(_ node: Int) -> Range<Int> { 0..<max(source.shape(node).rank - 1, 0) }
}
