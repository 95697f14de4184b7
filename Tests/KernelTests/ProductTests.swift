import CKernels
import Testing

/// A product with its operands, A perhaps transposed, all with gaps between rows.
private struct Product<Element: KernelElement> {
  let m: Int, n: Int, k: Int
  let transposed: Bool
  let initial: Int32
  let relu: Bool
  let a: Storage<Element>, b: Storage<Element>, bias: Storage<Element>
  let before: [Element]
  let gaps: (a: Int, b: Int, c: Int)

  init(
    _ m: Int, _ n: Int, _ k: Int, transposed: Bool = false, initial: ck_initial = CK_ZERO,
    relu: Bool = false, gaps: (Int, Int, Int) = (3, 1, 2)
  ) {
    (self.m, self.n, self.k, self.transposed, self.gaps) = (m, n, k, transposed, gaps)
    self.relu = relu
    self.initial = Int32(initial.rawValue)
    var numbers = Numbers(m * 10007 + n * 101 + k)
    a = Storage(numbers.values(transposed ? k * (m + gaps.0) : m * (k + gaps.0)))
    b = Storage(numbers.values(k * (n + gaps.1)))
    bias = Storage(numbers.values(n))
    before = numbers.values(m * (n + gaps.2))
  }

  var plan: ck_product {
    var p = ck_product()
    (p.m, p.n, p.k) = (Int64(m), Int64(n), Int64(k))
    p.a_row = transposed ? 1 : Int64(k + gaps.a)
    p.a_column = transposed ? Int64(m + gaps.a) : 1
    p.b_row = Int64(n + gaps.b)
    p.c_row = Int64(n + gaps.c)
    p.initial = initial
    p.relu = relu ? 1 : 0
    return p
  }

  /// All of C, gaps included; `rows` of it may be computed alone.
  func run(_ kernels: Kernels<Element>, rows: Range<Int>? = nil) -> [Element] {
    let rows = rows ?? 0..<m
    let c = Storage(before)
    var p = plan
    p.m = Int64(rows.count)
    kernels.product(
      p, a.start + rows.lowerBound * Int(p.a_row), b.start, bias.start,
      c.start + rows.lowerBound * Int(p.c_row))
    #expect(c.isWithinBounds)
    return c.values
  }

  func check() {
    let p = plan
    let av = a.values.map { Double($0) }, bv = b.values.map { Double($0) }
    var expected = before.map { Double($0) }
    var scale = expected.map { _ in 0.0 }  // gaps stay as they are
    for i in 0..<m {
      for j in 0..<n {
        let place = i * Int(p.c_row) + j
        var sum = 0.0
        var size = 1.0
        if initial == CK_ZERO.rawValue { expected[place] = 0 }
        if initial == CK_BIAS.rawValue { expected[place] = Double(bias.start[j]) }
        for l in 0..<k {
          let term = av[i * Int(p.a_row) + l * Int(p.a_column)] * bv[l * Int(p.b_row) + j]
          sum += term
          size += abs(term)
        }
        expected[place] += sum
        if relu { expected[place] = max(expected[place], 0) }
        scale[place] = size
      }
    }
    checkEverySet(
      Element.self, "\(m) x \(n) x \(k), transposed \(transposed), initial \(initial), relu \(relu)"
    ) {
      run($0)
    } expect: {
      firstDifference($0, expected, scale: scale)
    }
  }
}

@Suite struct ProductTests {
  private func checkShapes<Element: KernelElement>(_ type: Element.Type) {
    var round = 0
    for m in [1, 2, 5, 10, 13, 15, 29] {
      for n in [1, 3, 5, 8, 10, 16, 17, 40, 64, 70] {
        for k in [1, 2, 10, 40] {
          let initial = [CK_ZERO, CK_ACCUMULATE, CK_BIAS][round % 3]
          let relu = round % 2 == 1
          round += 1
          Product<Element>(m, n, k, initial: initial, relu: relu).check()
          Product<Element>(m, n, k, transposed: true, initial: initial, relu: relu).check()
        }
      }
    }
  }

  @Test func smallShapesInFloat() { checkShapes(Float.self) }
  @Test func smallShapesInDouble() { checkShapes(Double.self) }

  /// Several pieces of k, blocks of rows and columns, packed operands.
  @Test(arguments: [CK_ZERO, CK_ACCUMULATE, CK_BIAS])
  func largeShapes(initial: ck_initial) {
    for transposed in [false, true] {
      Product<Float>(70, 300, 800, transposed: transposed, initial: initial).check()
      Product<Double>(70, 150, 600, transposed: transposed, initial: initial).check()
      Product<Float>(200, 10, 784, transposed: transposed, initial: initial).check()
      Product<Float>(37, 1100, 50, transposed: transposed, initial: initial).check()
      Product<Float>(500, 64, 33, transposed: transposed, initial: initial, gaps: (0, 0, 0)).check()
      Product<Float>(90, 256, 20, transposed: transposed, initial: initial, gaps: (0, 0, 0)).check()
    }
  }

  /// Only whole sums are rectified, not those of a piece of k.
  @Test(arguments: [CK_ZERO, CK_ACCUMULATE, CK_BIAS])
  func rectifiedShapes(initial: ck_initial) {
    for transposed in [false, true] {
      func check<Element>(_ product: Product<Element>) { product.check() }
      check(Product<Float>(70, 300, 800, transposed: transposed, initial: initial, relu: true))
      check(Product<Double>(70, 150, 600, transposed: transposed, initial: initial, relu: true))
      check(Product<Float>(70, 10, 900, transposed: transposed, initial: initial, relu: true))
      check(Product<Double>(33, 1, 600, transposed: transposed, initial: initial, relu: true))
      check(Product<Float>(500, 64, 33, transposed: transposed, initial: initial, relu: true))
      check(Product<Float>(5, 7, 0, transposed: transposed, initial: initial, relu: true))
    }
  }

  @Test func emptySumsLeaveTheInitialValue() {
    for initial in [CK_ZERO, CK_ACCUMULATE, CK_BIAS] {
      Product<Float>(5, 7, 0, initial: initial).check()
      Product<Double>(20, 70, 0, transposed: true, initial: initial).check()
    }
  }

  /// Any rows alone have the bits that they have among all; only narrow products of a transposed A
  /// are cut by how many there are.
  @Test func rowsDoNotDependOnOthers() {
    for (m, n, k) in [(40, 40, 40), (75, 64, 64), (30, 10, 500), (60, 300, 784)] {
      for transposed in n > 16 ? [false, true] : [false] {
        let product = Product<Float>(m, n, k, transposed: transposed, initial: CK_BIAS)
        for kernels in Kernels<Float>.all {
          let whole = product.run(kernels)
          for rows in [0..<1, 3..<8, m - 5..<m] {
            let part = product.run(kernels, rows: rows)
            let row = Int(product.plan.c_row)
            for i in rows {
              let same = (0..<n).allSatisfy { whole[i * row + $0] == part[i * row + $0] }
              #expect(same, "row \(i) of \(m) x \(n) x \(k), \(kernels.name)")
            }
          }
        }
      }
    }
  }

  /// Depths are what the order of sums depends on.
  @Test func depthIsTheSameForEverySet() {
    for k in [1, 384, 385, 784, 5000] {
      let depths = Kernels<Float>.all.map { kernels in
        var p = Product<Float>(3, 5, k).plan
        kernels.plan(&p)
        return p.depth
      }
      #expect(Set(depths).count == 1)
    }
  }

  /// Narrow products take their own forms, on every instruction set: forms differ in the order of sums.
  @Test func narrowProductsHaveTheirForms() {
    let forms = [
      (Product<Float>(5000, 10, 784, gaps: (0, 0, 0)).plan, CK_DOTS),
      (Product<Float>(784, 10, 5000, transposed: true, gaps: (0, 0, 0)).plan, CK_LANES),
      (Product<Float>(10, 1, 40).plan, CK_DOTS),
      (Product<Float>(40, 1, 10, transposed: true).plan, CK_LANES),
      (Product<Float>(64, 64, 64).plan, CK_TILES),
    ]
    for (plan, form) in forms {
      for kernels in Kernels<Float>.all {
        var p = plan
        kernels.plan(&p)
        #expect(p.form == Int32(form.rawValue), "\(p.m) x \(p.n) x \(p.k), \(kernels.name)")
      }
    }
  }

  /// Many visits of a column that is gathered where it belongs, or elsewhere.
  @Test(arguments: [CK_ZERO, CK_ACCUMULATE, CK_BIAS]) func narrowShapes(initial: ck_initial) {
    for n in [1, 2, 5, 10] {
      Product<Float>(70, n, 900, transposed: true, initial: initial).check()
      Product<Double>(33, n, 600, transposed: true, initial: initial, gaps: (0, 0, 0)).check()
      Product<Float>(70, n, 900, transposed: true, initial: initial, gaps: (0, 0, 0)).check()
      Product<Float>(23, n, 1001, initial: initial).check()
      Product<Double>(23, n, 500, initial: initial).check()
    }
  }

  @Test func notANumberStaysInItsRowAndColumn() {
    let product = Product<Float>(9, 21, 30)
    product.a.start[4 * 33 + 7] = .nan
    product.b.start[3 * 22 + 20] = .infinity
    for kernels in Kernels<Float>.all {
      let c = product.run(kernels)
      for i in 0..<9 {
        for j in 0..<21 {
          let value = c[i * 23 + j]
          #expect(value.isNaN == (i == 4))
          #expect(value.isInfinite == (i != 4 && j == 20))
        }
      }
    }
  }
}
