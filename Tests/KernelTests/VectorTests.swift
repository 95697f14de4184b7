import CKernels
import Testing

@Suite struct VectorTests {
  private func check<Element: KernelElement>(_ type: Element.Type) {
    for n in [0, 1, 5, 16, 31, 64, 100, 1000, 4096, 4097, 10000] {
      var numbers = Numbers(n)
      let x = Storage<Element>(numbers.values(n))
      let y: [Element] = numbers.values(n)
      let xv = x.values.map { Double($0) }
      let yv = y.map { Double($0) }

      var products: [Double] = []
      for kernels in Kernels<Element>.all {
        let dot = kernels.table.dot(Int64(n), x.start, y)
        let expected = zip(xv, yv).reduce(0) { $0 + $1.0 * $1.1 }
        let scale = 1 + zip(xv, yv).reduce(0) { $0 + abs($1.0 * $1.1) }
        let bound = Element.kind == CK_FLOAT ? 1e-6 : 1e-15
        #expect(abs(dot - expected) <= bound * scale, "\(n), \(kernels.name)")
        if kernels.isFused { products.append(dot) }
        // In one pass, the same bits.
        var dots = [0.0, 0.0, 0.0]
        kernels.table.dots(Int64(n), x.start, y, &dots)
        #expect(
          dots == [
            kernels.table.dot(Int64(n), x.start, x.start), dot, kernels.table.dot(Int64(n), y, y),
          ])
        let (once, twice) = (Storage(y), Storage(y))
        kernels.table.add_scaled(Int64(n), 0.75, x.start, twice.start)
        let found = kernels.table.add_scaled_dot(Int64(n), 0.75, x.start, once.start, x.start)
        #expect(found == kernels.table.dot(Int64(n), x.start, twice.start))
        #expect(once.values == twice.values)
        let own = kernels.table.add_scaled_dot(Int64(n), -0.5, x.start, once.start, once.start)
        #expect(own == kernels.table.dot(Int64(n), once.start, once.start))
      }
      #expect(Set(products).count <= 1)

      func checkUpdate(
        _ what: String, _ expected: [Double], _ body: (ck_kernels, Storage<Element>) -> Void
      ) {
        checkEverySet(type, "\(what) \(n)") { kernels in
          let result = Storage(y)
          body(kernels.table, result)
          #expect(result.isWithinBounds)
          return result.values
        } expect: {
          firstDifference($0, expected)
        }
      }
      checkUpdate("add scaled", zip(xv, yv).map { $1 + 0.75 * $0 }) {
        $0.add_scaled(Int64(n), 0.75, x.start, $1.start)
      }
      checkUpdate("scale and add", zip(xv, yv).map { $0 - 0.3 * $1 }) {
        $0.scale_add(Int64(n), x.start, -0.3, $1.start)
      }
      checkUpdate("scale", yv.map { 1.7 * $0 }) { $0.scale(Int64(n), 1.7, $1.start) }
    }
  }

  private func checkRows<Element: KernelElement>(_ type: Element.Type) {
    for columns in [1, 3, 8, 16, 22, 64, 75] {
      var numbers = Numbers(columns)
      let source: [Element] = numbers.values(30 * columns)
      for rows: [Int64] in [[], [29], [4, 0, 29, 4, 17]] {
        for kernels in Kernels<Element>.all {
          let result = Storage([Element](repeating: 0, count: rows.count * columns))
          kernels.table.take_rows(Int64(rows.count), Int64(columns), rows, source, result.start)
          #expect(result.isWithinBounds)
          let expected = rows.flatMap { source[Int($0) * columns..<(Int($0) + 1) * columns] }
          #expect(result.values == expected, "\(columns), \(kernels.name)")
        }
      }
    }
  }

  @Test func rowsOfFloats() { checkRows(Float.self) }
  @Test func rowsOfDoubles() { checkRows(Double.self) }

  @Test func float() { check(Float.self) }
  @Test func double() { check(Double.self) }
}
