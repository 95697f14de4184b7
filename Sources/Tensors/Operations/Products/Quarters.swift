import CKernels

/// Sums of the quarters of a matrix's quarters, for products with it: [sums, slabs, columns of a block, rows of a slab]
/// (V. Strassen, Gaussian elimination is not optimal, 1969).
struct Quarters: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    let s = emission.shape(node, operand: 0)
    emission.call(
      \.quarter,
      ck_quartering(
        rows: Int64(s[0]), columns: Int64(s[1]), a: emission.place(node, operand: 0),
        sums: emission.place(node)))
  }
}

extension Graph {
  func quarters(_ matrix: Int) -> Int {
    let s = shape(matrix)
    let slab = Int(CK_SLAB_ROWS)
    let slabs = ((s[0] + 3) / 4 + slab - 1) / slab
    return append(Quarters(), [matrix], [Int(CK_QUARTER_PRODUCTS), slabs, (s[1] + 3) / 4, slab])
  }
}

extension Lowering {
  /// Whether a product is with a matrix of the task that Hessian-vector products multiply with, many times a task, and
  /// large enough to be faster with sums of that matrix's quarters.
  func isQuartered(_ product: Int) -> Bool {
    let matrix = source.operand(product)
    let s = source.shape(matrix)
    return optimisations.contains(.quarters) && min(s[0], s[1]) >= 256
      && source.shape(product)[1] >= 128 && isInProductsOfVector(matrix)
  }

  private func isInProductsOfVector(_ matrix: Int) -> Bool {
    source.nodes[matrix].stage == .task
      && readers(of: matrix).contains {
        source.operation($0) is Product && source.operand($0) == matrix
          && source.nodes[$0].stage == .vector
      }
  }
}
