import Foundation
import Tensors

/// Products of several tensors, images, and small matrices.
extension ProgramGenerator {
  static let productRows: [@Sendable (inout ProgramGenerator, Int) -> Int?] = [
    { $0.contracted($1) }, { $0.attended($1) }, { $0.enlarged($1) }, { $0.adapted($1) },
    { $0.matrixFunction($1) }, { $0.matrixFunction($1) }, { $0.angle($1) },
  ]

  private mutating func contracted(_ x: Int) -> Int? {
    let s = shapes[x].sizes
    guard s.count == 2, s[0] * s[1] < 1000 else { return nil }
    let other = parameter([3, s[1]])
    return append(
      "einsum(\"ij,kj->ki\", $0, $1)", [x, other], [3, s[0]],
      sizes[x] * Double(s[1]).squareRoot(), { x, _ in einsum("ij,kj->ki", x[0], x[1]) }
    ) { x in
      Jets([3, s[0]]) { place in
        (0..<s[1]).reduce(HyperDual(0)) { $0 + x[0][[place[1], $1]] * x[1][[place[0], $1]] }
      }
    }
  }

  private mutating func attended(_ x: Int) -> Int? {
    let s = shapes[x].sizes
    guard s.count >= 2, s.reduce(1, *) < 500, s.allSatisfy({ $0 > 0 }) else { return nil }
    let x = tamed(x, below: 8)
    let (keys, width, out) = (3, s[s.count - 1], 2)
    let (k, v) = (parameter([keys, width]), parameter([keys, out]))
    let target = s.dropLast() + [out]
    return append(
      "attention($0, $1, $2)", [x, k, v], Array(target), 1,
      { x, _ in attention(x[0], x[1], x[2]) }
    ) { x in
      Jets(Array(target)) { place in
        let weights = (0..<keys).map { key in
          (1 / Wide(width).squareRoot()
            * (0..<width).reduce(HyperDual(0)) {
              $0 + x[0][place.dropLast() + [$1]] * x[1][[key, $1]]
            }).exponential
        }
        let sum = weights.reduce(HyperDual(0), +)
        return (0..<keys).reduce(HyperDual(0)) {
          $0 + weights[$1] / sum * x[2][[$1, place[place.count - 1]]]
        }
      }
    }
  }

  private mutating func enlarged(_ x: Int) -> Int? {
    let s = shapes[x].sizes
    guard s.count == 4, s.reduce(1, *) < 500, s.allSatisfy({ $0 > 0 }) else { return nil }
    let (kernel, stride) = (2 + numbers.below(2), 1 + numbers.below(2))
    let sides = [s[1], s[2]].map { ($0 - 1) * stride + kernel }
    let w = parameter([kernel, kernel, 2, s[3]])
    let target = [s[0], sides[0], sides[1], 2]
    return append(
      "$0.transposedConvolved(with: $1, strides: (\(stride), \(stride)))", [x, w], target,
      sizes[x] * Double(kernel * kernel * s[3]).squareRoot(),
      { x, _ in x[0].transposedConvolved(with: x[1], strides: (stride, stride)) }
    ) { x in
      Jets(target) { place in
        var sum = HyperDual(0)
        for tap in Jets.places([kernel, kernel]) {
          let (row, column) = (place[1] - tap[0], place[2] - tap[1])
          guard row >= 0, column >= 0, row % stride == 0, column % stride == 0 else { continue }
          for channel in 0..<s[3] {
            sum =
              sum + x[0][[place[0], row / stride, column / stride, channel]]
              * x[1][[tap[0], tap[1], place[3], channel]]
          }
        }
        return sum
      }
    }
  }

  private mutating func adapted(_ x: Int) -> Int? {
    let s = shapes[x].sizes
    guard s.count == 4, s.reduce(1, *) < 1000, s.allSatisfy({ $0 > 0 }) else { return nil }
    let sides = [1 + numbers.below(min(s[1], 3)), 1 + numbers.below(min(s[2], 3))]
    let isMean = numbers.below(2) == 0
    let target = [s[0], sides[0], sides[1], s[3]]
    return append(
      "$0.adaptive\(isMean ? "Mean" : "Max")Pooled(to: (\(sides[0]), \(sides[1])))", [x], target,
      sizes[x],
      { x, _ in
        isMean
          ? x[0].adaptiveMeanPooled(to: (sides[0], sides[1]))
          : x[0].adaptiveMaxPooled(to: (sides[0], sides[1]))
      }
    ) { x in
      Jets(target) { place in
        func range(_ axis: Int) -> Range<Int> {
          let (at, pixels, parts) = (place[axis], s[axis], sides[axis - 1])
          return at * pixels / parts..<((at + 1) * pixels + parts - 1) / parts
        }
        let window: [HyperDual] = range(1).flatMap { row in
          range(2).map { x[0][[place[0], row, $0, place[3]]] }
        }
        return isMean
          ? 1 / Wide(window.count) * window.reduce(HyperDual(0), +)
          : Self.largest(window)
      }
    }
  }

  /// The largest; equal ones share the derivative, or the first has it: told apart by the law where it matters.
  private static func largest(_ values: [HyperDual]) -> HyperDual {
    values.dropFirst().reduce(values[0]) { $1.value > $0.value ? $1 : $0 }
  }

  private mutating func angle(_ x: Int) -> Int? {
    guard shapes[x].rank > 0 else { return nil }
    let axis = numbers.below(shapes[x].rank)
    let (x, other) = (tamed(x, below: 4), parameter(shapes[x]))
    let sizes = shapes[x].sizes
    let target = sizes.indices.filter { $0 != axis }.map { sizes[$0] }
    return append(
      "cosineSimilarity($0 + 5, $1 + 2, axis: \(axis))", [x, other], target, 1,
      { x, _ in cosineSimilarity(x[0] + 5, x[1] + 2, axis: axis) }
    ) { x in
      let a = x[0].map { $0 + HyperDual(5) }
      let b = x[1].map { $0 + HyperDual(2) }
      let square = { (x: Jets) in x.map { $0 * $0 }.reduced([axis]) { $0.reduce(HyperDual(0), +) } }
      let both = Jets(sizes) { a[$0] * b[$0] }.reduced([axis]) { $0.reduce(HyperDual(0), +) }
      let (p, q) = (square(a), square(b))
      return Jets(target) { both[$0] / (p[$0].root * q[$0].root) }
    }
  }

  // MARK: Matrices

  /// x x' + 1 of a small matrix: positive definite by far.
  private static func positive(_ x: Tensor) -> Tensor {
    let n = x.shape[0]
    return matmul(x, x.transposed())
      + x.constant((0..<n * n).map { $0 / n == $0 % n ? 1 : 0 }, [n, n])
  }

  private static func positive(_ x: Jets) -> Jets {
    let n = x.shape[0]
    return Jets([n, n]) { place in
      (0..<x.shape[1]).reduce(HyperDual(place[0] == place[1] ? 1 : 0)) {
        $0 + x[[place[0], $1]] * x[[place[1], $1]]
      }
    }
  }

  /// The factor L of L L', row by row.
  private static func factor(_ a: Jets) -> Jets {
    let n = a.shape[0]
    var l = Jets([n, n]) { _ in HyperDual(0) }
    for i in 0..<n {
      for j in 0...i {
        let rest = (0..<j).reduce(a[[i, j]]) { $0 - l[[i, $1]] * l[[j, $1]] }
        l.values[i * n + j] = i == j ? rest.root : rest / l[[j, j]]
      }
    }
    return l
  }

  /// The solution of L y = b, L a matrix's lower triangle.
  private static func substituted(_ l: Jets, _ b: Jets) -> Jets {
    let (n, columns) = (b.shape[0], b.shape[1])
    var y = b
    for i in 0..<n {
      for c in 0..<columns {
        let rest = (0..<i).reduce(b[[i, c]]) { $0 - l[[i, $1]] * y[[$1, c]] }
        y.values[i * columns + c] = rest / l[[i, i]]
      }
    }
    return y
  }

  /// The solution of L L' y = b.
  private static func solved(_ a: Jets, _ b: Jets) -> Jets {
    let l = factor(a)
    let n = b.shape[0]
    let turned = Jets([n, n]) { l[[n - 1 - $0[1], n - 1 - $0[0]]] }
    let half = substituted(l, b)
    let flipped = Jets(b.shape) { half[[n - 1 - $0[0], $0[1]]] }
    let whole = substituted(turned, flipped)
    return Jets(b.shape) { whole[[n - 1 - $0[0], $0[1]]] }
  }

  private mutating func matrixFunction(_ x: Int) -> Int? {
    let s = shapes[x].sizes
    guard s.count == 2, 1...5 ~= s[0], 1...9 ~= s[1] else { return nil }
    let x = tamed(x, below: 1)
    let n = s[0]
    let start = "(matmul($0, $0.transposed()) + identity)"
    switch numbers.below(6) {
    case 0:
      return append(
        "\(start).cholesky()", [x], [n, n], 4, { x, _ in Self.positive(x[0]).cholesky() }
      ) { Self.factor(Self.positive($0[0])) }
    case 1:
      let right = parameter([n, 2])
      return append(
        "\(start).solvingTriangle($1)", [x, right], [n, 2], 8,
        { x, _ in Self.positive(x[0]).solvingTriangle(x[1]) }
      ) { Self.substituted(Self.positive($0[0]), $0[1]) }
    case 2:
      let right = parameter([n, 2])
      return append(
        "\(start).solving($1)", [x, right], [n, 2], 2,
        { x, _ in Self.positive(x[0]).solving(x[1]) }
      ) { Self.solved(Self.positive($0[0]), $0[1]) }
    case 3:
      return append(
        "\(start).inverse()", [x], [n, n], 1, { x, _ in Self.positive(x[0]).inverse() }
      ) {
        Self.solved(
          Self.positive($0[0]), Jets([n, n]) { HyperDual($0[0] == $0[1] ? 1 : 0) })
      }
    case 4:
      return append(
        "\(start).logDeterminant()", [x], [], 12,
        { x, _ in Self.positive(x[0]).logDeterminant() }
      ) { x in
        let l = Self.factor(Self.positive(x[0]))
        let logarithms = (0..<n).map { 2 * l[[$0, $0]].logarithm }
        return Jets(shape: [], values: [logarithms.reduce(HyperDual(0), +)])
      }
    default:
      return append(
        "\(start).diagonal()", [x], [n], 10, { x, _ in Self.positive(x[0]).diagonal() }
      ) { x in
        let a = Self.positive(x[0])
        return Jets([n]) { a[[$0[0], $0[0]]] }
      }
    }
  }
}
