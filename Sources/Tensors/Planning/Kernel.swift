import CKernels

/// An operation that a call of a kernel computes, or a few.
protocol Kernel: Operation {
  /// The operand onto which the result is added: where nothing else reads that, it is made where the result is to be.
  var base: Int? { get }
  /// Where in the result the operands lie, one after another, if it is put together from them.
  var pieces: [Int]? { get }
  /// Whose call can find its values on the way.
  var leader: Leader? { get }

  /// Writes its calls.
  func emit(_ node: Int, into emission: inout Emission)
}

extension Kernel {
  var base: Int? { nil }
  var pieces: [Int]? { nil }
  var leader: Leader? { nil }
}

/// An operand whose call finds a node's values on the way, if its first operands are some of the node's own.
struct Leader {
  let operand: Int
  let shared: Range<Int>
}

/// A call of a kernel: which, and its descriptor, in which places count elements of the arena.
struct KernelCall {
  let kernel: KeyPath<ck_kernels, ck_kernel>
  let descriptor: any Descriptor
}

/// What a kernel is told.
protocol Descriptor {
  var byteCount: Int { get }
  /// Writes it to memory of its own, where it stays.
  func write(to memory: UnsafeMutableRawPointer)
}

extension Descriptor {
  var byteCount: Int { MemoryLayout<Self>.size }
  func write(to memory: UnsafeMutableRawPointer) {
    memory.initializeMemory(as: Self.self, to: self)
  }
}

extension ck_product: Descriptor {}
extension ck_quartering: Descriptor {}
extension ck_transposition: Descriptor {}
extension ck_pass: Descriptor {}
extension ck_column_moments: Descriptor {}
extension ck_middle_axis: Descriptor {}
extension ck_row_choice: Descriptor {}
extension ck_copying: Descriptor {}
extension ck_padding: Descriptor {}
extension ck_convolution: Descriptor {}
extension ck_convolved_pooling: Descriptor {}
extension ck_pooling: Descriptor {}

/// A loop with its operands and steps, which follow it in memory.
struct LoopDescriptor: Descriptor {
  let rows: Int
  let columns: Int
  let temporaries: Int
  let operands: [ck_operand]
  let steps: [ck_step]

  private var stepsStart: Int {
    MemoryLayout<ck_loop>.stride + operands.count * MemoryLayout<ck_operand>.stride
  }

  var byteCount: Int { stepsStart + steps.count * MemoryLayout<ck_step>.stride }

  func write(to memory: UnsafeMutableRawPointer) {
    var loop = ck_loop()
    loop.rows = Int64(rows)
    loop.columns = Int64(columns)
    loop.operands = (memory + MemoryLayout<ck_loop>.stride)
      .initializeMemory(as: ck_operand.self, from: operands, count: operands.count)
    loop.steps = (memory + stepsStart)
      .initializeMemory(as: ck_step.self, from: steps, count: steps.count)
    loop.operand_count = Int32(operands.count)
    loop.step_count = Int32(steps.count)
    loop.temporaries = Int32(temporaries)
    memory.initializeMemory(as: ck_loop.self, to: loop)
  }
}

extension Int64 {
  /// The place of an operand that is left out (CK_NOWHERE).
  static let nowhere = Int64.min
}
