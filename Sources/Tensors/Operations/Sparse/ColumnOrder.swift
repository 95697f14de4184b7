import CKernels

/// A sparse matrix's entries in the order of their columns, those of a column in the order of rows: where columns start,
/// [columns + 1], then each entry's row, [entries], then its number in the order of rows, [entries]. Its operands are where
/// rows start, and the entries' columns.
package struct ColumnOrder: ConstantOperation {
  package let columns: Int

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let (starts, places) = (operands[0].numbers.map { Int($0) }, operands[1].numbers)
    let entries = (0..<starts.count - 1).flatMap { row in
      (starts[row]..<starts[row + 1]).map { (row: row, number: $0) }
    }
    // The number decides between entries of a column.
    let order = entries.sorted { (places[$0.number], $0.number) < (places[$1.number], $1.number) }
    var ends = [Double](repeating: 0, count: columns + 1)
    for entry in order { ends[Int(places[entry.number]) + 1] += 1 }
    for column in 0..<columns { ends[column + 1] += ends[column] }
    // Entries that belong to no row are last, and are never read.
    let rest = [Double](repeating: 0, count: places.count - order.count)
    return ends + order.map { Double($0.row) } + rest + order.map { Double($0.number) } + rest
  }
}

extension ColumnOrder: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(
      \.sparse_order,
      ck_sparse(
        rows: Int64(emission.shape(node, operand: 0)[0] - 1), columns: Int64(columns),
        width: Int64(emission.shape(node, operand: 1)[0]),
        starts: emission.place(node, operand: 0), entries: emission.place(node, operand: 1),
        a: .nowhere, b: .nowhere, result: emission.place(node)))
  }
}

extension Graph {
  /// The places and values of a sparse matrix's transpose.
  func transposedRows(
    _ starts: Int, _ entries: Int, _ values: Int, columns: Int
  ) -> (starts: Int, entries: Int, values: Int) {
    let count = shape(entries)[0]
    let order = append(
      ColumnOrder(columns: columns), [starts, entries], [columns + 1 + 2 * count])
    func part(_ offset: Int, _ count: Int) -> Int { slice(order, offset: offset, [count]) }
    return (
      part(0, columns + 1), part(columns + 1, count),
      gatherRows(values, part(columns + 1 + count, count))
    )
  }
}
