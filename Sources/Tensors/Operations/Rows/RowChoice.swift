import CKernels

/// An operation of which an operand holds class or row numbers.
protocol IndexedOperation: Operation {
  func bound(_ shape: Shape, _ operands: [Shape]) -> IndexUse
}

/// Which operand that is, and what its numbers must be.
struct IndexUse {
  let operand: Int
  /// All are below it.
  let bound: Int
  /// Whether they are classes.
  let isLabel: Bool
  /// The largest whole number that is calculated from them, if any is: the precision must hold it exactly.
  var reach: Int?
  /// Whether none is below the one before it.
  var isRising = false
  /// A number that is taken as well.
  var exception: Int?
}

/// Rows chosen by an index.
package struct GatherRows: LinearOperation {
  package var isChoice: Bool { true }
  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.gatherRows(operands[0], operands[1])
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int {
    graph.scatterRows(d, graph.operand(node, 1), rows: graph.shape(graph.operand(node))[0])
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let width = shape.split(around: 0..<1).inner
    return operands[1].numbers.flatMap {
      operands[0].numbers[Int($0) * width..<(Int($0) + 1) * width]
    }
  }
}

extension GatherRows: Kernel, IndexedOperation {
  func emit(_ node: Int, into emission: inout Emission) {
    let (count, rows) = (emission.shape(node), emission.shape(node, operand: 0))
    emission.call(\.gather_rows, emission.rowChoice(node, count: count[0], rows: rows[0]))
  }

  func bound(_ shape: Shape, _ operands: [Shape]) -> IndexUse {
    IndexUse(operand: 1, bound: operands[0][0], isLabel: false)
  }
}

/// Rows added up where an index says: the adjoint of choosing them.
package struct ScatterRows: LinearOperation {
  package var isSum: Bool { true }

  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.scatterRows(operands[0], operands[1], rows: graph.shape(node)[0])
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int {
    graph.gatherRows(d, graph.operand(node, 1))
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let width = shape.split(around: 0..<1).inner
    var result = [Double](repeating: 0, count: shape.count)
    for (row, place) in operands[1].numbers.enumerated() {
      for j in 0..<width { result[Int(place) * width + j] += operands[0][row * width + j] }
    }
    return result
  }
}

extension ScatterRows: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    let (count, rows) = (emission.shape(node, operand: 0), emission.shape(node))
    emission.call(\.scatter_rows, emission.rowChoice(node, count: count[0], rows: rows[0]))
  }
}

extension Emission {
  fileprivate func rowChoice(_ node: Int, count: Int, rows: Int) -> ck_row_choice {
    ck_row_choice(
      count: Int64(count), rows: Int64(rows),
      columns: Int64(shape(node).split(around: 0..<1).inner),
      source: place(node, operand: 0), index: place(node, operand: 1), target: place(node))
  }
}

extension Graph {
  func gatherRows(_ x: Int, _ index: Int) -> Int {
    let target = Shape([shape(index)[0]] + shape(x).sizes.dropFirst())
    if let value = constantValue(x) { return fill(value, target) }
    return append(GatherRows(), [x, index], target)
  }

  func scatterRows(_ x: Int, _ index: Int, rows: Int) -> Int {
    let target = Shape([rows] + shape(x).sizes.dropFirst())
    if isZero(x) { return fill(0, target) }
    return append(ScatterRows(), [x, index], target)
  }
}
