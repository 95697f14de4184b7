/// A convolution: y = convolution(x, w), of images [n, height, width, in] and weights [height, width, in / groups, out].
/// It and its two adjoints are each other's derivatives.
package struct Convolution: BilinearOperation {
  package let geometry: ConvolutionGeometry

  package func applied(to a: Int, _ b: Int, like node: Int, in graph: Graph) -> Int {
    graph.convolution(a, b, geometry)
  }

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    let (x, w) = (graph.operand(node), graph.operand(node, 1))
    if index == 1 { return graph.convolutionWeights(x, d, geometry) }
    let s = graph.shape(x)
    return graph.convolutionInput(d, w, geometry, height: s[1], width: s[2])
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    var y = [Double](repeating: 0, count: shape.count)
    Taps(images: operands[0].shape, outputs: shape, geometry).eachTerm {
      y[$2] += operands[0][$0] * operands[1][$1]
    }
    return y
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    let (kernel, operands) = lowering.convolution(node, geometry)
    return lowering.target.append(kernel, operands, lowering.source.shape(node))
  }
}

/// The adjoint in the images: dx = convolutionInput(dy, w).
package struct ConvolutionInput: BilinearOperation {
  package let geometry: ConvolutionGeometry

  package func applied(to a: Int, _ b: Int, like node: Int, in graph: Graph) -> Int {
    let s = graph.shape(node)
    return graph.convolutionInput(a, b, geometry, height: s[1], width: s[2])
  }

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    let (dy, w) = (graph.operand(node), graph.operand(node, 1))
    return index == 0
      ? graph.convolution(d, w, geometry) : graph.convolutionWeights(d, dy, geometry)
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    var dx = [Double](repeating: 0, count: shape.count)
    Taps(images: shape, outputs: operands[0].shape, geometry).eachTerm {
      dx[$0] += operands[0][$2] * operands[1][$1]
    }
    return dx
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    let (kernel, operands) = lowering.convolutionInput(node, geometry)
    return lowering.target.append(kernel, operands, lowering.source.shape(node))
  }
}

/// The adjoint in the weights: dw = convolutionWeights(x, dy).
package struct ConvolutionWeights: BilinearOperation {
  package let geometry: ConvolutionGeometry

  package func applied(to a: Int, _ b: Int, like node: Int, in graph: Graph) -> Int {
    graph.convolutionWeights(a, b, geometry)
  }

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    let (x, dy) = (graph.operand(node), graph.operand(node, 1))
    if index == 1 { return graph.convolution(x, d, geometry) }
    let s = graph.shape(x)
    return graph.convolutionInput(dy, d, geometry, height: s[1], width: s[2])
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    var dw = [Double](repeating: 0, count: shape.count)
    Taps(images: operands[0].shape, outputs: operands[1].shape, geometry).eachTerm {
      dw[$1] += operands[0][$0] * operands[1][$2]
    }
    return dw
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    lowering.weightsFromPatches(node) ?? lowering.convolutionWeights(node, geometry)
  }
}

extension Convolution: AccumulatingOperation {
  func lowered(_ node: Int, onto base: Int, in lowering: Lowering) -> Int? {
    let (kernel, operands) = lowering.convolution(node, geometry)
    return lowering.target.append(
      kernel.accumulating, operands + [base], lowering.source.shape(node))
  }
}

extension ConvolutionInput: AccumulatingOperation {
  func lowered(_ node: Int, onto base: Int, in lowering: Lowering) -> Int? {
    let (kernel, operands) = lowering.convolutionInput(node, geometry)
    return lowering.target.append(
      kernel.accumulating, operands + [base], lowering.source.shape(node))
  }
}

extension ConvolutionWeights: AccumulatingOperation {
  func lowered(_ node: Int, onto base: Int, in lowering: Lowering) -> Int? {
    lowering.convolutionWeights(node, geometry, onto: base)
  }
}

extension Graph {
  func convolution(_ x: Int, _ w: Int, _ geometry: ConvolutionGeometry) -> Int {
    let (s, out) = (shape(x), shape(w)[3])
    let target: Shape = [s[0], geometry.height.outputs(s[1]), geometry.width.outputs(s[2]), out]
    if geometry.isOfPixels {
      // Windows of one pixel: the product of all pixels with a matrix.
      let pixels = reshape(x, [s.count / max(s[3], 1), s[3]])
      return reshape(product(pixels, reshape(w, [s[3], out])), target)
    }
    return bilinear(Convolution(geometry: geometry), x, w, target)
  }

  func convolutionInput(
    _ dy: Int, _ w: Int, _ geometry: ConvolutionGeometry, height: Int, width: Int
  ) -> Int {
    let target: Shape = [shape(dy)[0], height, width, shape(w)[2] * geometry.groups]
    return bilinear(ConvolutionInput(geometry: geometry), dy, w, target)
  }

  func convolutionWeights(_ x: Int, _ dy: Int, _ geometry: ConvolutionGeometry) -> Int {
    let target: Shape = [
      geometry.height.kernel, geometry.width.kernel, shape(x)[3] / geometry.groups, shape(dy)[3],
    ]
    return bilinear(ConvolutionWeights(geometry: geometry), x, dy, target)
  }
}

/// The terms of a convolution by its definition.
private struct Taps {
  private let images: Shape
  private let outputs: Shape
  private let geometry: ConvolutionGeometry

  init(images: Shape, outputs: Shape, _ geometry: ConvolutionGeometry) {
    (self.images, self.outputs, self.geometry) = (images, outputs, geometry)
  }

  /// Every pixel's number, weight and output that meet.
  func eachTerm(_ body: (_ x: Int, _ w: Int, _ y: Int) -> Void) {
    let (inputs, filters) = (images[3] / geometry.groups, outputs[3] / geometry.groups)
    eachMeeting { pixel, tap, output in
      for b in 0..<outputs[3] {
        let first = pixel + b / filters * inputs
        for a in 0..<inputs { body(first + a, (tap * inputs + a) * outputs[3] + b, output + b) }
      }
    }
  }

  /// Every pixel, tap and output that meet, the first and last by their first channels.
  private func eachMeeting(_ body: (_ pixel: Int, _ tap: Int, _ output: Int) -> Void) {
    let (rows, columns) = (geometry.height, geometry.width)
    for n in 0..<images[0] {
      for i in 0..<outputs[1] {
        for j in 0..<outputs[2] {
          for tap in 0..<rows.kernel * columns.kernel {
            let y = i * rows.stride + tap / columns.kernel * rows.dilation - rows.before
            let x = j * columns.stride + tap % columns.kernel * columns.dilation - columns.before
            guard y >= 0, x >= 0, y < images[1], x < images[2] else { continue }
            body(
              ((n * images[1] + y) * images[2] + x) * images[3], tap,
              ((n * outputs[1] + i) * outputs[2] + j) * outputs[3])
          }
        }
      }
    }
  }
}
