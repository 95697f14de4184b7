import CKernels

/// The kernel of convolutions with windows of any kind, of images padded before. Also the adjoint in the images: of what
/// windows receive, set apart by the stride, with flipped weights.
struct WindowConvolution: ConvolutionKernel {
  let geometry: ConvolutionGeometry
  var isAccumulating = false

  func emit(_ node: Int, into emission: inout Emission) {
    let (x, y) = (emission.shape(node, operand: 0), emission.shape(node))
    let descriptor = emission.windows(node, geometry, padded: x, outputs: y, initial)
    emission.call(
      geometry.isDepthwise(x[3], y[3]) ? \.depthwise_convolve : \.window_convolve, descriptor)
  }
}

/// The adjoint in the weights.
struct WindowWeights: ConvolutionKernel {
  let geometry: ConvolutionGeometry
  var isAccumulating = false

  func emit(_ node: Int, into emission: inout Emission) {
    let (x, y) = (emission.shape(node, operand: 0), emission.shape(node, operand: 1))
    let descriptor = emission.windows(node, geometry, padded: x, outputs: y, initial)
    emission.call(
      geometry.isDepthwise(x[3], y[3]) ? \.depthwise_weight_gradient : \.window_weight_gradient,
      descriptor)
  }
}

extension ck_windows: Descriptor {}

extension Emission {
  fileprivate func windows(
    _ node: Int, _ g: ConvolutionGeometry, padded x: Shape, outputs y: Shape, _ initial: Int32
  ) -> ck_windows {
    ck_windows(
      images: Int64(x[0]), in: Int64(x[3]), out: Int64(y[3]), groups: Int64(g.groups),
      kernel_height: Int64(g.height.kernel), kernel_width: Int64(g.width.kernel),
      stride_height: Int64(g.height.stride), stride_width: Int64(g.width.stride),
      dilation_height: Int64(g.height.dilation), dilation_width: Int64(g.width.dilation),
      padded_height: Int64(x[1]), padded_width: Int64(x[2]), out_height: Int64(y[1]),
      out_width: Int64(y[2]), initial: initial, a: place(node, operand: 0),
      b: place(node, operand: 1), result: place(node))
  }
}

extension Lowering {
  func windowConvolution(
    _ node: Int, _ geometry: ConvolutionGeometry
  ) -> (kernel: any ConvolutionKernel, operands: [Int]) {
    let (x, w) = (image(of: source.operand(node)), image(of: source.operand(node, 1)))
    return (WindowConvolution(geometry: geometry), [target.padded(x, geometry), w])
  }

  func windowInput(
    _ node: Int, _ geometry: ConvolutionGeometry
  ) -> (kernel: any ConvolutionKernel, operands: [Int]) {
    let (dy, w) = (image(of: source.operand(node)), image(of: source.operand(node, 1)))
    let operands = [
      target.setApart(dy, geometry, images: source.shape(node)), target.flipped(w, geometry),
    ]
    return (WindowConvolution(geometry: geometry.ofAdjoint), operands)
  }

  func windowWeights(
    _ node: Int, _ geometry: ConvolutionGeometry
  ) -> (kernel: any ConvolutionKernel, operands: [Int]) {
    let (x, dy) = (image(of: source.operand(node)), image(of: source.operand(node, 1)))
    return (WindowWeights(geometry: geometry), [target.padded(x, geometry), dy])
  }
}

extension Graph {
  /// Images with the zeros around them that a convolution asks for.
  fileprivate func padded(_ x: Int, _ g: ConvolutionGeometry) -> Int {
    if [g.height, g.width].allSatisfy({ $0.before == 0 && $0.after == 0 }) { return x }
    return padded(x, g.height.before, g.width.before, g.height.after, g.width.after)
  }

  /// What windows receive, where each began, within zeros, so that windows of the same size put it together to images.
  fileprivate func setApart(_ dy: Int, _ g: ConvolutionGeometry, images: Shape) -> Int {
    let s = shape(dy)
    let reach = [g.height.reach, g.width.reach]
    let sizes: Shape = [s[0], images[1] + reach[0] - 1, images[2] + reach[1] - 1, s[3]]
    let strides = sizes.strides
    let start =
      (reach[0] - 1 - g.height.before) * strides[1] + (reach[1] - 1 - g.width.before) * strides[2]
    return placeWithin(
      dy, start: [reach[0] - 1 - g.height.before, reach[1] - 1 - g.width.before], start,
      [strides[0], g.height.stride * strides[1], g.width.stride * strides[2], 1], sizes)
  }

  /// Where padding is larger than a window, outputs lie beyond what images can receive from: they are left out.
  private func placeWithin(
    _ x: Int, start corner: [Int], _ start: Int, _ steps: [Int], _ target: Shape
  ) -> Int {
    var (x, start) = (x, start)
    for (axis, corner) in zip([1, 2], corner) {
      let step = steps[axis] / target.strides[axis]
      let first = max(0, (-corner + step - 1) / step)
      let last = min(shape(x)[axis], (target[axis] - corner + step - 1) / step)
      if first > 0 || last < shape(x)[axis] {
        x = piece(x, axis, first..<max(first, last))
        start += first * steps[axis]
      }
    }
    return place(x, start, steps, in: target)
  }

  /// Weights [height, width, in / groups, out] as the adjoint in the images wants them: both image axes reversed, in and
  /// out exchanged within each group.
  fileprivate func flipped(_ w: Int, _ g: ConvolutionGeometry) -> Int {
    let (s, strides) = (shape(w), shape(w).strides)
    let out = s[3] / g.groups
    let rows: Shape = [s[0], s[1], out, g.groups, s[2]]
    let turned = select(
      w, (s[0] - 1) * strides[0] + (s[1] - 1) * strides[1],
      [-strides[0], -strides[1], 1, out, strides[2]], to: rows)
    return reshape(turned, [s[0], s[1], out, g.groups * s[2]])
  }
}
