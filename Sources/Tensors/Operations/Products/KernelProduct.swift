import CKernels

/// A product as its kernel has it: of A (transposed or not) with B, perhaps onto a third operand.
struct KernelProduct: Kernel {
  let transposeA: Bool
  /// Whether A is given as sums of its quarters; then the last operand is A itself.
  let isQuartered: Bool
  let rows: Rows
  private(set) var onto: Onto?

  /// What is known of a product's rows.
  enum Rows: Hashable {
    case any
    /// A number may be added to each.
    case shifted
    /// Each adds up to 0.
    case balanced
  }

  /// What a product is added onto.
  enum Onto: Hashable {
    case matrix
    /// A row of biases.
    case bias
    /// A row of biases; where the sum is negative, the result is 0.
    case rectifiedBias
  }

  init(transposeA: Bool, isQuartered: Bool, rows: Rows) {
    (self.transposeA, self.isQuartered, self.rows) = (transposeA, isQuartered, rows)
  }

  func added(_ onto: Onto) -> KernelProduct {
    var copy = self
    copy.onto = onto
    return copy
  }

  var base: Int? { onto == .matrix ? 2 : nil }

  private var hasBias: Bool { onto == .bias || onto == .rectifiedBias }

  func emit(_ node: Int, into emission: inout Emission) {
    var descriptor = descriptor(node, emission)
    guard isQuartered else { return emission.call(\.product, descriptor) }
    // Quarters are cut into whole vectors; the columns that are left over are multiplied directly.
    let rest = descriptor.n % Self.columnsOfQuarters
    descriptor.rows = Int32(CK_ROWS_ANY.rawValue)
    descriptor.quartered = 1
    descriptor.n -= rest
    emission.call(\.product, descriptor)
    guard rest > 0 else { return }
    let column = descriptor.n
    descriptor.quartered = 0
    descriptor.n = rest
    descriptor.a = emission.place(node, operand: emission.operandCount(node) - 1)
    descriptor.b += column
    descriptor.bias += hasBias ? column : 0
    descriptor.c += column
    emission.call(\.product, descriptor)
  }

  private func descriptor(_ node: Int, _ emission: Emission) -> ck_product {
    let (shape, k) = (emission.shape(node), Int64(emission.shape(node, operand: 1)[0]))
    let (m, n) = (Int64(shape[0]), Int64(shape[1]))
    let initial = hasBias ? CK_BIAS : onto == .matrix ? CK_ACCUMULATE : CK_ZERO
    var descriptor = ck_product()
    (descriptor.m, descriptor.n, descriptor.k) = (m, n, k)
    descriptor.a_row = transposeA ? 1 : k
    descriptor.a_column = transposeA ? m : 1
    (descriptor.b_row, descriptor.c_row) = (n, n)
    descriptor.initial = Int32(initial.rawValue)
    descriptor.relu = onto == .rectifiedBias ? 1 : 0
    descriptor.rows = Int32(rows.raw.rawValue)
    descriptor.a = emission.place(node, operand: 0)
    descriptor.b = emission.place(node, operand: 1)
    descriptor.bias = hasBias ? emission.place(node, operand: 2) : 0
    descriptor.c = emission.place(node)
    return descriptor
  }

  /// Four blocks of half a vector each.
  private static let columnsOfQuarters: Int64 = 32
}

extension KernelProduct.Rows {
  fileprivate var raw: ck_rows {
    switch self {
    case .any: CK_ROWS_ANY
    case .shifted: CK_ROWS_SHIFTED
    case .balanced: CK_ROWS_BALANCED
    }
  }
}

extension Lowering {
  func isRectifiedProduct(_ node: Int) -> Bool {
    (target.operation(node) as? KernelProduct)?.onto == .rectifiedBias
  }
}
