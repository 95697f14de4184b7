/// The matrix product of two matrices, each transposed or not.
package struct Product: BilinearOperation {
  package let transposeA: Bool
  package let transposeB: Bool

  package func applied(to a: Int, _ b: Int, like node: Int, in graph: Graph) -> Int {
    graph.product(a, b, transposeA: transposeA, transposeB: transposeB)
  }

  /// With Y = op(A) op(B): dA = D op(B)' and dB = op(A)' D, transposed where A or B is.
  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    let (a, b) = (graph.operand(node), graph.operand(node, 1))
    return switch (index, transposeA, transposeB) {
    case (0, false, _): graph.product(d, b, transposeB: !transposeB)
    case (0, true, _): graph.product(b, d, transposeA: transposeB, transposeB: true)
    case (_, _, false): graph.product(a, d, transposeA: !transposeA)
    case (_, _, true): graph.product(d, a, transposeA: true, transposeB: transposeA)
    }
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let (a, b) = (operands[0], operands[1])
    let (rows, columns, terms) = (shape[0], shape[1], a.shape[transposeA ? 0 : 1])
    var result = [Double](repeating: 0, count: rows * columns)
    for i in 0..<rows {
      for l in 0..<terms {
        let factor = a[transposeA ? l * rows + i : i * terms + l]
        for j in 0..<columns {
          result[i * columns + j] += factor * b[transposeB ? j * terms + l : l * columns + j]
        }
      }
    }
    return result
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    let (kernel, operands) = prepared(node, in: lowering)
    return lowering.target.append(kernel, operands, lowering.source.shape(node))
  }
}

extension Product: AccumulatingOperation {
  func lowered(_ node: Int, onto base: Int, in lowering: Lowering) -> Int? {
    lowered(node, .matrix, base, in: lowering)
  }

  /// The product onto a row of biases, of which perhaps the non-negative part alone is wanted.
  func lowered(_ node: Int, ontoBias bias: Int, isRectified: Bool, in lowering: Lowering) -> Int {
    lowered(node, isRectified ? .rectifiedBias : .bias, bias, in: lowering)
  }

  private func lowered(
    _ node: Int, _ onto: KernelProduct.Onto, _ base: Int, in lowering: Lowering
  ) -> Int {
    let (kernel, operands) = prepared(node, in: lowering)
    return lowering.target.append(
      kernel.added(onto), operands[..<2] + [base] + operands[2...], lowering.source.shape(node))
  }

  /// The product as its kernel has it, and its operands prepared.
  private func prepared(_ node: Int, in lowering: Lowering) -> (KernelProduct, [Int]) {
    let (source, target) = (lowering.source, lowering.target)
    let a = lowering.image(of: source.operand(node))
    let b = lowering.image(of: source.operand(node, 1))
    let kernel = KernelProduct(
      transposeA: transposeA, isQuartered: lowering.isQuartered(node),
      rows: lowering.optimisations.contains(.classRows) ? lowering.classRows.rows(of: node) : .any)
    let second = transposeB ? target.transpose(b) : b
    return (kernel, kernel.isQuartered ? [target.quarters(a), second, a] : [a, second])
  }
}

extension Graph {
  func product(_ a: Int, _ b: Int, transposeA: Bool = false, transposeB: Bool = false) -> Int {
    let m = shape(a)[transposeA ? 1 : 0]
    let n = shape(b)[transposeB ? 0 : 1]
    return bilinear(Product(transposeA: transposeA, transposeB: transposeB), a, b, [m, n])
  }

  /// What is linear in both operands is zero where one of them is.
  func bilinear(_ operation: some BilinearOperation, _ a: Int, _ b: Int, _ target: Shape) -> Int {
    if isZero(a) || isZero(b) { return fill(0, target) }
    return append(operation, [a, b], target)
  }
}
