import CKernels

/// The products of as many pairs of matrices, [n, rows, terms] and [n, terms, columns], each transposed or not.
package struct BatchedProduct: BilinearOperation {
  package let transposeA: Bool
  package let transposeB: Bool

  package func applied(to a: Int, _ b: Int, like node: Int, in graph: Graph) -> Int {
    graph.batchedProduct(a, b, transposeA: transposeA, transposeB: transposeB)
  }

  /// As for one pair: dA = D op(B)' and dB = op(A)' D, transposed where A or B is.
  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    let (a, b) = (graph.operand(node), graph.operand(node, 1))
    return switch (index, transposeA, transposeB) {
    case (0, false, _): graph.batchedProduct(d, b, transposeB: !transposeB)
    case (0, true, _): graph.batchedProduct(b, d, transposeA: transposeB, transposeB: true)
    case (_, _, false): graph.batchedProduct(a, d, transposeA: !transposeA)
    case (_, _, true): graph.batchedProduct(d, a, transposeA: true, transposeB: transposeA)
    }
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let single = Product(transposeA: transposeA, transposeB: transposeB)
    let shapes = operands.map { Shape(Array($0.shape.sizes.dropFirst())) }
    let result = Shape(Array(shape.sizes.dropFirst()))
    return (0..<shape[0]).flatMap { n in
      single.values(
        zip(operands, shapes).map { operand, shape in
          Values(shape, Array(operand.numbers[n * shape.count..<(n + 1) * shape.count]))
        }, result)
    }
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    let (kernel, operands) = prepared(node, in: lowering)
    return lowering.target.append(kernel, operands, lowering.source.shape(node))
  }

  private func prepared(_ node: Int, in lowering: Lowering) -> (KernelProducts, [Int]) {
    let (source, target) = (lowering.source, lowering.target)
    let a = lowering.image(of: source.operand(node))
    let b = lowering.image(of: source.operand(node, 1))
    return (
      KernelProducts(transposeA: transposeA), [a, transposeB ? target.permute(b, [0, 2, 1]) : b]
    )
  }
}

extension BatchedProduct: AccumulatingOperation {
  func lowered(_ node: Int, onto base: Int, in lowering: Lowering) -> Int? {
    let (kernel, operands) = prepared(node, in: lowering)
    return lowering.target.append(
      KernelProducts(transposeA: kernel.transposeA, isAccumulating: true), operands + [base],
      lowering.source.shape(node))
  }
}

/// As their kernel has them: A transposed or not, perhaps onto a third operand.
struct KernelProducts: Kernel {
  let transposeA: Bool
  var isAccumulating = false

  var base: Int? { isAccumulating ? 2 : nil }

  func emit(_ node: Int, into emission: inout Emission) {
    let (shape, terms) = (emission.shape(node), Int64(emission.shape(node, operand: 1)[1]))
    let (rows, columns) = (Int64(shape[1]), Int64(shape[2]))
    var product = ck_product()
    (product.m, product.n, product.k) = (rows, columns, terms)
    product.a_row = transposeA ? 1 : terms
    product.a_column = transposeA ? rows : 1
    (product.b_row, product.c_row) = (columns, columns)
    product.initial = Int32((isAccumulating ? CK_ACCUMULATE : CK_ZERO).rawValue)
    product.a = emission.place(node, operand: 0)
    product.b = emission.place(node, operand: 1)
    product.c = emission.place(node)
    emission.call(
      \.batched_product,
      ck_batched_product(
        product: product, count: Int64(shape[0]), a_step: rows * terms, b_step: terms * columns,
        c_step: rows * columns))
  }
}

extension ck_batched_product: Descriptor {}

extension Graph {
  func batchedProduct(
    _ a: Int, _ b: Int, transposeA: Bool = false, transposeB: Bool = false
  ) -> Int {
    let rows = shape(a)[transposeA ? 2 : 1]
    let columns = shape(b)[transposeB ? 1 : 2]
    return bilinear(
      BatchedProduct(transposeA: transposeA, transposeB: transposeB), a, b,
      [shape(a)[0], rows, columns])
  }
}
