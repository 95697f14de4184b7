import CKernels
import Testing

@Suite struct RowTests {
  private func checkPadding<Element: KernelElement>(_ type: Element.Type) {
    for (n, h, w, c) in [(2, 3, 4, 5), (1, 1, 1, 1), (3, 2, 7, 64)] {
      for (top, left, bottom, right) in [(1, 1, 1, 1), (0, 0, 1, 1), (2, 0, 0, 3)] {
        let plan = ck_padding(
          images: Int64(n), height: Int64(h), width: Int64(w), channels: Int64(c),
          top: Int64(top), left: Int64(left), bottom: Int64(bottom), right: Int64(right), x: 0,
          padded: 0)
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
          kernels.pad(plan, x.start, padded.start)
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
        kernels.choose(
          \.gather_rows, count: index.count, rows: 6, columns: columns, x, index, result.start)
        #expect(result.isWithinBounds)
        return result.values
      } expect: {
        firstDifference($0, gathered, tolerance: 0)
      }
      checkEverySet(type, "scatter rows of \(columns)") { kernels in
        let result = Storage<Element>(count: x.count)
        kernels.choose(
          \.scatter_rows, count: index.count, rows: 6, columns: columns, y, index, result.start)
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
            kernels.middle(\.sum_middle, outer, middle, inner, x, y.start)
            #expect(y.isWithinBounds)
            return y.values
          } expect: {
            firstDifference($0, sums, tolerance: 1e-5)
          }
          let y = Array(x.prefix(outer * inner))
          let repeated = x.indices.map { Double(y[$0 / (middle * inner) * inner + $0 % inner]) }
          checkEverySet(type, "repeat \(outer) x \(middle) x \(inner)") { kernels in
            let result = Storage<Element>(count: x.count)
            kernels.middle(\.repeat_middle, outer, middle, inner, y, result.start)
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

  /// Numbers around 0, and around a mean that is large beside their deviations.
  private func checkMoments<Element: KernelElement>(_ type: Element.Type) {
    for mean in [0.0, 1000] {
      for rows in [1, 31, 32, 33, 64, 500] {
        for columns in [1, 3, 16, 64, 70] {
          var numbers = Numbers(rows * columns)
          let x = Storage<Element>(
            (0..<rows * columns).map { _ in Element(mean + numbers.value()) })
          let all = x.values
          let ofColumns = (0..<columns).map { column in
            (0..<rows).map { Double(all[$0 * columns + column]) }
          }
          let sums = ofColumns.map { $0.reduce(0, +) }
          let magnitudes = ofColumns.map { $0.reduce(1) { $0 + abs($1) } }
          let squares = ofColumns.map { column in
            let mean = column.reduce(0, +) / Double(rows)
            return column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
          }
          // A mean of 1000 is known to some 6e-5 deviations in single precision.
          let tolerance = mean > 0 ? 5e-4 : 2e-6
          checkEverySet(type, "moments of \(rows) x \(columns) around \(mean)") { kernels in
            let found = Storage<Element>(count: 2 * columns)
            kernels.moments(rows, columns, x.start, found.start)
            #expect(found.isWithinBounds)
            return found.values
          } expect: {
            firstDifference(Array($0[..<columns]), sums, scale: magnitudes)
              ?? firstDifference(Array($0[columns...]), squares, tolerance: tolerance)
          }
        }
      }
    }
  }

  @Test func moments() {
    checkMoments(Float.self)
    checkMoments(Double.self)
  }
}
