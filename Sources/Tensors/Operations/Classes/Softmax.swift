import Foundation

/// exp(x) / sum(exp(x)) of each row of `[n, classes]`.
package struct Softmax: TracedOperation {
  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    graph.softmaxSlope(node, times: d)
  }

  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? {
    tangents[0].map { graph.softmaxSlope(node, times: $0) }
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    operands[0].eachRow { row in
      let (largest, total) = row.exponentials
      return row.map { Foundation.exp($0 - largest) / total }
    }
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    let (target, shape) = (lowering.target, lowering.source.shape(node))
    let (exponentials, _, total) = target.exponentials(
      lowering.image(of: lowering.source.operand(node)))
    let factor = target.unary(.reciprocal, total)
    return target.multiply(exponentials, target.spread(factor, 1..<2, to: shape))
  }
}

/// log(sum(exp(x))) of each row of `[n, classes]`.
package struct LogSumExp: TracedOperation {
  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    let x = graph.operand(node)
    return graph.multiply(graph.softmax(x), graph.spread(d, 1..<2, to: graph.shape(x)))
  }

  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? {
    tangents[0].map { graph.sum(graph.multiply(graph.softmax(graph.operand(node)), $0), 1..<2) }
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    operands[0].eachRow { row in
      let (largest, total) = row.exponentials
      return [largest + Foundation.log(total)]
    }
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    let target = lowering.target
    let (_, largest, total) = target.exponentials(lowering.image(of: lowering.source.operand(node)))
    return target.add(largest, target.unary(.log, total))
  }
}

extension Graph {
  func softmax(_ x: Int) -> Int { append(Softmax(), [x], shape(x)) }

  func logSumExp(_ x: Int) -> Int { append(LogSumExp(), [x], [shape(x)[0]]) }

  /// `d` times the derivative of softmax: p (d - sum(p d)), which is symmetric.
  fileprivate func softmaxSlope(_ p: Int, times d: Int) -> Int {
    let product = weighing.contains(p) ? weigh : multiply
    let total = sum(product(p, d), 1..<2)
    return product(p, subtract(d, spread(total, 1..<2, to: shape(p))))
  }

  /// exp(x - largest) of each row, the rows' largest, and the rows' sums: shared by softmax and
  /// log-sum-exp, and safe from overflow.
  fileprivate func exponentials(_ x: Int) -> (values: Int, largest: Int, total: Int) {
    let largest = append(RowMaximum(), [x], [shape(x)[0]])
    let values = unary(.exp, subtract(x, spread(largest, 1..<2, to: shape(x))))
    return (values, largest, sum(values, 1..<2))
  }
}

extension Values {
  /// A function of the rows of a matrix.
  fileprivate func eachRow(_ function: (ArraySlice<Double>) -> [Double]) -> [Double] {
    let columns = shape[1]
    return (0..<shape[0]).flatMap { function(numbers[$0 * columns..<($0 + 1) * columns]) }
  }
}

extension ArraySlice<Double> {
  /// The largest, at least the lowest finite number, and the sum of exp(x - largest); not a number where one is none.
  fileprivate var exponentials: (largest: Double, total: Double) {
    let largest = reduce(-Double.greatestFiniteMagnitude) { $0.isNaN || $0 > $1 ? $0 : $1 }
    return (largest, reduce(0) { $0 + Foundation.exp($1 - largest) })
  }
}
