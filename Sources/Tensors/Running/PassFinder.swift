import CKernels

/// Finds passes over long matrices in lists of kernel calls: a product with the matrix, a loop over the rows of what
/// comes out, a product with the transposed matrix, such as a linear model's gradient and its Hessian-vector product
/// are. As one call they read the matrix once; the bits are the same.
struct PassFinder {
  /// What fits the second cache is read from there twice as well.
  private static let leastBytes = 1 << 20

  private let precision: Precision
  private let table: UnsafePointer<ck_kernels>
  private let descriptors: DescriptorStore

  init(
    _ precision: Precision, _ table: UnsafePointer<ck_kernels>, _ descriptors: DescriptorStore
  ) {
    (self.precision, self.table, self.descriptors) = (precision, table, descriptors)
  }

  /// The list with its passes as one call each, and what each call may read and write.
  func merging(
    _ list: [PlannedCall], _ footprints: [Footprint]
  ) -> (calls: [PlannedCall], footprints: [Footprint]) {
    var merged: (calls: [PlannedCall], footprints: [Footprint]) = ([], [])
    var index = 0
    while index < list.count {
      if index + 2 < list.count, let pass = pass(list[index], list[index + 1], list[index + 2]) {
        merged.calls.append(
          PlannedCall(KernelCall(kernel: \.pass, descriptor: pass), table, descriptors))
        if !footprints.isEmpty {
          merged.footprints.append(
            footprints[index] + footprints[index + 1] + footprints[index + 2])
        }
        index += 3
      } else {
        merged.calls.append(list[index])
        if !footprints.isEmpty { merged.footprints.append(footprints[index]) }
        index += 1
      }
    }
    return merged
  }

  private func pass(
    _ first: PlannedCall, _ second: PlannedCall, _ third: PlannedCall
  ) -> ck_pass? {
    guard let forward = first.descriptor(ck_product.self),
      let loop = second.loop, let backward = third.descriptor(ck_product.self),
      forward.pointee.a == backward.pointee.a, isPair(forward.pointee, backward.pointee)
    else { return nil }
    let (into, out) = (forward.pointee, backward.pointee)
    let rows = Int(into.m)
    let reach = LoopReach(loop.pointee)
    guard reach.goes(by: rows),
      reach.touches(Int(into.c), rows: rows, columns: Int(into.n)) == .byRow,
      reach.touches(Int(out.b), rows: rows, columns: Int(out.n)) == .byRow,
      into.initial != CK_BIAS.rawValue
        || reach.touches(Int(into.bias), rows: 1, columns: Int(into.n)) == .nowhere
    else { return nil }
    var pass = ck_pass()
    pass.forward = UnsafePointer(forward)
    pass.backward = UnsafePointer(backward)
    pass.loop = UnsafePointer(loop)
    (pass.a, pass.b, pass.bias) = (into.a, into.b, into.bias)
    (pass.values, pass.terms, pass.result) = (into.c, out.b, out.c)
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

extension PlannedCall {
  fileprivate var loop: UnsafeMutablePointer<ck_loop>? {
    call.descriptor is LoopDescriptor
      ? instruction.descriptor.assumingMemoryBound(to: ck_loop.self) : nil
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
