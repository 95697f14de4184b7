import CKernels

/// Finds passes over long matrices in lists of kernel calls: a product with the matrix, a loop over the rows of what
/// comes out, a product with the transposed matrix, such as a linear model's gradient and its Hessian-vector product
/// are. As one call they read the matrix once; the bits are the same.
struct PassFinder {
  /// What fits the second cache is read from there twice as well.
  private static let leastBytes = 1 << 20

  let products: UnsafeMutableBufferPointer<ck_product>
  let loops: UnsafeMutableBufferPointer<ck_loop>
  let precision: Precision
  private(set) var passes: [ck_pass] = []

  init(
    _ products: UnsafeMutableBufferPointer<ck_product>,
    _ loops: UnsafeMutableBufferPointer<ck_loop>, _ precision: Precision
  ) {
    self.products = products
    self.loops = loops
    self.precision = precision
  }

  /// The list with its passes as one call each, and what each call may read and write.
  mutating func merging(
    _ list: [Instruction], _ footprints: [Footprint]
  ) -> (instructions: [Instruction], footprints: [Footprint]) {
    var merged: (instructions: [Instruction], footprints: [Footprint]) = ([], [])
    var index = 0
    while index < list.count {
      if index + 2 < list.count, let pass = pass(list[index], list[index + 1], list[index + 2]) {
        merged.instructions.append(Instruction(kind: .pass, descriptor: passes.number(pass)))
        if !footprints.isEmpty {
          merged.footprints.append(
            footprints[index] + footprints[index + 1] + footprints[index + 2])
        }
        index += 3
      } else {
        merged.instructions.append(list[index])
        if !footprints.isEmpty { merged.footprints.append(footprints[index]) }
        index += 1
      }
    }
    return merged
  }

  private func pass(
    _ first: Instruction, _ second: Instruction, _ third: Instruction
  ) -> ck_pass? {
    guard first.kind == .product, second.kind == .loop, third.kind == .product, first.a == third.a
    else { return nil }
    let (forward, backward) = (products[first.descriptor], products[third.descriptor])
    let loop = loops[second.descriptor]
    guard isPair(forward, backward) else { return nil }
    let rows = Int(forward.m)
    let reach = LoopReach(loop)
    guard reach.goes(by: rows),
      reach.touches(first.result, rows: rows, columns: Int(forward.n)) == .byRow,
      reach.touches(third.b, rows: rows, columns: Int(backward.n)) == .byRow,
      forward.initial != CK_BIAS.rawValue
        || reach.touches(first.c, rows: 1, columns: Int(forward.n)) == .nowhere
    else { return nil }
    var pass = ck_pass()
    pass.forward = UnsafePointer(products.baseAddress! + first.descriptor)
    pass.backward = UnsafePointer(products.baseAddress! + third.descriptor)
    pass.loop = UnsafePointer(loops.baseAddress! + second.descriptor)
    (pass.a, pass.b, pass.bias) = (Int64(first.a), Int64(first.b), Int64(first.c))
    (pass.values, pass.terms) = (Int64(first.result), Int64(third.b))
    pass.result = Int64(third.result)
    return pass
  }

  /// Whether two products are with a long matrix and with the same transposed, in the forms that go by rows.
  private func isPair(_ forward: ck_product, _ backward: ck_product) -> Bool {
    forward.form == CK_DOTS.rawValue && backward.form == CK_LANES.rawValue
      && forward.m == backward.k && forward.k == backward.m
      && forward.a_row == backward.a_column && forward.a_column == backward.a_row
      && forward.initial != CK_ACCUMULATE.rawValue && backward.initial == CK_ZERO.rawValue
      && forward.relu == 0 && backward.relu == 0
      && forward.b_row == forward.n && forward.c_row == forward.n
      && backward.b_row == backward.n && backward.c_row == backward.n
      && Int(forward.m * forward.k) * precision.byteCount > Self.leastBytes
  }
}

/// What a loop reads and writes in memory.
private struct LoopReach {
  /// How a loop's operands meet a matrix in memory.
  enum Meeting {
    case nowhere
    /// Each row of the matrix when the loop is at that row.
    case byRow
    case otherwise
  }

  private let loop: ck_loop
  private let operands: UnsafeBufferPointer<ck_operand>
  private var length: Int { Int(loop.rows * loop.columns) }

  init(_ loop: ck_loop) {
    self.loop = loop
    operands = UnsafeBufferPointer(start: loop.operands, count: Int(loop.operand_count))
  }

  /// Whether the loop has so many rows, or is flat with as many elements for each.
  func goes(by rows: Int) -> Bool {
    guard rows > 0, length > 0, length % rows == 0 else { return false }
    return loop.flat != 0 || Int(loop.rows) == rows
  }

  func touches(_ start: Int, rows: Int, columns: Int) -> Meeting {
    var meeting = Meeting.nowhere
    for operand in operands {
      guard let extent = extent(operand) else { continue }
      if Int(operand.offset) + extent <= start || start + rows * columns <= Int(operand.offset) {
        continue
      }
      guard Int(operand.offset) == start, isByRow(operand, columns, of: rows) else {
        return .otherwise
      }
      meeting = .byRow
    }
    return meeting
  }

  private func isByRow(_ operand: ck_operand, _ columns: Int, of rows: Int) -> Bool {
    switch ck_addressing(UInt32(operand.addressing)) {
    case CK_FULL:
      loop.flat != 0 ? length == rows * columns : Int(operand.row) == columns
    case CK_COLUMN: columns == 1
    default: false
    }
  }

  /// How many elements an operand spans; `nil` for tiles, which are not in memory.
  private func extent(_ operand: ck_operand) -> Int? {
    switch ck_addressing(UInt32(operand.addressing)) {
    case CK_FULL: loop.flat != 0 ? length : Int(loop.rows * operand.row)
    case CK_ROW: Int(loop.columns)
    case CK_COLUMN: Int(loop.rows)
    case CK_SCALAR: 1
    case CK_TEMPORARY, CK_TEMPORARY_COLUMN: nil
    // Pooled images: a quarter of the pixels, at most.
    default: length
    }
  }
}
