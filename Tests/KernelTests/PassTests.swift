import CKernels
import Testing

/// A pass over the rows of a long matrix must give the bits of its three calls, one after another.
@Suite struct PassTests {
  /// Rows, columns of the long matrix, columns of the product: fewer than lanes.
  static let shapes = [
    (1000, 300, 5), (263, 784, 3), (1, 40, 2), (777, 50, 1), (90, 3000, 4), (2500, 100, 4),
  ]

  /// Memory, and where in it each matrix starts.
  private struct Places {
    let a: Int, b: Int, bias: Int, values: Int, terms: Int, sums: Int, total: Int, result: Int
    let count: Int

    init(_ m: Int, _ k: Int, _ n: Int) {
      let sizes = [m * k, k * n, n, m * n, m * n, n, 1, k * n]
      let starts = sizes.indices.map { sizes[..<$0].reduce(0) { $0 + $1 + 3 } }
      (a, b, bias, values) = (starts[0], starts[1], starts[2], starts[3])
      (terms, sums, total, result) = (starts[4], starts[5], starts[6], starts[7])
      count = result + k * n
    }
  }

  /// Planned products and loop at fixed addresses.
  private struct Call {
    let products: UnsafeBufferPointer<ck_product>
    let loop: UnsafePointer<ck_loop>
    let at: Places

    func pass<Element: KernelElement>(_ kernels: Kernels<Element>, _ memory: Storage<Element>) {
      var pass = ck_pass()
      pass.forward = products.baseAddress! + 0
      pass.backward = products.baseAddress! + 1
      pass.loop = loop
      (pass.a, pass.b, pass.bias) = (Int64(at.a), Int64(at.b), Int64(at.bias))
      (pass.values, pass.terms) = (Int64(at.values), Int64(at.terms))
      pass.result = Int64(at.result)
      kernels.call(kernels.table.pass, pass, base: memory.start)
    }

    func parts<Element: KernelElement>(_ kernels: Kernels<Element>, _ memory: Storage<Element>) {
      let start = memory.start
      kernels.call(kernels.table.product, products[0], base: start)
      kernels.call(kernels.table.loop, loop.pointee, base: start)
      kernels.call(kernels.table.product, products[1], base: start)
    }
  }

  private func operand(_ kind: ck_addressing, _ offset: Int, row: Int = 0) -> ck_operand {
    ck_operand(offset: Int64(offset), row: Int64(row), addressing: Int32(kind.rawValue))
  }

  private func step(_ kind: ck_step_kind, _ a: Int32, _ b: Int32, to d: Int32) -> ck_step {
    var step = ck_step()
    step.kind = Int32(kind.rawValue)
    (step.a, step.b, step.c, step.e, step.d) = (a, b, -1, -1, d)
    return step
  }

  /// The whole memory after a pass, or after its three calls.
  private func run<Element: KernelElement>(
    _ shape: (Int, Int, Int), isFlat: Bool, _ initial: ck_initial, _ kernels: Kernels<Element>,
    asOne: Bool
  ) -> [Element] {
    let (m, k, n) = shape
    let at = Places(m, k, n)
    var numbers = Numbers(m + k + n)
    let memory = Storage<Element>(numbers.values(at.count))
    var forward = ck_product()
    (forward.m, forward.n, forward.k) = (Int64(m), Int64(n), Int64(k))
    (forward.a_row, forward.a_column) = (Int64(k), 1)
    (forward.b_row, forward.c_row) = (Int64(n), Int64(n))
    forward.initial = Int32(initial.rawValue)
    var backward = forward
    (backward.m, backward.k) = (Int64(k), Int64(m))
    (backward.a_row, backward.a_column) = (1, Int64(k))
    backward.initial = Int32(CK_ZERO.rawValue)
    (forward.a, forward.b, forward.bias) = (Int64(at.a), Int64(at.b), Int64(at.bias))
    forward.c = Int64(at.values)
    (backward.a, backward.b, backward.c) = (Int64(at.a), Int64(at.terms), Int64(at.result))
    kernels.plan(&forward)
    kernels.plan(&backward)
    #expect(forward.form == CK_DOTS.rawValue && backward.form == CK_LANES.rawValue)
    var operands = [
      operand(CK_FULL, at.values, row: n), operand(CK_FULL, at.terms, row: n),
      operand(CK_SCALAR, at.total), operand(CK_ROW, at.sums), operand(CK_TEMPORARY_COLUMN, 0),
    ]
    var steps =
      isFlat
      ? [step(CK_TANH, 0, -1, to: 1), step(CK_SUM_ALL, 0, 1, to: 2)]
      : [
        step(CK_SUM_COLUMNS, 0, -1, to: 4), step(CK_MULTIPLY, 0, 4, to: 1),
        step(CK_SUM_ROWS, 1, -1, to: 3), step(CK_SUM_ALL, 0, 1, to: 2),
      ]
    operands.withUnsafeMutableBufferPointer { operands in
      steps.withUnsafeMutableBufferPointer { steps in
        var loop = ck_loop()
        (loop.rows, loop.columns) = isFlat ? (1, Int64(m * n)) : (Int64(m), Int64(n))
        (loop.operands, loop.steps) = (operands.baseAddress, steps.baseAddress)
        loop.operand_count = isFlat ? 3 : 5
        loop.step_count = Int32(steps.count)
        loop.temporaries = isFlat ? 0 : 1
        kernels.plan(&loop)
        #expect(loop.flat == (isFlat ? 1 : 0))
        let products = [forward, backward]
        products.withUnsafeBufferPointer { products in
          withUnsafePointer(to: loop) { loop in
            let call = Call(products: products, loop: loop, at: at)
            if asOne { call.pass(kernels, memory) } else { call.parts(kernels, memory) }
          }
        }
      }
    }
    #expect(memory.isWithinBounds)
    return memory.values
  }

  private func check<Element: KernelElement>(
    _ type: Element.Type, _ shapes: [(Int, Int, Int)] = Self.shapes
  ) {
    for shape in shapes {
      for (isFlat, initial) in [(false, CK_BIAS), (true, CK_ZERO), (true, CK_BIAS)] {
        for kernels in Kernels<Element>.all {
          let parts = run(shape, isFlat: isFlat, initial, kernels, asOne: false)
          let whole = run(shape, isFlat: isFlat, initial, kernels, asOne: true)
          let isSame = parts.map(\.bits) == whole.map(\.bits)
          #expect(isSame, "\(shape), flat \(isFlat), \(kernels.name)")
        }
      }
    }
  }

  @Test func passesInFloat() { check(Float.self, Self.shapes + [(1000, 300, 10), (511, 300, 9)]) }
  @Test func passesInDouble() { check(Double.self) }
}
