import CKernels

/// Code where it can be run: descriptors at fixed addresses, and the kernels of one instruction set and
/// precision.
final class CodeTables {
  /// One call: the kernel's code and its descriptor.
  struct Instruction {
    let kernel: ck_kernel
    let descriptor: UnsafeMutableRawPointer
  }

  private let lists: [UnsafeMutableBufferPointer<Instruction>]
  private let descriptors = DescriptorStore()
  /// What is fetched between the next calls.
  private var ahead: RowsAhead?
  private var isFetching = false
  /// The elements of scratch memory that the kernels need.
  let workspaceCount: Int
  /// What each instruction of each list may read and write, in elements, where they are audited.
  let footprints: [[Footprint]]

  init(
    _ code: Code, _ precision: Precision, _ table: UnsafePointer<ck_kernels>,
    _ optimisations: Optimisations
  ) {
    var workspace = 0
    let planned = code.lists.map { [descriptors] calls in
      calls.map { call in
        let planned = PlannedCall(call, table, descriptors)
        workspace = max(workspace, planned.workspace)
        return planned
      }
    }
    let finder = PassFinder(precision, table, descriptors)
    let parts = zip(planned, code.footprints).map { calls, footprints in
      optimisations.contains(.passes) ? finder.merging(calls, footprints) : (calls, footprints)
    }
    footprints = parts.map(\.1)
    workspaceCount = parts.flatMap(\.0).reduce(workspace) { max($0, $1.workspace) }
    lists = parts.map { part in
      let buffer = UnsafeMutableBufferPointer<Instruction>.allocate(capacity: part.0.count)
      _ = buffer.initialize(from: part.0.map(\.instruction))
      return buffer
    }
  }

  deinit {
    for list in lists { list.deallocate() }
  }

  func instructionCount(_ list: Int) -> Int { lists[list].count }

  /// Runs a list's kernel calls, one after another. Allocates nothing.
  func run(
    _ list: Int, _ base: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer
  ) {
    for instruction in lists[list] {
      instruction.kernel.run(instruction.descriptor, base, scratch)
      if isFetching { fetchSome() }
    }
  }

  /// Brings rows nearer while the next calls run: the processor waits for few at a time.
  func fetch(_ rows: RowsAhead) { (ahead, isFetching) = (rows, true) }

  private func fetchSome() {
    isFetching = ahead?.fetchSome() ?? false
  }

  /// Runs some kernel calls of a list.
  func run(
    _ list: Int, _ instructions: Range<Int>, _ base: UnsafeMutableRawPointer,
    scratch: UnsafeMutableRawPointer
  ) {
    for instruction in lists[list][instructions] {
      instruction.kernel.run(instruction.descriptor, base, scratch)
    }
  }
}

/// A call with its descriptor in place and planned.
struct PlannedCall {
  let call: KernelCall
  let instruction: CodeTables.Instruction
  /// The elements of scratch memory that it needs.
  let workspace: Int

  init(_ call: KernelCall, _ table: UnsafePointer<ck_kernels>, _ store: DescriptorStore) {
    self.call = call
    let kernel = table.pointee[keyPath: call.kernel]
    let descriptor = store.hold(call.descriptor)
    instruction = .init(kernel: kernel, descriptor: descriptor)
    workspace = kernel.plan.map { Int($0(descriptor)) } ?? 0
  }

  /// Its descriptor, planned, if it is of a kind.
  func descriptor<Kind: Descriptor>(_ kind: Kind.Type) -> UnsafeMutablePointer<Kind>? {
    call.descriptor is Kind ? instruction.descriptor.assumingMemoryBound(to: kind) : nil
  }
}

/// Memory for descriptors, which stay where they are as long as it lives.
final class DescriptorStore {
  private var chunks: [UnsafeMutableRawPointer] = []
  private var used = 0
  private var size = 0

  deinit {
    for chunk in chunks { chunk.deallocate() }
  }

  func hold(_ descriptor: any Descriptor) -> UnsafeMutableRawPointer {
    let byteCount = (descriptor.byteCount + 63) & ~63
    if chunks.isEmpty || used + byteCount > size {
      size = max(byteCount, 1 << 16)
      chunks.append(.allocate(byteCount: size, alignment: 64))
      used = 0
    }
    let memory = chunks[chunks.count - 1] + used
    used += byteCount
    descriptor.write(to: memory)
    return memory
  }
}
