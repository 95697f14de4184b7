import CKernels

/// A kernel of a convolution or an adjoint of it, which can start from what the result is to be added to.
protocol ConvolutionKernel: Kernel {
  var isAccumulating: Bool { get set }
}

extension ConvolutionKernel {
  var base: Int? { isAccumulating ? 2 : nil }

  /// The same onto a third operand.
  var accumulating: any ConvolutionKernel {
    var copy = self
    copy.isAccumulating = true
    return copy
  }

  /// A `ck_initial`.
  var initial: Int32 { Int32((isAccumulating ? CK_ACCUMULATE : CK_ZERO).rawValue) }
}

/// The kernels that add up the taps. Images are padded before, weights of the adjoint in the images flipped.
struct DirectConvolution: ConvolutionKernel {
  enum Direction: Hashable { case forward, input, weights }

  let direction: Direction
  let stride: Int
  var isAccumulating = false

  func emit(_ node: Int, into emission: inout Emission) {
    // The images are those before padding: the input of the forward convolution.
    let padded = emission.shape(node, operand: 0)
    var images = Shape([padded[0], padded[1] - 2, padded[2] - 2, padded[3]])
    var output = emission.shape(node)[3]
    if direction == .input { (images, output) = (emission.shape(node), padded[3]) }
    var descriptor = ck_convolution(images, out: output, stride: stride, initial)
    descriptor.a = emission.place(node, operand: 0)
    descriptor.b = emission.place(node, operand: 1)
    descriptor.result = emission.place(node)
    switch direction {
    case .forward: emission.call(\.convolve, descriptor)
    case .input: emission.call(\.convolve_input_gradient, descriptor)
    case .weights: emission.call(\.convolve_weight_gradient, descriptor)
    }
  }
}

/// Weights as the adjoint in the images wants them.
struct FlippedWeights: Kernel {
  let stride: Int

  func emit(_ node: Int, into emission: inout Emission) {
    let s = emission.shape(node, operand: 0)
    var descriptor = ck_convolution([0, 0, 0, s[2]], out: s[3], stride: stride)
    descriptor.a = emission.place(node, operand: 0)
    descriptor.result = emission.place(node)
    emission.call(\.flip_weights, descriptor)
  }
}

/// Images with zeros around them.
struct Padded: Kernel {
  let top: Int, left: Int, bottom: Int, right: Int

  func emit(_ node: Int, into emission: inout Emission) {
    let s = emission.shape(node, operand: 0)
    emission.call(
      \.pad,
      ck_padding(
        images: Int64(s[0]), height: Int64(s[1]), width: Int64(s[2]), channels: Int64(s[3]),
        top: Int64(top), left: Int64(left), bottom: Int64(bottom), right: Int64(right),
        x: emission.place(node, operand: 0), padded: emission.place(node)))
  }
}

extension ck_convolution {
  /// Of images before padding; places are to be filled in.
  init(_ images: Shape, out: Int, stride: Int = 1, _ initial: Int32 = 0) {
    self.init(
      images: Int64(images[0]), height: Int64(images[1]), width: Int64(images[2]),
      in: Int64(images[3]), out: Int64(out), stride: Int64(stride), initial: initial, a: 0, b: 0,
      c: 0, result: 0)
  }
}

/// Kernels chosen, and their operands prepared: those of 3x3 windows where they apply.
extension Lowering {
  typealias Prepared = (kernel: any ConvolutionKernel, operands: [Int])

  func convolution(_ node: Int, _ geometry: ConvolutionGeometry) -> Prepared {
    guard let stride = geometry.strideOf3x3 else { return windowConvolution(node, geometry) }
    let (a, b) = (image(of: source.operand(node)), image(of: source.operand(node, 1)))
    if stride == 1, isTransformed(a, channels: target.shape(b)[3]) {
      return (TransformedConvolution(), [a, target.transformed(b)])
    }
    return (
      DirectConvolution(direction: .forward, stride: stride), [target.padded(a, 1, 1, 1, 1), b]
    )
  }

  func convolutionInput(_ node: Int, _ geometry: ConvolutionGeometry) -> Prepared {
    guard let stride = geometry.strideOf3x3 else { return windowInput(node, geometry) }
    let (a, b) = (image(of: source.operand(node)), image(of: source.operand(node, 1)))
    let w = target.shape(b)
    if stride == 1, isTransformed(a, channels: w[2]) {
      let flipped = target.append(FlippedWeights(stride: 1), [b], [3, 3, w[3], w[2]])
      return (TransformedConvolution(), [a, target.transformed(flipped)])
    }
    let padded = stride == 1 ? target.padded(a, 1, 1, 1, 1) : target.padded(a, 0, 0, 1, 1)
    let flipped = target.append(FlippedWeights(stride: stride), [b], w)
    return (DirectConvolution(direction: .input, stride: stride), [padded, flipped])
  }

  /// The adjoint in the weights.
  func convolutionWeights(_ node: Int, _ geometry: ConvolutionGeometry) -> Int {
    let (x, dy, shape) = operandsOfWeights(node)
    if isTransformedGradient(x, shape, geometry) { return transformedGradient(x, dy, shape) }
    let (kernel, operands) = gradient(node, geometry)
    return target.append(kernel, operands, shape)
  }

  /// The same onto another node; `nil` where that is in another space.
  func convolutionWeights(_ node: Int, _ geometry: ConvolutionGeometry, onto base: Int) -> Int? {
    let (x, dy, shape) = operandsOfWeights(node)
    if isTransformedGradient(x, shape, geometry) {
      return transformedGradient(x, dy, shape, onto: base)
    }
    let (kernel, operands) = gradient(node, geometry)
    return target.append(kernel.accumulating, operands + [base], shape)
  }

  private func isTransformedGradient(_ x: Int, _ shape: Shape, _ geometry: ConvolutionGeometry)
    -> Bool
  {
    geometry.strideOf3x3 == 1 && isTransformed(x, channels: shape[3])
  }

  private func gradient(_ node: Int, _ geometry: ConvolutionGeometry) -> Prepared {
    guard let stride = geometry.strideOf3x3 else { return windowWeights(node, geometry) }
    let (x, dy, _) = operandsOfWeights(node)
    return (
      DirectConvolution(direction: .weights, stride: stride), [target.padded(x, 1, 1, 1, 1), dy]
    )
  }

  private func operandsOfWeights(_ node: Int) -> (x: Int, dy: Int, shape: Shape) {
    (image(of: source.operand(node)), image(of: source.operand(node, 1)), source.shape(node))
  }
}

extension Graph {
  func padded(_ x: Int, _ top: Int, _ left: Int, _ bottom: Int, _ right: Int) -> Int {
    let s = shape(x)
    return append(
      Padded(top: top, left: left, bottom: bottom, right: right), [x],
      [s[0], s[1] + top + bottom, s[2] + left + right, s[3]])
  }
}
