import Foundation
import Tensors

/// Computes a graph node by node, in double precision with plain loops: what planned programs are compared with.
struct ReferenceEvaluator {
  private(set) var values: [[Double]] = []

  init(_ graph: Graph, inputs: [[Double]]) {
    for node in graph.nodes {
      values.append(value(node, graph, inputs))
    }
  }

  func callAsFunction(_ tensor: Tensor) -> [Double] { values[tensor.node] }

  private func value(_ node: Graph.Node, _ graph: Graph, _ inputs: [[Double]]) -> [Double] {
    let x = node.operands.first.map { values[$0] } ?? []
    let y = node.operands.count > 1 ? values[node.operands[1]] : []
    let shapes = node.operands.map { graph.nodes[$0].shape }
    let count = node.shape.count
    switch node.operation {
    case .input(let number): return inputs[number]
    case .constant(let value): return [value]
    case .unary(let function): return x.map { Self.unary(function, $0) }
    case .binary(let function): return zip(x, y).map { Self.binary(function, $0, $1) }
    case .scale(let factor): return x.map { $0 * factor }
    case .offset(let amount): return x.map { $0 + amount }
    case .sum(let axes):
      let (outer, middle, inner) = Self.split(shapes[0], axes)
      return Self.fill(outer * inner) { index in
        let (o, i) = index.quotientAndRemainder(dividingBy: inner)
        return (0..<middle).reduce(0) { $0 + x[(o * middle + $1) * inner + i] }
      }
    case .spread(let axes):
      let (_, middle, inner) = Self.split(node.shape, axes)
      return Self.fill(count) { x[$0 / (middle * inner) * inner + $0 % inner] }
    case .reshape: return x
    case .transpose:
      let (rows, columns) = (shapes[0][0], shapes[0][1])
      return Self.fill(count) { x[$0 % rows * columns + $0 / rows] }
    case .centre:
      let inner = node.shape.sizes.last ?? 1
      let rows = count / inner
      return Self.fill(count) { index in
        x[index] - (0..<rows).reduce(0) { $0 + x[$1 * inner + index % inner] } / Double(rows)
      }
    case .slice(let offset): return Array(x[offset..<offset + count])
    case .assemble(let offsets):
      var result = [Double](repeating: 0, count: count)
      for (offset, operand) in zip(offsets, node.operands) {
        result.replaceSubrange(offset..<offset + values[operand].count, with: values[operand])
      }
      return result
    case .product(let transposeA, let transposeB):
      let k = shapes[0][transposeA ? 0 : 1]
      let (m, n) = (node.shape[0], node.shape[1])
      return Self.fill(count) { index in
        let (i, j) = index.quotientAndRemainder(dividingBy: n)
        return (0..<k).reduce(0) { sum, l in
          sum + x[transposeA ? l * m + i : i * k + l] * y[transposeB ? j * k + l : l * n + j]
        }
      }
    case .softmax, .logSumExp, .rowMaximum: return rows(node.operation, x, shapes[0])
    case .oneHot:
      return Self.fill(count) { x[$0 / node.shape[1]] == Double($0 % node.shape[1]) ? 1 : 0 }
    case .gatherRows:
      let inner = count / node.shape[0]
      return Self.fill(count) { x[Int(y[$0 / inner]) * inner + $0 % inner] }
    case .scatterRows:
      let inner = count / node.shape[0]
      var result = [Double](repeating: 0, count: count)
      for index in x.indices { result[Int(y[index / inner]) * inner + index % inner] += x[index] }
      return result
    case .convolution(let s): return Convolutions(shapes[0], node.shape, s).forward(x, y)
    case .convolutionInput(let s): return Convolutions(node.shape, shapes[0], s).input(x, y)
    case .convolutionWeights(let s): return Convolutions(shapes[0], shapes[1], s).weights(x, y)
    case .poolIndex:
      return Self.fill(count) { at in
        let window = Self.window(at, node.shape, shapes[0]).map { x[$0] }
        return Double(window.indices.first { window[$0] == window.max() } ?? 0)
      }
    case .poolGather:
      return Self.fill(count) { x[Self.window($0, node.shape, shapes[0])[Int(y[$0])]] }
    case .poolScatter:
      var result = [Double](repeating: 0, count: count)
      for at in x.indices { result[Self.window(at, shapes[0], node.shape)[Int(y[at])]] += x[at] }
      return result
    case .kernelProduct, .quarters, .moments, .convolutionOnto, .convolutionInputOnto,
      .convolutionWeightsOnto,
      .poolIndexOfAffine, .patchFactor, .patchPoolIndex, .patchPoolGather, .patchPoolWeights, .pad,
      .flipWeights, .transformWeights, .transformWeightsAdjoint,
      .transformedConvolution, .transformedConvolutionOnto, .transformedGradient,
      .transformedGradientOnto:
      fatalError("planner operations are not traced")
    }
  }

  private static func fill(_ count: Int, _ value: (Int) -> Double) -> [Double] {
    (0..<count).map(value)
  }

  private static func split(_ shape: Shape, _ axes: Range<Int>) -> (Int, Int, Int) {
    (
      shape.sizes[..<axes.lowerBound].reduce(1, *), shape.sizes[axes].reduce(1, *),
      shape.sizes[axes.upperBound...].reduce(1, *)
    )
  }

  private func rows(_ operation: Tensors.Operation, _ x: [Double], _ shape: Shape) -> [Double] {
    let classes = shape[1]
    return (0..<shape[0]).flatMap { row -> [Double] in
      let own = x[row * classes..<(row + 1) * classes]
      let most = own.max() ?? 0
      let total = own.reduce(0) { $0 + exp($1 - most) }
      switch operation {
      case .softmax: return own.map { exp($0 - most) / total }
      case .logSumExp: return [most + log(total)]
      default: return [most]
      }
    }
  }

  /// Where the four values of a pooled element's window are.
  private static func window(_ at: Int, _ pooled: Shape, _ image: Shape) -> [Int] {
    let c = at % pooled[3]
    let j = at / pooled[3] % pooled[2]
    let i = at / (pooled[3] * pooled[2]) % pooled[1]
    let n = at / (pooled[3] * pooled[2] * pooled[1])
    return [(0, 0), (0, 1), (1, 0), (1, 1)].map { di, dj in
      ((n * image[1] + 2 * i + di) * image[2] + 2 * j + dj) * image[3] + c
    }
  }

  private static func unary(_ function: UnaryFunction, _ x: Double) -> Double {
    switch function {
    case .exp: exp(x)
    case .log: log(x)
    case .tanh: tanh(x)
    case .sigmoid: 1 / (1 + exp(-x))
    case .softplus: max(x, 0) + log1p(exp(-abs(x)))
    case .relu: max(x, 0)
    case .square: x * x
    case .squareRoot: x.squareRoot()
    case .reciprocalSquareRoot: 1 / x.squareRoot()
    case .reciprocal: 1 / x
    case .absolute: abs(x)
    case .sign: x > 0 ? 1 : x < 0 ? -1 : 0
    case .step: x > 0 ? 1 : 0
    }
  }

  private static func binary(_ function: BinaryFunction, _ x: Double, _ y: Double) -> Double {
    switch function {
    case .add: x + y
    case .subtract: x - y
    case .multiply: x * y
    case .divide: x / y
    case .mask: y > 0 ? x : 0
    case .weigh: x == 0 ? 0 : x * y
    }
  }
}

/// 3x3 convolutions with padding 1 by their definition.
private struct Convolutions {
  let images: Shape
  let outputs: Shape
  let stride: Int

  init(_ images: Shape, _ outputs: Shape, _ stride: Int) {
    self.images = images
    self.outputs = outputs
    self.stride = stride
  }

  /// Every (input element, weight, output element) that meet.
  private func each(_ body: (Int, Int, Int) -> Void) {
    let (h, w, ci) = (images[1], images[2], images[3])
    let (oh, ow, co) = (outputs[1], outputs[2], outputs[3])
    for n in 0..<images[0] {
      for i in 0..<oh {
        for j in 0..<ow {
          for tap in 0..<9 {
            let (y, x) = (i * stride + tap / 3 - 1, j * stride + tap % 3 - 1)
            guard y >= 0, x >= 0, y < h, x < w else { continue }
            for a in 0..<ci {
              for b in 0..<co {
                body(
                  ((n * h + y) * w + x) * ci + a, (tap * ci + a) * co + b,
                  ((n * oh + i) * ow + j) * co + b)
              }
            }
          }
        }
      }
    }
  }

  func forward(_ x: [Double], _ w: [Double]) -> [Double] {
    var y = [Double](repeating: 0, count: outputs.count)
    each { y[$2] += x[$0] * w[$1] }
    return y
  }

  func input(_ dy: [Double], _ w: [Double]) -> [Double] {
    var dx = [Double](repeating: 0, count: images.count)
    each { dx[$0] += dy[$2] * w[$1] }
    return dx
  }

  func weights(_ x: [Double], _ dy: [Double]) -> [Double] {
    var dw = [Double](repeating: 0, count: 9 * images[3] * outputs[3])
    each { dw[$1] += x[$0] * dy[$2] }
    return dw
  }
}
