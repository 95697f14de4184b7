import CKernels

/// A fused loop and its memory, to be run by kernels and by a plain reference.
struct LoopCase<Element: KernelElement> {
  let rows: Int
  let columns: Int
  private var memory: [Element] = []
  private var operands: [ck_operand] = []
  private(set) var steps: [ck_step] = []
  private var temporaries = 0

  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  // MARK: Operands, by number

  private mutating func operand(_ kind: ck_addressing, _ offset: Int, row: Int = 0) -> Int32 {
    var operand = ck_operand()
    operand.offset = Int64(offset)
    operand.row = Int64(row)
    operand.addressing = Int32(kind.rawValue)
    operands.append(operand)
    return Int32(operands.count - 1)
  }

  private mutating func stored(_ values: [Element], _ kind: ck_addressing, row: Int = 0) -> Int32 {
    // What lies between must not matter, nor change.
    memory += [Element](repeating: 77, count: 3)
    memory += values
    return operand(kind, memory.count - values.count, row: row)
  }

  mutating func full(_ values: [Element], padding: Int = 0) -> Int32 {
    var padded: [Element] = []
    for row in 0..<rows {
      padded += values[row * columns..<(row + 1) * columns]
      padded += [Element](repeating: 77, count: padding)
    }
    return stored(padded, CK_FULL, row: columns + padding)
  }

  mutating func row(_ values: [Element]) -> Int32 { stored(values, CK_ROW) }
  mutating func column(_ values: [Element]) -> Int32 { stored(values, CK_COLUMN) }
  mutating func pooled(_ values: [Element]) -> Int32 { stored(values, CK_POOLED) }
  mutating func scalar(_ value: Element) -> Int32 { stored([value], CK_SCALAR) }

  mutating func temporary(_ kind: ck_addressing = CK_TEMPORARY) -> Int32 {
    temporaries += 1
    return operand(kind, temporaries - 1)
  }

  mutating func step(_ kind: ck_step_kind, _ inputs: [Int32], _ result: Int32, x: Double = 0) {
    var step = ck_step()
    step.kind = Int32(kind.rawValue)
    step.a = inputs[0]
    step.b = inputs.count > 1 ? inputs[1] : -1
    step.c = inputs.count > 2 ? inputs[2] : -1
    step.e = inputs.count > 3 ? inputs[3] : -1
    step.d = result
    step.x = x
    steps.append(step)
  }

  /// The adjoint of pooling, over the pixels of images.
  mutating func unpool(
    _ values: Int32, _ index: Int32, height: Int, width: Int, _ result: Int32
  ) {
    step(CK_UNPOOL, [values, index], result)
    steps[steps.count - 1].height = Int32(height)
    steps[steps.count - 1].width = Int32(width)
  }

  // MARK: Running

  /// The memory after a run.
  struct Outcome {
    let memory: [Element]
    fileprivate let owner: LoopCase

    /// The values of an operand in memory, without padding.
    func full(_ number: Int32) -> [Element] {
      let operand = owner.operands[Int(number)]
      let (start, row) = (Int(operand.offset), Int(operand.row))
      switch operand.addressing {
      case Int32(CK_FULL.rawValue):
        return (0..<owner.rows).flatMap { r in
          memory[start + r * row..<start + r * row + owner.columns]
        }
      case Int32(CK_ROW.rawValue): return Array(memory[start..<start + owner.columns])
      case Int32(CK_COLUMN.rawValue): return Array(memory[start..<start + owner.rows])
      default: return [memory[start]]
      }
    }
  }

  func run(_ kernels: Kernels<Element>) -> Outcome {
    var memory = memory
    var operands = operands
    var steps = steps
    operands.withUnsafeMutableBufferPointer { operands in
      steps.withUnsafeMutableBufferPointer { steps in
        var loop = ck_loop()
        loop.rows = Int64(rows)
        loop.columns = Int64(columns)
        loop.operands = operands.baseAddress
        loop.steps = steps.baseAddress
        loop.operand_count = Int32(operands.count)
        loop.step_count = Int32(steps.count)
        loop.temporaries = Int32(temporaries)
        memory.withUnsafeMutableBytes {
          kernels.call(kernels.table.loop, loop, base: $0.baseAddress)
        }
      }
    }
    return Outcome(memory: memory, owner: self)
  }

  /// The same in double precision, one step at a time over the whole space.
  func reference() -> [Double] {
    var memory = memory.map { Double($0) }
    var tiles = [[Double]](
      repeating: [Double](repeating: 0, count: rows * columns), count: temporaries)
    func place(_ operand: ck_operand, _ r: Int, _ c: Int) -> (tile: Int?, index: Int) {
      let offset = Int(operand.offset)
      switch ck_addressing(UInt32(operand.addressing)) {
      case CK_FULL: return (nil, offset + r * Int(operand.row) + c)
      case CK_ROW: return (nil, offset + c)
      case CK_COLUMN: return (nil, offset + r)
      case CK_SCALAR: return (nil, offset)
      case CK_TEMPORARY: return (offset, r * columns + c)
      default: return (offset, r)
      }
    }
    func read(_ number: Int32, _ r: Int, _ c: Int) -> Double {
      if number < 0 { return 0 }
      let (tile, index) = place(operands[Int(number)], r, c)
      return tile.map { tiles[$0][index] } ?? memory[index]
    }
    func write(_ number: Int32, _ r: Int, _ c: Int, _ value: Double) {
      let (tile, index) = place(operands[Int(number)], r, c)
      if let tile { tiles[tile][index] = value } else { memory[index] = value }
    }
    for step in steps {
      LoopReference(rows: rows, columns: columns, step: step, read: read, write: write).run()
    }
    return memory
  }
}
