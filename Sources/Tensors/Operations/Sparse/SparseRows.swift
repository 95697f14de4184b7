/// A sparse matrix of a task's data in compressed rows, as SciPy's `csr_matrix` has it: entries `starts[r] ..<
/// starts[r + 1]` of the values and columns belong to row r. A column may come several times in a row: then they add up.
public struct SparseRows {
  /// Where rows start among the entries, `[rows + 1]`; data.
  public let starts: Tensor
  /// Each entry's column, `[entries]`; data.
  public let columns: Tensor
  /// Each entry's value, `[entries]`: data, or anything else, with derivatives.
  public let values: Tensor

  /// - Parameters:
  ///   - starts: Data `[rows + 1]`, whole numbers that do not fall, from 0 to the number of entries.
  ///   - columns: Data `[entries]`, whole numbers.
  ///   - values: `[entries]`.
  public init(starts: Tensor, columns: Tensor, values: Tensor) {
    (self.starts, self.columns, self.values) = (starts, columns, values)
  }
}

/// The product of a sparse matrix with a dense one.
///
/// - Parameters:
///   - a: The sparse matrix, of n rows.
///   - b: `[columns, m]`; the entries' columns are checked to be below its rows when they are given.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The product, `[n, m]`, with derivatives in the values and in b.
public func matmul(
  _ a: SparseRows, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let standIn: Shape = [max(a.starts.shape.count - 1, 0), b.shape.sizes.last ?? 1]
  let others = [a.starts, a.columns, a.values]
  return b.calling("matmul", SourceLine(file, line), with: others, standIn: standIn) {
    guard a.starts.shape.rank == 1, a.starts.shape[0] > 0, a.columns.shape.rank == 1,
      a.values.shape == a.columns.shape, b.shape.rank == 2, a.starts.isData, a.columns.isData
    else {
      return b.failed(
        "matmul: rows' starts \(a.starts.shape), columns \(a.columns.shape), values \(a.values.shape) and \(b.shape)",
        "it takes starts [n + 1] and columns [entries] that are given as data, values [entries] and a matrix [columns, m]",
        standIn)
    }
    let graph = b.graph
    let starts = graph.append(
      CheckedIndex(
        limit: a.columns.shape[0] + 1, isLabel: false, isRising: true),
      [a.starts.node], a.starts.shape)
    let columns = graph.append(
      CheckedIndex(limit: b.shape[0], isLabel: false, reach: a.columns.shape[0]),
      [a.columns.node], a.columns.shape)
    let (rows, result) = (a.starts.shape[0] - 1, Shape([a.starts.shape[0] - 1, b.shape[1]]))
    // The larger of the two dense matrices is gone through in order, the smaller, which a cache may hold, by the entries.
    guard rows < b.shape[0] else {
      return b.with(graph.sparse(.product, starts, columns, a.values.node, b.node, result))
    }
    let turned = graph.transposedRows(starts, columns, a.values.node, columns: b.shape[0])
    return b.with(
      graph.sparse(.transposed, turned.starts, turned.entries, turned.values, b.node, result))
  }
}
