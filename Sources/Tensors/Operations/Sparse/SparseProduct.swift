import CKernels

/// Products with a sparse matrix in compressed rows. Its first two operands are where rows start, [rows + 1], and the
/// entries' columns, [entries]; the last two are multiplied: the matrix's values with a dense matrix, or, at the entries
/// alone, two dense matrices. Each of the three is the adjoint of the others.
package struct SparseProduct: TracedOperation {
  package enum Form: Hashable, Sendable {
    /// Values times [columns, width]: [rows, width].
    case product
    /// Transposed, values times [rows, width]: [columns, width].
    case transposed
    /// The rows of [rows, width] times those of [columns, width], at each entry: [entries].
    case sampled
  }

  package let form: Form
  package var isSum: Bool { true }

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    let (a, b) = (graph.operand(node, 2), graph.operand(node, 3))
    func made(_ form: Form, _ x: Int, _ y: Int, like shape: Shape) -> Int {
      graph.sparse(form, node, x, y, shape)
    }
    let target = graph.shape(graph.operand(node, index))
    return switch (form, index) {
    case (.product, 2): made(.sampled, d, b, like: target)
    case (.product, 3): made(.transposed, a, d, like: target)
    case (.transposed, 2): made(.sampled, b, d, like: target)
    case (.transposed, 3): made(.product, a, d, like: target)
    case (.sampled, 2): made(.product, d, b, like: target)
    case (.sampled, 3): made(.transposed, d, a, like: target)
    default: nil
    }
  }

  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? {
    let (a, b, shape) = (graph.operand(node, 2), graph.operand(node, 3), graph.shape(node))
    return graph.sum(
      of: tangents[2].map { graph.sparse(form, node, $0, b, shape) },
      tangents[3].map { graph.sparse(form, node, a, $0, shape) })
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let (starts, columns, a, b) = (operands[0], operands[1], operands[2], operands[3])
    let width = form == .sampled ? a.shape[1] : shape[1]
    var result = [Double](repeating: 0, count: shape.count)
    for row in 0..<starts.shape[0] - 1 {
      for entry in Int(starts[row])..<max(Int(starts[row]), Int(starts[row + 1])) {
        let column = Int(columns[entry])
        for j in 0..<width {
          switch form {
          case .product: result[row * width + j] += a[entry] * b[column * width + j]
          case .transposed: result[column * width + j] += a[entry] * b[row * width + j]
          case .sampled: result[entry] += a[row * width + j] * b[column * width + j]
          }
        }
      }
    }
    return result
  }
}

extension SparseProduct: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    let (a, b) = (emission.shape(node, operand: 2), emission.shape(node, operand: 3))
    let columns = form == .transposed ? emission.shape(node)[0] : b[0]
    let descriptor = ck_sparse(
      rows: Int64(emission.shape(node, operand: 0)[0] - 1), columns: Int64(columns),
      width: Int64(form == .sampled ? a[1] : b[1]), starts: emission.place(node, operand: 0),
      entries: emission.place(node, operand: 1), a: emission.place(node, operand: 2),
      b: emission.place(node, operand: 3), result: emission.place(node))
    switch form {
    case .product: emission.call(\.sparse_product, descriptor)
    case .transposed: emission.call(\.sparse_transposed, descriptor)
    case .sampled: emission.call(\.sparse_sampled, descriptor)
    }
  }
}

extension ck_sparse: Descriptor {}

extension Graph {
  /// One of the three with the places of another node of the kind.
  fileprivate func sparse(
    _ form: SparseProduct.Form, _ node: Int, _ a: Int, _ b: Int, _ target: Shape
  ) -> Int {
    sparse(form, operand(node), operand(node, 1), a, b, target)
  }

  func sparse(
    _ form: SparseProduct.Form, _ starts: Int, _ columns: Int, _ a: Int, _ b: Int, _ target: Shape
  ) -> Int {
    if isZero(a) || isZero(b) { return fill(0, target) }
    return append(SparseProduct(form: form), [starts, columns, a, b], target)
  }
}
