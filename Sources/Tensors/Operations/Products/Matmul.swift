/// The matrix product, as NumPy and PyTorch have it: the last two axes are multiplied, axes before them repeat as in
/// arithmetic; a vector on the left is a row, on the right a column, whose axis the result lacks.
///
/// - Parameters:
///   - a: `[..., n, k]`, or `[k]`.
///   - b: `[..., k, m]`, or `[k]`.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The product, `[..., n, m]`.
public func matmul(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  .product(a, b, file: file, line: line)
}

extension Tensor {
  /// The matrix product; ``matmul(_:_:file:line:)-(Tensor,_,_,_)`` is the usual way to write it.
  ///
  /// - Parameters:
  ///   - a: `[..., n, k]`, or `[k]`.
  ///   - b: `[..., k, m]`, or `[k]`.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The product, `[..., n, m]`.
  public static func product(
    _ a: Tensor, _ b: Tensor, file: StaticString, line: UInt
  ) -> Tensor {
    let standIn: Shape = [a.shape.sizes.first ?? 1, b.shape.sizes.last ?? 1]
    return a.calling("matmul", SourceLine(file, line), with: [b], standIn: standIn) {
      guard a.shape.rank > 0, b.shape.rank > 0,
        a.shape[a.shape.rank - 1] == b.shape[Swift.max(b.shape.rank - 2, 0)]
      else {
        return a.failed(
          "matmul: shapes \(a.shape) and \(b.shape) do not fit",
          "it takes [..., n, k] and [..., k, m], or vectors [k]", standIn)
      }
      if a.shape.rank == 2, b.shape.rank == 2 { return a.with(a.graph.product(a.node, b.node)) }
      return multiplied(a, b, standIn)
    }
  }

  /// Products of any rank, as one of two matrices where the right one is the same for all, else as a batch.
  private static func multiplied(_ a: Tensor, _ b: Tensor, _ standIn: Shape) -> Tensor {
    let left = a.shape.rank == 1 ? Shape([1] + a.shape.sizes) : a.shape
    let right = b.shape.rank == 1 ? Shape(b.shape.sizes + [1]) : b.shape
    let graph = a.graph
    let (n, k, m) = (left[left.rank - 2], left[left.rank - 1], right[right.rank - 1])
    let batches = [left, right].map { Array($0.sizes.dropLast(2)) }
    guard let batch = Shape.broadcast(Shape(batches[0]), Shape(batches[1])) else {
      return a.failed(
        "matmul: the axes before the last two of \(a.shape) and \(b.shape) do not fit",
        "they are aligned from the last, and only axes of size 1 repeat", standIn)
    }
    let product: Tensor
    if batches[1].allSatisfy({ $0 == 1 }) {
      let rows = graph.reshape(a.node, [left.count / Swift.max(k, 1), k])
      product = a.with(graph.product(rows, graph.reshape(b.node, [k, m])))
    } else {
      let all = [(a, left, n, k), (b, right, k, m)].map { x, shape, rows, columns in
        let repeated = x.with(graph.reshape(x.node, shape))
          .broadcast(to: Shape(batch.sizes + [rows, columns]), "matmul")
        return graph.reshape(repeated.node, [batch.count, rows, columns])
      }
      product = a.with(graph.batchedProduct(all[0], all[1]))
    }
    let sizes = batch.sizes + (a.shape.rank == 1 ? [] : [n]) + (b.shape.rank == 1 ? [] : [m])
    return a.with(graph.reshape(product.node, Shape(sizes)))
  }
}
