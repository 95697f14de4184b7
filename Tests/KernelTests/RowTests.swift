import CKernels
import Testing

@Suite struct RowTests {
  private func checkPadding<Element: KernelElement>(_ type: Element.Type) {
    for (n, h, w, c) in [(2, 3, 4, 5), (1, 1, 1, 1), (3, 2, 7, 64)] {
      for (top, left, bottom, right) in [(1, 1, 1, 1), (0, 0, 1, 1), (2, 0, 0, 3)] {
        var plan = ck_padding(
          images: Int64(n), height: Int64(h), width: Int64(w), channels: Int64(c),
          top: Int64(top), left: Int64(left), bottom: Int64(bottom), right: Int64(right))
        var numbers = Numbers(n + h + w + c)
        let x = Storage<Element>(numbers.values(n * h * w * c))
        let (rows, columns) = (h + top + bottom, w + left + right)
        var expected = Array(repeating: 0.0, count: n * rows * columns * c)
        for (place, value) in x.values.enumerated() {
          let pixel = place / c
          let (image, i, j) = (pixel / w / h, pixel / w % h, pixel % w)
          let to = ((image * rows + i + top) * columns + j + left) * c + place % c
          expected[to] = Double(value)
        }
        checkEverySet(type, "pad") { kernels in
          let padded = Storage<Element>(count: expected.count)
          kernels.table.pad(&plan, x.start, padded.start)
          #expect(padded.isWithinBounds)
          return padded.values
        } expect: {
          firstDifference($0, expected, tolerance: 0)
        }
      }
    }
  }

  @Test func padding() {
    checkPadding(Float.self)
    checkPadding(Double.self)
  }

  private func checkGathering<Element: KernelElement>(_ type: Element.Type) {
    for columns in [1, 3, 16, 33] {
      let index: [Element] = [4, 0, 4, 2, 2, 4, 1]
      var numbers = Numbers(columns)
      let x: [Element] = numbers.values(6 * columns)
      let y: [Element] = numbers.values(index.count * columns)
      var gathered: [Double] = []
      var scattered = x.map { _ in 0.0 }
      for (i, row) in index.enumerated() {
        for j in 0..<columns {
          gathered.append(Double(x[Int(row) * columns + j]))
          scattered[Int(row) * columns + j] += Double(y[i * columns + j])
        }
      }
      checkEverySet(type, "gather rows of \(columns)") { kernels in
        let result = Storage<Element>(count: y.count)
        kernels.table.gather_rows(Int64(index.count), Int64(columns), x, index, result.start)
        #expect(result.isWithinBounds)
        return result.values
      } expect: {
        firstDifference($0, gathered, tolerance: 0)
      }
      checkEverySet(type, "scatter rows of \(columns)") { kernels in
        let result = Storage<Element>(count: x.count)
        kernels.table.scatter_rows(Int64(index.count), 6, Int64(columns), y, index, result.start)
        #expect(result.isWithinBounds)
        return result.values
      } expect: {
        firstDifference($0, scattered)
      }
    }
  }

  @Test func gatheringAndScattering() {
    checkGathering(Float.self)
    checkGathering(Double.self)
  }

  private func checkMiddle<Element: KernelElement>(_ type: Element.Type) {
    for outer in [1, 3] {
      for middle in [1, 2, 9, 200] {
        for inner in [1, 2, 5, 16, 64, 70] {
          var numbers = Numbers(outer * middle * inner)
          let x: [Element] = numbers.values(outer * middle * inner)
          var sums = Array(repeating: 0.0, count: outer * inner)
          for (i, value) in x.enumerated() {
            sums[i / (middle * inner) * inner + i % inner] += Double(value)
          }
          checkEverySet(type, "sum \(outer) x \(middle) x \(inner)") { kernels in
            let y = Storage<Element>(count: sums.count)
            kernels.table.sum_middle(Int64(outer), Int64(middle), Int64(inner), x, y.start)
            #expect(y.isWithinBounds)
            return y.values
          } expect: {
            firstDifference($0, sums, tolerance: 1e-5)
          }
          let y = Array(x.prefix(outer * inner))
          let repeated = x.indices.map { Double(y[$0 / (middle * inner) * inner + $0 % inner]) }
          checkEverySet(type, "repeat \(outer) x \(middle) x \(inner)") { kernels in
            let result = Storage<Element>(count: x.count)
            kernels.table.repeat_middle(
              Int64(outer), Int64(middle), Int64(inner), y, result.start)
            #expect(result.isWithinBounds)
            return result.values
          } expect: {
            firstDifference($0, repeated, tolerance: 0)
          }
        }
      }
    }
  }

  @Test func middleAxis() {
    checkMiddle(Float.self)
    checkMiddle(Double.self)
  }
}
