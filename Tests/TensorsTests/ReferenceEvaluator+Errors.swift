import Foundation
import Tensors

/// Bounds of rounding errors, carried from operands to results.
extension ReferenceEvaluator {
  /// Operations of a kernel count as so many roundings: polynomials for functions, transforms of products.
  private static let functionRoundings = 8.0
  private static let transformRoundings = 64.0

  func error(_ node: Graph.Node, _ graph: Graph, _ value: [Double]) -> [Double] {
    let x = node.operands.first.map { values[$0] } ?? []
    let dx = node.operands.first.map { errors[$0] } ?? []
    let y = node.operands.count > 1 ? values[node.operands[1]] : []
    let dy = node.operands.count > 1 ? errors[node.operands[1]] : []
    let shapes = node.operands.map { graph.nodes[$0].shape }
    switch node.operation {
    case is Input, is OneHot, is ColumnOrder: return value.map { _ in 0 }
    case let written as any WrittenOperation: return written.values.map { rounded(0, $0) }
    case let unary as Unary:
      return value.indices.map { error(of: unary.function, x[$0], dx[$0], value[$0]) }
    case let binary as Binary:
      return value.indices.map {
        error(of: binary.function, x[$0], dx[$0], y[$0], dy[$0], value[$0])
      }
    case let scale as Scale:
      return value.indices.map { rounded(abs(scale.factor) * dx[$0], value[$0]) }
    case is Offset: return value.indices.map { rounded(dx[$0], value[$0]) }
    case is Centre: return centred(x, dx, value, channels: node.shape.sizes.last ?? 1)
    case is Softmax, is LogSumExp: return rows(node.operation is Softmax, x, dx, value, shapes[0])
    case is PoolIndex, is PoolGather, is PoolScatter: return pooled(node, graph, value)
    case is WindowIndex, is WindowGather, is WindowScatter: return windowed(node, graph, value)
    case let power as Power:
      return value.indices.map { error(of: { pow($0, power.exponent) }, x[$0], dx[$0], value[$0]) }
    case is Extreme: return value.map { _ in dx.max() ?? 0 }
    case let extreme as ExtremePlace: return placed(extreme, x, dx, value, shapes[0])
    case let order as Order: return ordered(order, x, dx, shapes[0])
    // Anything may be chosen, and anything receive, where it cannot be told what comes before what.
    case is GatherRows, is ScatterRows:
      let isClear = errors[node.operands[1]].allSatisfy { $0 < 0.5 }
      return isClear ? added(node, graph, x, dx, value) : value.map { _ in .infinity }
    case is Buckets:
      return value.indices.map { at in y.contains { abs(x[at] - $0) <= dx[at] } ? 1 : 0 }
    case is Cholesky, is Solve, is LogDeterminant: return solved(node, graph, value)
    case is SparseProduct:
      return bilinear(node, graph, value, factors: Array(node.operands.suffix(2)))
    case is any BilinearOperation: return bilinear(node, graph, value)
    default: return added(node, graph, x, dx, value)
    }
  }

  /// Errors of elements that are moved, and those of their sums, where it is these.
  private func added(
    _ node: Graph.Node, _ graph: Graph, _ x: [Double], _ dx: [Double], _ value: [Double]
  ) -> [Double] {
    guard let traced = node.operation as? any TracedOperation, traced.isSum else {
      return moved(node, graph)
    }
    // Each term is rounded as often as terms are added to it, at most.
    let terms = Double(max(x.count / max(value.count, 1), 1)) + 4
    return moved(node, graph, zip(x, dx).map { $1 + terms * roundoff * abs($0) })
  }

  /// Where two elements along an axis may change places, any may be anywhere.
  private func ordered(
    _ order: Order, _ x: [Double], _ dx: [Double], _ shape: Shape
  ) -> [Double] {
    let middle = shape[order.axis]
    let inner = shape.sizes[(order.axis + 1)...].reduce(1, *)
    var result = [Double](repeating: 0, count: shape.count)
    for line in 0..<shape.count / max(middle, 1) {
      let start = line / inner * middle * inner + line % inner
      let own = (0..<middle).map { start + $0 * inner }.sorted { x[$0] < x[$1] }
      let isClear = zip(own, own.dropFirst()).allSatisfy { a, b in
        let reach = dx[a] + dx[b]
        // What is equal is one number, come by in one way.
        return x[a] == x[b] || x[b] - x[a] > reach
      }
      if !isClear { for place in own { result[place] = Double(shape.count) } }
    }
    return result
  }

  /// Where the largest value along axes cannot be told, any may be taken.
  private func placed(
    _ extreme: ExtremePlace, _ x: [Double], _ dx: [Double], _ value: [Double], _ shape: Shape
  ) -> [Double] {
    let middle = shape.sizes[extreme.axes].reduce(1, *)
    let inner = shape.sizes[extreme.axes.upperBound...].reduce(1, *)
    return value.indices.map { at in
      let first = at / inner * middle * inner + at % inner
      let own = (0..<middle).map { first + $0 * inner }
      let best = own[Int(value[at])]
      let isClear = own.allSatisfy {
        $0 == best || dx[$0] + dx[best] == 0 || abs(x[$0] - x[best]) > dx[$0] + dx[best]
      }
      return isClear ? 0 : Double(middle)
    }
  }

  private func centred(
    _ x: [Double], _ dx: [Double], _ value: [Double], channels: Int
  ) -> [Double] {
    let rows = Double(value.count / max(channels, 1))
    let own = zip(x, dx).map { $1 + (rows + 4) * roundoff * abs($0) }
    return value.indices.map { index in
      let sum = stride(from: index % channels, to: own.count, by: channels).reduce(0) {
        $0 + own[$1]
      }
      return own[index] + sum / rows
    }
  }

  private func rounded(_ error: Double, _ value: Double, _ roundings: Double = 2) -> Double {
    error + roundings * roundoff * abs(value)
  }

  private func error(
    of function: UnaryFunction, _ x: Double, _ dx: Double, _ y: Double
  ) -> Double {
    if function == .reciprocal, dx >= abs(x) { return .infinity }
    return error(of: function.value, x, dx, y)
  }

  private func error(
    of function: (Double) -> Double, _ x: Double, _ dx: Double, _ y: Double
  ) -> Double {
    let sides = [x - dx, x + dx].map { abs(function($0) - y) }
    return rounded(max(sides[0], sides[1]), y, Self.functionRoundings)
  }

  private func error(
    of function: BinaryFunction, _ x: Double, _ dx: Double, _ y: Double, _ dy: Double,
    _ value: Double
  ) -> Double {
    switch function {
    case .add, .subtract: return rounded(dx + dy, abs(x) + abs(y))
    case .multiply, .weigh: return rounded(abs(x) * dy + abs(y) * dx + dx * dy, value)
    case .divide:
      guard abs(y) > dy else { return .infinity }
      return rounded((dx + abs(value) * dy) / (abs(y) - dy), value)
    case .maximum, .minimum: return max(dx, dy)
    // What is equal is one number, read twice: an extreme and the element that it is.
    case .equal where x == y: return 0
    // Where the two cannot be told apart.
    case .greater, .equal, .prefer: return x == y && dx + dy == 0 || abs(x - y) > dx + dy ? 0 : 1
    // What passes where another is positive: all or nothing where that cannot be told, and a nought that is exact can.
    default: return y > dy || dy == 0 ? (y > 0 ? dx : 0) : y < -dy ? 0 : abs(x) + dx
    }
  }

  /// Errors that go where the values go, by the same linear operation.
  private func moved(_ node: Graph.Node, _ graph: Graph, _ errors: [Double]? = nil) -> [Double] {
    var own = self
    for operand in node.operands.prefix(errors == nil ? node.operands.count : 1) {
      own.values[operand] = errors ?? self.errors[operand]
    }
    // Rows' numbers are numbers of rows still.
    if node.operands.count > 1, node.operation is GatherRows {
      own.values[node.operands[1]] = values[node.operands[1]]
    }
    return own.value(node, graph, [])
  }

  /// Errors of products: of the operands, and of sums in any order and by any algorithm that is stable as a whole, for
  /// which what counts is the largest element, not each.
  private func bilinear(
    _ node: Graph.Node, _ graph: Graph, _ value: [Double], factors: [Int]? = nil
  ) -> [Double] {
    let operands = factors ?? node.operands
    let (a, b) = (operands[0], operands[1])
    func magnitudes(withErrors isWithErrors: Bool) -> [Double] {
      var own = self
      for operand in Set([a, b]) {
        own.values[operand] = zip(values[operand], errors[operand]).map {
          abs($0) + (isWithErrors ? $1 : 0)
        }
      }
      return own.value(node, graph, [])
    }
    let (plain, widened) = (magnitudes(withErrors: false), magnitudes(withErrors: true))
    let terms = Double(max(values[a].count, values[b].count)).squareRoot() + Self.transformRoundings
    let rounding = terms * roundoff * (plain.max() ?? 0)
    return value.indices.map { widened[$0] - plain[$0] + rounding }
  }

  private func rows(
    _ isSoftmax: Bool, _ x: [Double], _ dx: [Double], _ value: [Double], _ shape: Shape
  ) -> [Double] {
    let classes = shape[1]
    return value.indices.map { index in
      let row = isSoftmax ? index / classes : index
      let own = row * classes..<(row + 1) * classes
      let change = dx[own].max() ?? 0
      let reach = (x[own].map(abs).max() ?? 0) + Double(classes)
      let roundings = Self.functionRoundings * roundoff * reach
      return isSoftmax
        ? value[index] * (2 * change + 2 * roundings) : change + roundings
    }
  }

  /// Where a window's largest value cannot be told, any may be taken.
  private func pooled(_ node: Graph.Node, _ graph: Graph, _ value: [Double]) -> [Double] {
    let (x, image) = (node.operands[0], graph.nodes[node.operands[0]].shape)
    switch node.operation {
    case is PoolIndex:
      return value.indices.map { at in
        let window = Self.window(at, node.shape, image)
        let best = window[Int(value[at])]
        let isClear = window.allSatisfy {
          $0 == best || values[x][best] - values[x][$0] > errors[x][best] + errors[x][$0]
            || (errors[x][best] == 0 && errors[x][$0] == 0)
        }
        return isClear ? 0 : 1
      }
    case is PoolGather:
      return value.indices.map { at in
        let window = Self.window(at, node.shape, image)
        let error = window.map { errors[x][$0] }.max() ?? 0
        if errors[node.operands[1]][at] == 0 { return error }
        let own = window.map { values[x][$0] }
        return error + (own.max() ?? 0) - (own.min() ?? 0)
      }
    default:
      var result = [Double](repeating: 0, count: value.count)
      for at in values[x].indices {
        let window = Self.window(at, image, node.shape)
        if errors[node.operands[1]][at] == 0 {
          result[window[Int(values[node.operands[1]][at])]] = errors[x][at]
        } else {
          for place in window { result[place] = errors[x][at] + abs(values[x][at]) }
        }
      }
      return result
    }
  }

  /// The same for windows of any kind.
  private func windowed(_ node: Graph.Node, _ graph: Graph, _ value: [Double]) -> [Double] {
    let x = node.operands[0]
    let shape = graph.nodes[x].shape
    switch node.operation {
    case let index as WindowIndex:
      return index.geometry.windows(node.shape, of: shape).enumerated().map { at, window in
        let best = window.first { Double($0.place) == value[at] }?.pixel ?? 0
        let isClear = window.allSatisfy {
          $0.pixel == best || errors[x][best] + errors[x][$0.pixel] == 0
            || values[x][best] - values[x][$0.pixel] > errors[x][best] + errors[x][$0.pixel]
        }
        return isClear ? 0 : 1
      }
    case let gather as WindowGather:
      return gather.geometry.windows(node.shape, of: shape).enumerated().map { at, window in
        let error = window.map { errors[x][$0.pixel] }.max() ?? 0
        if errors[node.operands[1]][at] == 0 { return error }
        let own = window.map { values[x][$0.pixel] }
        return error + (own.max() ?? 0) - (own.min() ?? 0)
      }
    default:
      guard let scatter = node.operation as? WindowScatter else { return value }
      var result = [Double](repeating: 0, count: value.count)
      for (at, window) in scatter.geometry.windows(shape, of: node.shape).enumerated() {
        let isClear = errors[node.operands[1]][at] == 0
        for pixel in window where !isClear || Double(pixel.place) == values[node.operands[1]][at] {
          result[pixel.pixel] += errors[x][at] + (isClear ? 8 * roundoff : 1) * abs(values[x][at])
        }
      }
      return result
    }
  }

  /// Errors of equations solved and of matrices factored: by norms, with what small changes of a matrix come to.
  private func solved(_ node: Graph.Node, _ graph: Graph, _ value: [Double]) -> [Double] {
    let matrix = node.operands[0]
    let shape = graph.nodes[matrix].shape
    let n = shape[1]
    func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    let solve = node.operation as? Solve
    let identity = (0..<shape.count).map { $0 % (n * n) / n == $0 % n ? 1.0 : 0 }
    let inverse = (solve ?? Solve(triangle: nil, isTransposed: false)).values(
      [Values(shape, values[matrix]), Values(shape, identity)], shape)
    let roundings = Double(8 * (n + 2)) * roundoff
    let change = norm(errors[matrix]) + roundings * norm(values[matrix])
    let reach = norm(inverse)
    switch node.operation {
    case is Solve:
      let right = norm(errors[node.operands[1]])
      let bound = reach * (change * norm(value) + right) + roundings * norm(value)
      return value.map { _ in bound }
    case is Cholesky:
      let bound = norm(value) * reach * change + roundings * norm(value)
      return value.map { _ in bound }
    default: return value.map { _ in reach * change + roundings }
    }
  }
}
