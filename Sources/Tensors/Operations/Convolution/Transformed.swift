import CKernels

/// A convolution of stride 1 in transformed space, Winograd's F(4x4, 3x3) (A. Lavin and S. Gray, Fast algorithms for
/// convolutional neural networks, 2016); its adjoint in the images, where the weights were flipped before.
struct TransformedConvolution: ConvolutionKernel {
  var isAccumulating = false

  func emit(_ node: Int, into emission: inout Emission) {
    emission.callTransformed(\.winograd_convolve, node, initial)
  }
}

/// The adjoint in the transformed weights.
struct TransformedGradient: ConvolutionKernel {
  var isAccumulating = false

  func emit(_ node: Int, into emission: inout Emission) {
    emission.callTransformed(\.winograd_weight_gradient, node, initial)
  }
}

/// Weights in transformed space, `[36, in, out]`.
struct TransformedWeights: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    let s = emission.shape(node, operand: 0)
    emission.callOfWeights(\.winograd_weights, node, in: s[2], out: s[3])
  }
}

/// The adjoint of that transform.
struct TransformedWeightsAdjoint: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    let s = emission.shape(node, operand: 0)
    emission.callOfWeights(\.winograd_weights_adjoint, node, in: s[1], out: s[2])
  }
}

extension Emission {
  fileprivate mutating func callTransformed(
    _ kernel: KeyPath<ck_kernels, ck_kernel>, _ node: Int, _ initial: Int32
  ) {
    var descriptor = ck_convolution(
      shape(node, operand: 0), out: shape(node).sizes.last ?? 0, stride: 1, initial)
    descriptor.a = place(node, operand: 0)
    descriptor.b = place(node, operand: 1)
    descriptor.result = place(node)
    call(kernel, descriptor)
  }

  fileprivate mutating func callOfWeights(
    _ kernel: KeyPath<ck_kernels, ck_kernel>, _ node: Int, in input: Int, out: Int
  ) {
    var descriptor = ck_convolution([0, 0, 0, input], out: out)
    descriptor.a = place(node, operand: 0)
    descriptor.result = place(node)
    call(kernel, descriptor)
  }
}

extension Lowering {
  /// Whether a convolution is computed in transformed space: where that saves enough multiplications to pay for the
  /// transforms, on channels that fill vectors.
  func isTransformed(_ images: Int, channels: Int) -> Bool {
    let s = target.shape(images)
    let transformed = s[0] * Self.points(s[1]) * Self.points(s[2]) + Self.costOfWeights
    return optimisations.contains(.transforms) && min(s[3], channels) >= 16
      && 10 * transformed < 7 * 9 * s[0] * s[1] * s[2]
  }

  /// Points along an axis: tiles of 4 pixels have 6, and one of 2 at the end has 4.
  private static func points(_ length: Int) -> Int {
    let wide = (length + 1) / 4
    return 6 * wide + (4 * wide < length ? 4 : 0)
  }

  /// What the transforms of weights and of their gradients cost, in multiplications of images.
  private static let costOfWeights = 300

  /// The adjoint in the weights.
  func transformedGradient(_ x: Int, _ dy: Int, _ shape: Shape) -> Int {
    let gradient = target.append(TransformedGradient(), [x, dy], [36, shape[2], shape[3]])
    return target.append(TransformedWeightsAdjoint(), [gradient], shape)
  }

  /// The same onto another one, added up in transformed space; `nil` where that was not made there.
  func transformedGradient(_ x: Int, _ dy: Int, _ shape: Shape, onto base: Int) -> Int? {
    guard target.operation(base) is TransformedWeightsAdjoint else { return nil }
    let gradient = target.append(
      TransformedGradient(isAccumulating: true), [x, dy, target.operand(base)],
      [36, shape[2], shape[3]])
    return target.append(TransformedWeightsAdjoint(), [gradient], shape)
  }
}

extension Graph {
  func transformed(_ weights: Int) -> Int {
    let w = shape(weights)
    return append(TransformedWeights(), [weights], [36, w[2], w[3]])
  }
}
