import CKernels

/// Which of its pixels is largest in each window of any kind, counted row by row: the first of equals, not-a-number first
/// of all. Pixels beyond the image do not count.
package struct WindowIndex: ConstantOperation {
  package let geometry: ConvolutionGeometry

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    geometry.windows(shape, of: operands[0].shape).map { window in
      window.dropFirst().reduce(window[0]) { best, next in
        let (a, b) = (operands[0][best.pixel], operands[0][next.pixel])
        return !a.isNaN && (b > a || b.isNaN) ? next : best
      }.place
    }.map(Double.init)
  }
}

/// The values that an index of windows chooses.
package struct WindowGather: LinearOperation {
  package let geometry: ConvolutionGeometry

  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.windowGather(operands[0], operands[1], geometry)
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int {
    graph.windowScatter(
      d, graph.operand(node, 1), geometry, to: graph.shape(graph.operand(node)))
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    geometry.windows(shape, of: operands[0].shape).enumerated().map { at, window in
      window.first { Double($0.place) == operands[1][at] }.map { operands[0][$0.pixel] } ?? 0
    }
  }
}

/// What windows receive, where the index says, added up where they overlap: the adjoint of gathering.
package struct WindowScatter: LinearOperation {
  package let geometry: ConvolutionGeometry
  package var isSum: Bool { true }

  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.windowScatter(operands[0], operands[1], geometry, to: graph.shape(node))
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int {
    graph.windowGather(d, graph.operand(node, 1), geometry)
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    var result = [Double](repeating: 0, count: shape.count)
    for (at, window) in geometry.windows(operands[0].shape, of: shape).enumerated() {
      for pixel in window where Double(pixel.place) == operands[1][at] {
        result[pixel.pixel] += operands[0][at]
      }
    }
    return result
  }
}

extension WindowIndex: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(
      \.window_index,
      emission.windowPooling(
        node, geometry, images: emission.shape(node, operand: 0), outputs: emission.shape(node)))
  }
}

extension WindowGather: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(
      \.window_gather,
      emission.windowPooling(
        node, geometry, images: emission.shape(node, operand: 0), outputs: emission.shape(node)))
  }
}

extension WindowScatter: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(
      \.window_scatter,
      emission.windowPooling(
        node, geometry, images: emission.shape(node), outputs: emission.shape(node, operand: 0)))
  }
}

extension ck_window_pooling: Descriptor {}

extension Emission {
  fileprivate func windowPooling(
    _ node: Int, _ g: ConvolutionGeometry, images x: Shape, outputs y: Shape
  ) -> ck_window_pooling {
    ck_window_pooling(
      images: Int64(x[0]), height: Int64(x[1]), width: Int64(x[2]), channels: Int64(x[3]),
      kernel_height: Int64(g.height.kernel), kernel_width: Int64(g.width.kernel),
      stride_height: Int64(g.height.stride), stride_width: Int64(g.width.stride),
      dilation_height: Int64(g.height.dilation), dilation_width: Int64(g.width.dilation),
      top: Int64(g.height.before), left: Int64(g.width.before), out_height: Int64(y[1]),
      out_width: Int64(y[2]), x: place(node, operand: 0),
      index: operandCount(node) > 1 ? place(node, operand: 1) : .nowhere, result: place(node))
  }
}

extension Graph {
  func windowIndex(_ x: Int, _ geometry: ConvolutionGeometry, to outputs: Shape) -> Int {
    append(WindowIndex(geometry: geometry), [x], outputs)
  }

  func windowGather(_ x: Int, _ index: Int, _ geometry: ConvolutionGeometry) -> Int {
    if let value = constantValue(x) { return fill(value, shape(index)) }
    return append(WindowGather(geometry: geometry), [x, index], shape(index))
  }

  func windowScatter(
    _ dy: Int, _ index: Int, _ geometry: ConvolutionGeometry, to images: Shape
  ) -> Int {
    if isZero(dy) { return fill(0, images) }
    return append(WindowScatter(geometry: geometry), [dy, index], images)
  }
}

extension ConvolutionGeometry {
  /// Of each output's window the pixels within the image: their places in the window and in the images' elements.
  package func windows(
    _ outputs: Shape, of images: Shape
  ) -> [[(place: Int, pixel: Int)]] {
    (0..<outputs.count).map { at in
      let c = at % outputs[3], j = at / outputs[3] % outputs[2]
      let i = at / (outputs[3] * outputs[2]) % outputs[1]
      let n = at / (outputs[3] * outputs[2] * outputs[1])
      return (0..<height.kernel * width.kernel).compactMap { place in
        let y = i * height.stride - height.before + place / width.kernel * height.dilation
        let x = j * width.stride - width.before + place % width.kernel * width.dilation
        guard y >= 0, x >= 0, y < images[1], x < images[2] else { return nil }
        return (place, ((n * images[1] + y) * images[2] + x) * images[3] + c)
      }
    }
  }
}
