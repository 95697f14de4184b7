import CKernels

/// Kernels on operands wherever they are in memory.
extension Kernels {
  /// What places count from: any address that elements can start at.
  private var base: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 64)! }

  /// Plans and runs a call, with scratch memory as it wants it.
  func call<Descriptor: BitwiseCopyable>(
    _ kernel: ck_kernel, _ descriptor: Descriptor, base: UnsafeMutableRawPointer? = nil
  ) {
    var descriptor = descriptor
    let workspace = kernel.plan.map { $0(&descriptor) } ?? 0
    withWorkspace(workspace, of: Element.self) { kernel.run(&descriptor, base ?? self.base, $0) }
  }

  private func place(_ pointer: UnsafePointer<Element>?) -> Int64 {
    guard let pointer else { return .min }
    return Int64((Int(bitPattern: pointer) - Int(bitPattern: base)) / MemoryLayout<Element>.stride)
  }

  func plan(_ p: inout ck_product) { _ = table.product.plan(&p) }
  func plan(_ l: inout ck_loop) { _ = table.loop.plan(&l) }

  func product(
    _ p: ck_product, _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>,
    _ bias: UnsafePointer<Element>, _ c: UnsafePointer<Element>
  ) {
    var p = p
    (p.a, p.b, p.bias, p.c) = (place(a), place(b), place(bias), place(c))
    call(table.product, p)
  }

  func quarter(
    _ rows: Int, _ columns: Int, _ a: UnsafePointer<Element>, _ sums: UnsafePointer<Element>
  ) {
    call(
      table.quarter,
      ck_quartering(
        rows: Int64(rows), columns: Int64(columns), a: place(a), sums: place(sums)))
  }

  func transpose(
    _ rows: Int, _ columns: Int, _ source: UnsafePointer<Element>, _ sourceRow: Int,
    _ target: UnsafePointer<Element>, _ targetRow: Int
  ) {
    call(
      table.transpose,
      ck_transposition(
        rows: Int64(rows), columns: Int64(columns), source_row: Int64(sourceRow),
        target_row: Int64(targetRow), source: place(source), target: place(target)))
  }

  func pad(_ p: ck_padding, _ x: UnsafePointer<Element>, _ padded: UnsafePointer<Element>) {
    var p = p
    (p.x, p.padded) = (place(x), place(padded))
    call(table.pad, p)
  }

  /// A kernel of a convolution, on its operands in order.
  func convolution(
    _ kernel: KeyPath<ck_kernels, ck_kernel>, _ c: ck_convolution, _ a: UnsafePointer<Element>,
    _ b: UnsafePointer<Element>? = nil, _ c3: UnsafePointer<Element>? = nil,
    to result: UnsafePointer<Element>
  ) {
    var c = c
    (c.a, c.b, c.c, c.result) = (place(a), place(b), place(c3), place(result))
    call(table[keyPath: kernel], c)
  }

  func pool(
    _ p: ck_pooling, _ x: UnsafePointer<Element>, _ centre: UnsafePointer<Element>? = nil,
    _ scale: UnsafePointer<Element>? = nil, _ shift: UnsafePointer<Element>? = nil,
    y: UnsafePointer<Element>?, index: UnsafePointer<Element>?
  ) {
    var p = p
    (p.x, p.centre, p.scale, p.shift) = (place(x), place(centre), place(scale), place(shift))
    (p.y, p.index) = (place(y), place(index))
    call(table.pool, p)
  }

  func poolGather(
    _ p: ck_pooling, _ x: UnsafePointer<Element>, _ index: UnsafePointer<Element>,
    _ y: UnsafePointer<Element>
  ) {
    var p = p
    (p.x, p.index, p.y) = (place(x), place(index), place(y))
    call(table.pool_gather, p)
  }

  func convolvePool(
    _ c: ck_convolution, _ x: UnsafePointer<Element>, _ w: UnsafePointer<Element>,
    _ factor: UnsafePointer<Element>?, y: UnsafePointer<Element>?, index: UnsafePointer<Element>?
  ) {
    call(
      table.convolve_pool,
      ck_convolved_pooling(
        convolution: c, padded_x: place(x), w: place(w), factor: place(factor), y: place(y),
        index: place(index)))
  }

  /// `gather_rows` or `scatter_rows`.
  func choose(
    _ kernel: KeyPath<ck_kernels, ck_kernel>, count: Int, rows: Int, columns: Int,
    _ source: UnsafePointer<Element>, _ index: UnsafePointer<Element>,
    _ target: UnsafePointer<Element>
  ) {
    call(
      table[keyPath: kernel],
      ck_row_choice(
        count: Int64(count), rows: Int64(rows), columns: Int64(columns), source: place(source),
        index: place(index), target: place(target)))
  }

  /// `sum_middle` or `repeat_middle`.
  func middle(
    _ kernel: KeyPath<ck_kernels, ck_kernel>, _ outer: Int, _ middle: Int, _ inner: Int,
    _ source: UnsafePointer<Element>, _ target: UnsafePointer<Element>
  ) {
    call(
      table[keyPath: kernel],
      ck_middle_axis(
        outer: Int64(outer), middle: Int64(middle), inner: Int64(inner), source: place(source),
        target: place(target)))
  }

  func moments(
    _ rows: Int, _ columns: Int, _ x: UnsafePointer<Element>, _ result: UnsafePointer<Element>
  ) {
    call(
      table.moments,
      ck_column_moments(
        rows: Int64(rows), columns: Int64(columns), x: place(x), result: place(result)))
  }
}
