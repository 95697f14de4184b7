import CKernels

/// Code where it can be run: descriptors at fixed addresses, and the kernels of one instruction set and
/// precision.
final class CodeTables {
  private let kernels: ck_kernels
  private let byteCount: Int
  private let lists: [UnsafeMutableBufferPointer<Instruction>]
  private let products: UnsafeMutableBufferPointer<ck_product>
  private let loops: UnsafeMutableBufferPointer<ck_loop>
  private let operands: UnsafeMutableBufferPointer<ck_operand>
  private let steps: UnsafeMutableBufferPointer<ck_step>
  private let convolutions: UnsafeMutableBufferPointer<ck_convolution>
  private let paddings: UnsafeMutableBufferPointer<ck_padding>
  private let poolings: UnsafeMutableBufferPointer<ck_pooling>
  private let extents: UnsafeMutableBufferPointer<Extents>
  private let passes: UnsafeMutableBufferPointer<ck_pass>
  /// The elements of scratch memory that the kernels need.
  let workspaceCount: Int
  /// What each instruction of each list may read and write, in elements, where they are audited.
  let footprints: [[Footprint]]

  init(
    _ code: Code, _ precision: Precision, _ table: UnsafePointer<ck_kernels>,
    _ optimisations: Optimisations
  ) {
    kernels = table.pointee
    byteCount = precision.byteCount
    products = .holding(code.products)
    convolutions = .holding(code.convolutions)
    paddings = .holding(code.paddings)
    poolings = .holding(code.poolings)
    extents = .holding(code.extents)
    operands = .holding(code.loops.flatMap(\.operands))
    steps = .holding(code.loops.flatMap(\.steps))
    loops = .holding(Self.loops(code.loops, operands, steps))
    var needed = 0
    for index in products.indices {
      kernels.plan_product(products.baseAddress! + index)
      needed = max(needed, Int(products[index].workspace))
    }
    for index in loops.indices {
      kernels.plan_loop(loops.baseAddress! + index)
      needed = max(needed, Int(loops[index].workspace))
    }
    var finder = PassFinder(products, loops, precision)
    let parts = zip(code.lists, code.footprints).map {
      optimisations.contains(.passes) ? finder.merging($0, $1) : ($0, $1)
    }
    let merged = parts.map(\.0)
    footprints = parts.map(\.1)
    passes = .holding(finder.passes)
    for index in passes.indices {
      kernels.plan_pass(passes.baseAddress! + index)
      needed = max(needed, Int(passes[index].workspace))
    }
    for instruction in merged.joined() where instruction.isTransformed {
      let descriptor = convolutions.baseAddress! + instruction.descriptor
      needed = max(needed, Int(kernels.winograd_workspace(descriptor)))
    }
    workspaceCount = needed
    let size = precision.byteCount
    lists = merged.map { .holding($0.map { $0.inBytes(size) }) }
  }

  deinit {
    for list in lists { list.deallocate() }
    products.deallocate()
    loops.deallocate()
    operands.deallocate()
    steps.deallocate()
    convolutions.deallocate()
    paddings.deallocate()
    poolings.deallocate()
    extents.deallocate()
    passes.deallocate()
  }

  func instructionCount(_ list: Int) -> Int { lists[list].count }

  private static func loops(
    _ loops: [Code.Loop], _ operands: UnsafeMutableBufferPointer<ck_operand>,
    _ steps: UnsafeMutableBufferPointer<ck_step>
  ) -> [ck_loop] {
    var firstOperand = 0
    var firstStep = 0
    return loops.map { loop in
      var descriptor = ck_loop()
      descriptor.rows = Int64(loop.rows)
      descriptor.columns = Int64(loop.columns)
      descriptor.operands = operands.baseAddress! + firstOperand
      descriptor.steps = steps.baseAddress! + firstStep
      descriptor.operand_count = Int32(loop.operands.count)
      descriptor.step_count = Int32(loop.steps.count)
      descriptor.temporaries = Int32(loop.temporaries)
      firstOperand += loop.operands.count
      firstStep += loop.steps.count
      return descriptor
    }
  }

  /// Runs a list's kernel calls, one after another. Allocates nothing.
  func run(
    _ list: Int, _ base: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer
  ) {
    run(UnsafeBufferPointer(lists[list]), base, scratch)
  }

  /// Runs some kernel calls of a list.
  func run(
    _ list: Int, _ instructions: Range<Int>, _ base: UnsafeMutableRawPointer,
    scratch: UnsafeMutableRawPointer
  ) {
    run(UnsafeBufferPointer(rebasing: lists[list][instructions]), base, scratch)
  }

  @inline(__always)
  private func run(
    _ instructions: UnsafeBufferPointer<Instruction>, _ base: UnsafeMutableRawPointer,
    _ scratch: UnsafeMutableRawPointer
  ) {
    for i in instructions {
      let (a, b, c, y) = (base + i.a, base + i.b, base + i.c, base + i.result)
      switch i.kind {
      case .product:
        kernels.product(products.baseAddress! + i.descriptor, a, b, c, y, scratch)
      case .loop: kernels.loop(loops.baseAddress! + i.descriptor, base, scratch)
      case .pass: kernels.pass(passes.baseAddress! + i.descriptor, base, scratch)
      case .quarters:
        let e = extents[i.descriptor]
        kernels.quarter(Int64(e.first), Int64(e.second), a, y)
      case .transpose:
        let e = extents[i.descriptor]
        kernels.transpose(Int64(e.first), Int64(e.second), a, Int64(e.second), y, Int64(e.first))
      case .convolution: kernels.convolve(convolutions.baseAddress! + i.descriptor, a, b, y)
      case .convolutionInput:
        kernels.convolve_input_gradient(convolutions.baseAddress! + i.descriptor, a, b, y)
      case .convolutionWeights:
        kernels.convolve_weight_gradient(convolutions.baseAddress! + i.descriptor, a, b, y)
      case .pad: kernels.pad(paddings.baseAddress! + i.descriptor, a, y)
      case .flipWeights: kernels.flip_weights(convolutions.baseAddress! + i.descriptor, a, y)
      case .transformWeights:
        kernels.winograd_weights(convolutions.baseAddress! + i.descriptor, a, y)
      case .transformWeightsAdjoint:
        kernels.winograd_weights_adjoint(convolutions.baseAddress! + i.descriptor, a, y)
      case .transformedConvolution:
        kernels.winograd_convolve(convolutions.baseAddress! + i.descriptor, a, b, y, scratch)
      case .transformedGradient:
        kernels.winograd_weight_gradient(
          convolutions.baseAddress! + i.descriptor, a, b, y, scratch)
      case .pool:
        let isAffine = i.scale >= 0
        kernels.pool(
          poolings.baseAddress! + i.descriptor, a, isAffine ? base + i.centre : nil,
          isAffine ? base + i.scale : nil, isAffine ? base + i.shift : nil, i.c < 0 ? nil : c, y)
      case .poolGather: kernels.pool_gather(poolings.baseAddress! + i.descriptor, a, b, y)
      case .patchFactor:
        kernels.patch_factor(convolutions.baseAddress! + i.descriptor, a, y)
      case .patchPool:
        kernels.convolve_pool(
          convolutions.baseAddress! + i.descriptor, a, b, i.scale < 0 ? nil : base + i.scale,
          i.c < 0 ? nil : c, y)
      case .patchPoolGather:
        kernels.convolve_pool_gather(convolutions.baseAddress! + i.descriptor, a, b, c, y)
      case .patchPoolWeights:
        kernels.convolve_pool_weight_gradient(
          convolutions.baseAddress! + i.descriptor, a, b, c, y)
      case .gatherRows:
        let e = extents[i.descriptor]
        kernels.gather_rows(Int64(e.first), Int64(e.second), a, b, y)
      case .scatterRows:
        let e = extents[i.descriptor]
        kernels.scatter_rows(Int64(e.first), Int64(e.second), Int64(e.third), a, b, y)
      case .moments:
        let e = extents[i.descriptor]
        kernels.moments(Int64(e.first), Int64(e.second), a, y)
      case .sumMiddle:
        let e = extents[i.descriptor]
        kernels.sum_middle(Int64(e.first), Int64(e.second), Int64(e.third), a, y)
      case .repeatMiddle:
        let e = extents[i.descriptor]
        kernels.repeat_middle(Int64(e.first), Int64(e.second), Int64(e.third), a, y)
      case .copy: y.copyMemory(from: a, byteCount: extents[i.descriptor].first * byteCount)
      }
    }
  }
}

extension UnsafeMutableBufferPointer {
  /// A buffer of its own with the elements of an array.
  fileprivate static func holding(_ elements: [Element]) -> Self {
    let buffer = Self.allocate(capacity: elements.count)
    _ = buffer.initialize(from: elements)
    return buffer
  }
}

extension Instruction {
  /// The same with places in bytes; -1 stays.
  fileprivate func inBytes(_ size: Int) -> Instruction {
    var copy = self
    copy.a *= size
    copy.b *= size
    copy.c = c < 0 ? -1 : c * size
    copy.result *= size
    copy.centre *= size
    copy.scale *= size
    copy.shift *= size
    return copy
  }
}
