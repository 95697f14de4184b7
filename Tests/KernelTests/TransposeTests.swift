import CKernels
import Testing

@Suite struct TransposeTests {
  private func check<Element: KernelElement>(_ type: Element.Type) {
    for rows in [1, 2, 7, 8, 16, 17, 40] {
      for columns in [1, 3, 8, 15, 16, 33] {
        var numbers = Numbers(rows + columns)
        let sourceRow = columns + 2
        let targetRow = rows + 3
        let source = Storage<Element>(numbers.values(rows * sourceRow))
        var expected = Array(repeating: 55.0, count: columns * targetRow)
        for i in 0..<rows {
          for j in 0..<columns {
            expected[j * targetRow + i] = Double(source.start[i * sourceRow + j])
          }
        }
        checkEverySet(type, "\(rows) x \(columns)") { kernels in
          let target = Storage<Element>(count: columns * targetRow)
          kernels.transpose(rows, columns, source.start, sourceRow, target.start, targetRow)
          #expect(target.isWithinBounds)
          return target.values
        } expect: {
          firstDifference($0, expected, tolerance: 0)
        }
      }
    }
  }

  @Test func float() { check(Float.self) }
  @Test func double() { check(Double.self) }
}
