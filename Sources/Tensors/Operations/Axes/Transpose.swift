import CKernels

/// A matrix with rows and columns exchanged.
package struct Transpose: LinearOperation {
  package var isChoice: Bool { true }
  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.transpose(operands[0])
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int { graph.transpose(d) }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let (rows, columns) = (shape[0], shape[1])
    return (0..<rows * columns).map { operands[0][$0 % columns * rows + $0 / columns] }
  }
}

extension Transpose: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    let s = emission.shape(node, operand: 0)
    emission.call(
      \.transpose,
      ck_transposition(
        rows: Int64(s[0]), columns: Int64(s[1]), source_row: Int64(s[1]), target_row: Int64(s[0]),
        source: emission.place(node, operand: 0), target: emission.place(node)))
  }
}

extension Graph {
  func transpose(_ x: Int) -> Int {
    if operation(x) is Transpose { return operand(x) }
    let target = Shape([shape(x)[1], shape(x)[0]])
    if target.count == target[0] || target.count == target[1] { return reshape(x, target) }
    return append(Transpose(), [x], target)
  }
}
