import CKernels
import Testing

/// Products with a matrix given as sums of its quarters, against sums in double precision.
private struct QuarteredProduct<Element: KernelElement> {
  /// The matrix is rows x columns; a product with its transpose has as many terms as it has rows.
  let rows: Int, columns: Int, n: Int
  let transposed: Bool
  let initial: ck_initial
  let relu: Bool
  let matrix: Storage<Element>, b: Storage<Element>, bias: Storage<Element>
  let before: [Element]

  var m: Int { transposed ? columns : rows }
  var k: Int { transposed ? rows : columns }

  init(
    _ rows: Int, _ columns: Int, _ n: Int, transposed: Bool, _ initial: ck_initial = CK_ZERO,
    relu: Bool = false
  ) {
    (self.rows, self.columns, self.n) = (rows, columns, n)
    (self.transposed, self.initial, self.relu) = (transposed, initial, relu)
    var numbers = Numbers(rows * 10007 + columns * 101 + n)
    matrix = Storage(numbers.values(rows * columns))
    b = Storage(numbers.values((transposed ? rows : columns) * n))
    bias = Storage(numbers.values(n))
    before = numbers.values((transposed ? columns : rows) * n)
  }

  func run(_ kernels: Kernels<Element>) -> [Element] {
    let slab = Int(CK_SLAB_ROWS)
    let slabs = ((rows + 3) / 4 + slab - 1) / slab
    let sums = Storage<Element>(
      count: Int(CK_QUARTER_PRODUCTS) * slabs * slab * ((columns + 3) / 4))
    kernels.quarter(rows, columns, matrix.start, sums.start)
    #expect(sums.isWithinBounds)
    var p = ck_product()
    (p.m, p.n, p.k) = (Int64(m), Int64(n), Int64(k))
    (p.a_row, p.a_column) = transposed ? (1, Int64(m)) : (Int64(k), 1)
    (p.b_row, p.c_row) = (Int64(n), Int64(n))
    p.initial = Int32(initial.rawValue)
    p.relu = relu ? 1 : 0
    p.quartered = 1
    let c = Storage(before)
    kernels.product(p, sums.start, b.start, bias.start, c.start)
    #expect(c.isWithinBounds)
    return c.values
  }

  func check() {
    let matrix = matrix.values
    let b = b.values
    let bias = bias.values
    var expected = before.map { Double($0) }
    var scale = expected
    for i in 0..<m {
      for j in 0..<n {
        let place = i * n + j
        var sum =
          switch initial {
          case CK_BIAS: Double(bias[j])
          case CK_ACCUMULATE: expected[place]
          default: 0.0
          }
        for l in 0..<k {
          sum += Double(matrix[transposed ? l * m + i : i * k + l]) * Double(b[l * n + j])
        }
        expected[place] = relu ? max(sum, 0) : sum
        // Errors are of the size of the products of quarters, not of an element's own terms.
        scale[place] = 1 + Double(k)
      }
    }
    checkEverySet(
      Element.self,
      "\(rows) x \(columns), \(n) columns, transposed \(transposed), initial \(initial), relu \(relu)"
    ) {
      run($0)
    } expect: {
      firstDifference($0, expected, scale: scale)
    }
  }
}

@Suite struct StrassenTests {
  /// Blocks that are whole and not, slabs and panels too, several groups of rows, ranges of terms and of columns.
  private static let shapes = [
    (1, 1, 1), (2, 2, 2), (3, 5, 7), (24, 24, 64), (25, 13, 33), (26, 47, 66), (49, 50, 21),
    (70, 950, 37), (950, 70, 45), (30, 26, 1100), (121, 1000, 150),
    (1201, 905, 3), (1206, 30, 34),
  ]

  @Test(arguments: [CK_ZERO, CK_ACCUMULATE, CK_BIAS]) func products(initial: ck_initial) {
    for (index, (rows, columns, n)) in Self.shapes.enumerated() {
      for transposed in [false, true] {
        let relu = index % 2 == 0
        QuarteredProduct<Float>(rows, columns, n, transposed: transposed, initial, relu: relu)
          .check()
        QuarteredProduct<Double>(rows, columns, n, transposed: transposed, initial, relu: relu)
          .check()
      }
    }
  }

  /// What the order of sums depends on does not depend on the instruction set.
  @Test func depthIsTheSameForEverySet() {
    for k in [2, 784, 1000, 5000] {
      let depths = Kernels<Float>.all.map { kernels in
        var p = ck_product()
        (p.m, p.n, p.k, p.a_row, p.a_column) = (300, 300, Int64(k), Int64(k), 1)
        (p.b_row, p.c_row, p.quartered) = (300, 300, 1)
        kernels.plan(&p)
        #expect(p.form == Int32(CK_QUARTERED.rawValue))
        return p.depth
      }
      #expect(Set(depths).count == 1)
    }
  }
}
