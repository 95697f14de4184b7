/// A 3x3 convolution with padding 1: y = convolution(x, w), of images [n, height, width, in] and weights [3, 3, in, out].
/// It and its two adjoints are each other's derivatives.
package struct Convolution: BilinearOperation {
  package let stride: Int

  package func applied(to a: Int, _ b: Int, like node: Int, in graph: Graph) -> Int {
    graph.convolution(a, b, stride: stride)
  }

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    let (x, w) = (graph.operand(node), graph.operand(node, 1))
    if index == 1 { return graph.convolutionWeights(x, d, stride: stride) }
    let s = graph.shape(x)
    return graph.convolutionInput(d, w, stride: stride, height: s[1], width: s[2])
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    var y = [Double](repeating: 0, count: shape.count)
    Taps(images: operands[0].shape, outputs: shape, stride).eachTerm {
      y[$2] += operands[0][$0] * operands[1][$1]
    }
    return y
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    let (kernel, operands) = lowering.convolution(node, stride)
    return lowering.target.append(kernel, operands, lowering.source.shape(node))
  }
}

/// The adjoint in the images: dx = convolutionInput(dy, w).
package struct ConvolutionInput: BilinearOperation {
  package let stride: Int

  package func applied(to a: Int, _ b: Int, like node: Int, in graph: Graph) -> Int {
    let s = graph.shape(node)
    return graph.convolutionInput(a, b, stride: stride, height: s[1], width: s[2])
  }

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    let (dy, w) = (graph.operand(node), graph.operand(node, 1))
    return index == 0
      ? graph.convolution(d, w, stride: stride) : graph.convolutionWeights(d, dy, stride: stride)
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    var dx = [Double](repeating: 0, count: shape.count)
    Taps(images: shape, outputs: operands[0].shape, stride).eachTerm {
      dx[$0] += operands[0][$2] * operands[1][$1]
    }
    return dx
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    let (kernel, operands) = lowering.convolutionInput(node, stride)
    return lowering.target.append(kernel, operands, lowering.source.shape(node))
  }
}

/// The adjoint in the weights: dw = convolutionWeights(x, dy).
package struct ConvolutionWeights: BilinearOperation {
  package let stride: Int

  package func applied(to a: Int, _ b: Int, like node: Int, in graph: Graph) -> Int {
    graph.convolutionWeights(a, b, stride: stride)
  }

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    let (x, dy) = (graph.operand(node), graph.operand(node, 1))
    if index == 1 { return graph.convolution(x, d, stride: stride) }
    let s = graph.shape(x)
    return graph.convolutionInput(dy, d, stride: stride, height: s[1], width: s[2])
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    var dw = [Double](repeating: 0, count: shape.count)
    Taps(images: operands[0].shape, outputs: operands[1].shape, stride).eachTerm {
      dw[$1] += operands[0][$0] * operands[1][$2]
    }
    return dw
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    lowering.weightsFromPatches(node) ?? lowering.convolutionWeights(node, stride)
  }
}

extension Convolution: AccumulatingOperation {
  func lowered(_ node: Int, onto base: Int, in lowering: Lowering) -> Int? {
    let (kernel, operands) = lowering.convolution(node, stride)
    return lowering.target.append(
      kernel.accumulating, operands + [base], lowering.source.shape(node))
  }
}

extension ConvolutionInput: AccumulatingOperation {
  func lowered(_ node: Int, onto base: Int, in lowering: Lowering) -> Int? {
    let (kernel, operands) = lowering.convolutionInput(node, stride)
    return lowering.target.append(
      kernel.accumulating, operands + [base], lowering.source.shape(node))
  }
}

extension ConvolutionWeights: AccumulatingOperation {
  func lowered(_ node: Int, onto base: Int, in lowering: Lowering) -> Int? {
    lowering.convolutionWeights(node, stride, onto: base)
  }
}

extension Graph {
  func convolution(_ x: Int, _ w: Int, stride: Int) -> Int {
    let s = shape(x)
    let target: Shape = [
      s[0], (s[1] + stride - 1) / stride, (s[2] + stride - 1) / stride, shape(w)[3],
    ]
    return bilinear(Convolution(stride: stride), x, w, target)
  }

  func convolutionInput(_ dy: Int, _ w: Int, stride: Int, height: Int, width: Int) -> Int {
    let target: Shape = [shape(dy)[0], height, width, shape(w)[2]]
    return bilinear(ConvolutionInput(stride: stride), dy, w, target)
  }

  func convolutionWeights(_ x: Int, _ dy: Int, stride: Int) -> Int {
    let target: Shape = [3, 3, shape(x)[3], shape(dy)[3]]
    return bilinear(ConvolutionWeights(stride: stride), x, dy, target)
  }
}

/// The terms of a convolution by its definition.
private struct Taps {
  private let images: Shape
  private let outputs: Shape
  private let stride: Int

  init(images: Shape, outputs: Shape, _ stride: Int) {
    (self.images, self.outputs, self.stride) = (images, outputs, stride)
  }

  /// Every pixel's number, weight and output that meet.
  func eachTerm(_ body: (_ x: Int, _ w: Int, _ y: Int) -> Void) {
    eachMeeting { pixel, tap, output in
      for a in 0..<images[3] {
        for b in 0..<outputs[3] {
          body(pixel + a, (tap * images[3] + a) * outputs[3] + b, output + b)
        }
      }
    }
  }

  /// Every pixel, tap and output that meet, the first and last by their first channels.
  private func eachMeeting(_ body: (_ pixel: Int, _ tap: Int, _ output: Int) -> Void) {
    let (height, width) = (images[1], images[2])
    for n in 0..<images[0] {
      for i in 0..<outputs[1] {
        for j in 0..<outputs[2] {
          for tap in 0..<9 {
            let (y, x) = (i * stride + tap / 3 - 1, j * stride + tap % 3 - 1)
            guard y >= 0, x >= 0, y < height, x < width else { continue }
            body(
              ((n * height + y) * width + x) * images[3], tap,
              ((n * outputs[1] + i) * outputs[2] + j) * outputs[3])
          }
        }
      }
    }
  }
}
