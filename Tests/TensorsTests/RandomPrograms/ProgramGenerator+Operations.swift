import Foundation
import Tensors

/// The operations of random programs, a row each: given a statement, another over it, or `nil` where its shape does not
/// allow for it.
extension ProgramGenerator {
  static let operations: [@Sendable (inout ProgramGenerator, Int) -> Int?] =
    [
      { $0.permuted($1) }, { $0.sliced($1) }, { $0.flipped($1) }, { $0.padded($1) },
      { $0.concatenated($1) }, { $0.repeated($1) }, { $0.runningSum($1) }, { $0.extreme($1) },
      { $0.productOfElements($1) }, { $0.alongAxis($1) }, { $0.special($1) }, { $0.special($1) },
      { $0.activated($1) }, { $0.chosen($1) }, { $0.batched($1) }, { $0.windows($1) },
      { $0.windows($1) }, { $0.pooledWindows($1) }, { $0.gathered($1) }, { $0.factored($1) },
      { $0.sparse($1) }, { $0.stopped($1) },
    ] + elementRows + axisRows + productRows

  mutating func append(
    _ text: String, _ operands: [Int], _ shape: [Int], _ size: Double, data: [[Int]] = [],
    _ traced: @escaping ([Tensor], [Tensor]) -> Tensor, _ evaluated: @escaping ([Jets]) -> Jets
  ) -> Int {
    append(
      .made(
        MadeOperation(
          text: text, operands: operands, data: data, traced: traced, evaluated: evaluated)),
      Shape(shape), size)
  }

  /// A rearrangement: each element from one place, or 0.
  mutating func rearranged(
    _ text: String, _ x: Int, _ shape: [Int], _ traced: @escaping (Tensor) -> Tensor,
    _ place: @escaping ([Int]) -> [Int]
  ) -> Int {
    append(text, [x], shape, sizes[x], { x, _ in traced(x[0]) }) { x in
      Jets(shape) { x[0][place($0)] }
    }
  }

  // MARK: Axes

  private mutating func permuted(_ x: Int) -> Int? {
    let sizes = shapes[x].sizes
    var order = Array(sizes.indices)
    for axis in order.indices { order.swapAt(axis, numbers.below(order.count)) }
    return rearranged(
      "$0.permuted(\(order))", x, order.map { sizes[$0] }, { [order] in $0.permuted(order) }
    ) {
      [order] place in order.indices.map { axis in place[order.firstIndex(of: axis) ?? 0] }
    }
  }

  private mutating func sliced(_ x: Int) -> Int? {
    guard shapes[x].rank > 0 else { return nil }
    let axis = numbers.below(shapes[x].rank)
    var sizes = shapes[x].sizes
    guard sizes[axis] > 0 else { return nil }
    let start = numbers.below(sizes[axis])
    let end = start + numbers.below(sizes[axis] - start + 1)
    let step = 1 + numbers.below(3)
    sizes[axis] = (end - start + step - 1) / step
    return rearranged(
      "$0.sliced(\(axis), \(start)..<\(end), by: \(step))", x, sizes,
      { $0.sliced(axis, start..<end, by: step) }
    ) { place in
      var from = place
      from[axis] = start + step * place[axis]
      return from
    }
  }

  private mutating func flipped(_ x: Int) -> Int? {
    guard shapes[x].rank > 0 else { return nil }
    let sizes = shapes[x].sizes
    let axes = sizes.indices.filter { _ in numbers.below(2) == 0 }
    return rearranged("$0.flipped(\(axes))", x, sizes, { $0.flipped(axes) }) { place in
      place.enumerated().map { axes.contains($0) ? sizes[$0] - 1 - $1 : $1 }
    }
  }

  private mutating func padded(_ x: Int) -> Int? {
    guard shapes[x].rank > 0, shapes[x].count < 2000 else { return nil }
    let amounts = shapes[x].sizes.map { _ in (before: numbers.below(3), after: numbers.below(3)) }
    let target = zip(shapes[x].sizes, amounts).map { $0 + $1.before + $1.after }
    return rearranged("$0.padded(\(amounts))", x, target, { $0.padded(amounts) }) { place in
      zip(place, amounts).map { $0 - $1.before }
    }
  }

  private mutating func concatenated(_ x: Int) -> Int? {
    guard shapes[x].rank > 0, shapes[x].count < 3000 else { return nil }
    let axis = numbers.below(shapes[x].rank)
    var other = shapes[x].sizes
    other[axis] = 1 + numbers.below(3)
    let second = numbers.below(2) == 0 ? x : parameter(Shape(other))
    var target = shapes[x].sizes
    let first = target[axis]
    target[axis] += shapes[second][axis]
    return append(
      "Tensor.concatenated([$0, $1], axis: \(axis))", [x, second], target,
      max(sizes[x], sizes[second]),
      { x, _ in .concatenated(x, axis: axis) }
    ) { [target] x in
      Jets(target) { place in
        if place[axis] < first { return x[0][place] }
        var from = place
        from[axis] -= first
        return x[1][from]
      }
    }
  }

  private mutating func repeated(_ x: Int) -> Int? {
    guard shapes[x].rank > 0, shapes[x].count < 1000 else { return nil }
    let own = shapes[x].sizes
    if numbers.below(2) == 0 {
      let repeats = own.map { _ in 1 + numbers.below(2) }
      return rearranged(
        "$0.tiled(\(repeats))", x, zip(own, repeats).map { $0 * $1 }, { $0.tiled(repeats) }
      ) {
        place in zip(place, own).map { $0 % $1 }
      }
    }
    let axis = numbers.below(own.count)
    var target = own
    target[axis] *= 2
    return rearranged("$0.repeated(2, axis: \(axis))", x, target, { $0.repeated(2, axis: axis) }) {
      place in
      var from = place
      from[axis] /= 2
      return from
    }
  }

  private mutating func runningSum(_ x: Int) -> Int? {
    guard shapes[x].rank > 0 else { return nil }
    let axis = numbers.below(shapes[x].rank)
    let (isReversed, isExclusive) = (numbers.below(2) == 0, numbers.below(2) == 0)
    let sizes = shapes[x].sizes
    return append(
      "$0.cumulativeSum(axis: \(axis), isReversed: \(isReversed), isExclusive: \(isExclusive))",
      [x], sizes,
      self.sizes[x] * Double(max(sizes[axis], 1)).squareRoot(),
      { x, _ in x[0].cumulativeSum(axis: axis, isReversed: isReversed, isExclusive: isExclusive) }
    ) { x in
      Jets(sizes) { place in
        (0..<sizes[axis]).reduce(HyperDual(0)) { sum, at in
          let isBefore = isReversed ? at > place[axis] : at < place[axis]
          guard isBefore || (at == place[axis] && !isExclusive) else { return sum }
          var from = place
          from[axis] = at
          return sum + x[0][from]
        }
      }
    }
  }

  mutating func someAxes(_ x: Int) -> [Int]? {
    let all = shapes[x].sizes.indices.filter { _ in numbers.below(2) == 0 }
    guard !all.isEmpty, all.allSatisfy({ shapes[x][$0] > 0 }) else { return nil }
    return all
  }

  private mutating func extreme(_ x: Int) -> Int? {
    guard let axes = someAxes(x) else { return nil }
    let isLeast = numbers.below(2) == 0
    let target = shapes[x].sizes.indices.filter { !axes.contains($0) }.map { shapes[x][$0] }
    return append(
      "$0.\(isLeast ? "min" : "max")(axes: \(axes))", [x], target, sizes[x],
      { x, _ in isLeast ? x[0].min(axes: axes) : x[0].max(axes: axes) }
    ) { x in
      x[0].reduced(axes) { values in
        let best = values.dropFirst().reduce(values[0].value) {
          isLeast ? min($0, $1.value) : max($0, $1.value)
        }
        let equal = values.filter { $0.value == best }
        // Equal ones share the derivative evenly.
        return (1 / Wide(equal.count)) * equal.dropFirst().reduce(equal[0], +)
      }
    }
  }

  private mutating func productOfElements(_ x: Int) -> Int? {
    guard let axes = someAxes(x), axes.reduce(1, { $0 * shapes[x][$1] }) <= 8 else { return nil }
    let x = tamed(x, below: 1.5)
    let target = shapes[x].sizes.indices.filter { !axes.contains($0) }.map { shapes[x][$0] }
    return append("$0.product(axes: \(axes))", [x], target, 8, { x, _ in x[0].product(axes: axes) })
    { x in
      x[0].reduced(axes) { $0.dropFirst().reduce($0[0], *) }
    }
  }

  private mutating func alongAxis(_ x: Int) -> Int? {
    guard shapes[x].rank > 0, let axes = someAxes(x) else { return nil }
    let (sizes, target) = (
      shapes[x].sizes, shapes[x].sizes.indices.filter { !axes.contains($0) }.map { shapes[x][$0] }
    )
    let axis = axes[0]
    func logSum(_ values: [HyperDual]) -> HyperDual {
      let most = HyperDual(values.map(\.value).max() ?? 0)
      return values.reduce(HyperDual(0)) { $0 + ($1 - most).applying(.exp) }.applying(.log) + most
    }
    switch numbers.below(4) {
    case 0:
      return append(
        "$0.logSumExp(axes: \(axes))", [x], target, self.sizes[x] + 3,
        { x, _ in x[0].logSumExp(axes: axes) }
      ) {
        $0[0].reduced(axes, logSum)
      }
    case 1:
      return append(
        "$0.softmax(axis: \(axis))", [x], sizes, 1, { x, _ in x[0].softmax(axis: axis) }
      ) { x in
        let sums = x[0].reduced([axis], logSum)
        return Jets(sizes) { place in
          var other = place
          other.remove(at: axis)
          return (x[0][place] - sums[other]).applying(.exp)
        }
      }
    case 2:
      let x = tamed(x, below: 8)
      return append(
        "$0.variance(axes: \(axes))", [x], target, 64, { x, _ in x[0].variance(axes: axes) }
      ) {
        $0[0].reduced(axes) { values in
          let share = 1 / Wide(values.count)
          let mean = share * values.reduce(HyperDual(0), +)
          return share * values.reduce(HyperDual(0)) { $0 + ($1 - mean) * ($1 - mean) }
        }
      }
    default:
      return append(
        "$0.mean(axes: \(axes))", [x], target, self.sizes[x], { x, _ in x[0].mean(axes: axes) }
      ) {
        $0[0].reduced(axes) { values in (1 / Wide(values.count)) * values.reduce(HyperDual(0), +)
        }
      }
    }
  }

  // MARK: Elements

  mutating func elementwise(
    _ text: String, _ x: Int, _ size: Double, _ traced: @escaping (Tensor) -> Tensor,
    _ evaluated: @escaping (HyperDual) -> HyperDual
  ) -> Int {
    append(text, [x], shapes[x].sizes, size, { x, _ in traced(x[0]) }) { $0[0].map(evaluated) }
  }

  private mutating func special(_ x: Int) -> Int? {
    let x = tamed(x, below: 4)
    switch numbers.below(9) {
    case 0:
      return elementwise("sin($0)", x, 1, { sin($0) }) { x in
        x.applying(sin(x.value), cos(x.value), -sin(x.value))
      }
    case 1:
      return elementwise("cos($0)", x, 1, { cos($0) }) { x in
        x.applying(cos(x.value), -sin(x.value), -cos(x.value))
      }
    case 2:
      return elementwise("atan($0)", x, 2, { atan($0) }) { x in
        let slope = 1 / (1 + x.value * x.value)
        return x.applying(atan(x.value), slope, -2 * x.value * slope * slope)
      }
    case 3:
      return elementwise("erf($0)", x, 1, { erf($0) }) { x in
        let slope = 2 / Wide.pi.squareRoot() * exp(-x.value * x.value)
        return x.applying(erf(x.value), slope, -2 * x.value * slope)
      }
    case 4:
      return elementwise("log1p($0.squared)", x, 4, { log1p($0.squared) }) { x in
        (x * x + HyperDual(1)).applying(.log)
      }
    case 5:
      return elementwise("expm1($0)", x, 60, { expm1($0) }) { x in
        x.applying(expm1(x.value), exp(x.value), exp(x.value))
      }
    case 6:
      return elementwise("pow($0.squared + 0.5, 1.75)", x, 150, { pow($0.squared + 0.5, 1.75) }) {
        x in
        let base = x * x + HyperDual(0.5)
        let b = base.value
        return base.applying(pow(b, 1.75), 1.75 * pow(b, 0.75), 1.3125 * pow(b, -0.25))
      }
    case 7: return elementwise("pow($0, 3)", x, 64, { pow($0, 3) }) { $0 * $0 * $0 }
    default:
      return elementwise(
        "$0.clamped(from: -0.5, to: 0.75)", x, 1, { $0.clamped(from: -0.5, to: 0.75) }
      ) {
        $0.value < -0.5 ? HyperDual(-0.5) : $0.value > 0.75 ? HyperDual(0.75) : $0
      }
    }
  }

  private mutating func activated(_ x: Int) -> Int? {
    let x = tamed(x, below: 4)
    switch numbers.below(4) {
    case 0:
      return elementwise("gelu($0)", x, 4, { gelu($0) }) { x in
        let z = x.value / Wide(2).squareRoot()
        let bell = exp(-z * z) / (2 * Wide.pi).squareRoot()
        return x.applying(
          x.value * (1 + erf(z)) / 2, (1 + erf(z)) / 2 + x.value * bell,
          bell * (2 - x.value * x.value))
      }
    case 1: return elementwise("silu($0)", x, 4, { silu($0) }) { $0 * $0.applying(.sigmoid) }
    case 2:
      return elementwise("leakyRelu($0)", x, 4, { leakyRelu($0) }) { $0.value > 0 ? $0 : 0.01 * $0 }
    default:
      return elementwise("elu($0)", x, 4, { elu($0) }) {
        $0.value > 0 ? $0 : $0.applying(.exp) - HyperDual(1)
      }
    }
  }

  private mutating func chosen(_ x: Int) -> Int? {
    let other = parameter(shapes[x])
    let shape = shapes[x].sizes
    let size = max(sizes[x], 1)
    switch numbers.below(3) {
    case 0:
      return append("maximum($0, $1)", [x, other], shape, size, { x, _ in maximum(x[0], x[1]) }) {
        x in
        Jets(shape) { Self.preferred(x[0][$0], x[1][$0], isLarger: true) }
      }
    case 1:
      return append("minimum($0, $1)", [x, other], shape, size, { x, _ in minimum(x[0], x[1]) }) {
        x in
        Jets(shape) { Self.preferred(x[0][$0], x[1][$0], isLarger: false) }
      }
    default:
      return append(
        "$0.where($1 .> 0.1, else: $1)", [x, other], shape, size,
        { x, _ in x[0].where(x[1] .> 0.1, else: x[1]) }
      ) { x in
        Jets(shape) { x[1][$0].value > 0.1 ? x[0][$0] : x[1][$0] }
      }
    }
  }

  private static func preferred(_ a: HyperDual, _ b: HyperDual, isLarger: Bool) -> HyperDual {
    a.value == b.value ? 0.5 * (a + b) : (a.value > b.value) == isLarger ? a : b
  }

  private mutating func stopped(_ x: Int) -> Int? {
    let shape = shapes[x].sizes
    let x = tamed(x, below: 8)
    return append(
      "$0 * $0.stoppingGradient()", [x], shape, 64, { x, _ in x[0] * x[0].stoppingGradient() }
    ) { x in x[0].map { $0.value * $0 } }
  }

  // MARK: Products and images

  private mutating func batched(_ x: Int) -> Int? {
    let shape = shapes[x].sizes
    guard shape.count >= 3, shape.reduce(1, *) < 1500 else { return nil }
    let (rank, terms) = (shape.count, shape[shape.count - 1])
    let columns = one(of: [1, 3, 8, 17])
    let other = parameter(Shape(shape.dropLast(2) + [terms, columns]))
    return append(
      "matmul($0, $1)", [x, other], shape.dropLast() + [columns],
      sizes[x] * Double(max(terms, 1)).squareRoot(),
      { x, _ in matmul(x[0], x[1]) }
    ) { x in
      Jets(shape.dropLast() + [columns]) { place in
        (0..<terms).reduce(HyperDual(0)) { sum, term in
          var (left, right) = (place, place)
          left[rank - 1] = term
          right[rank - 2] = term
          return sum + x[0][left] * x[1][right]
        }
      }
    }
  }

  private mutating func windowAxis(_ pixels: Int) -> WindowAxis? {
    let axis = WindowAxis(
      kernel: 1 + numbers.below(4), stride: 1 + numbers.below(3), dilation: 1 + numbers.below(2),
      before: numbers.below(3), after: numbers.below(3))
    let room = pixels + axis.before + axis.after - axis.dilation * (axis.kernel - 1) - 1
    return room < 0 ? nil : axis
  }

  private mutating func windows(_ x: Int) -> Int? {
    let s = shapes[x].sizes
    guard s.count == 4, s.reduce(1, *) > 0, s.reduce(1, *) < 1500, let rows = windowAxis(s[1]),
      let columns = windowAxis(s[2])
    else { return nil }
    let groups = one(of: [1, 1, 2, s[3]].filter { s[3] % $0 == 0 })
    let filters = groups * one(of: [1, 1, 2, 3])
    let inner = s[3] / groups
    let w = parameter([rows.kernel, columns.kernel, inner, filters])
    let heights =
      (s[1] + rows.before + rows.after - rows.dilation * (rows.kernel - 1) - 1) / rows.stride + 1
    let widths =
      (s[2] + columns.before + columns.after - columns.dilation * (columns.kernel - 1) - 1)
      / columns.stride + 1
    let target = [s[0], heights, widths, filters]
    let padding = Padding.sides(
      top: rows.before, left: columns.before, bottom: rows.after, right: columns.after)
    let text =
      "$0.convolved(with: $1, strides: (\(rows.stride), \(columns.stride)), padding: .\(padding), "
      + "dilations: (\(rows.dilation), \(columns.dilation)), groups: \(groups))"
    let size = sizes[x] * Double(rows.kernel * columns.kernel * inner).squareRoot()
    return append(
      text, [x, w], target, size,
      { x, _ in
        x[0].convolved(
          with: x[1], strides: (rows.stride, columns.stride), padding: padding,
          dilations: (rows.dilation, columns.dilation), groups: groups)
      }
    ) { x in
      Jets(target) { place in
        var sum = HyperDual(0)
        for i in 0..<rows.kernel {
          for j in 0..<columns.kernel {
            for channel in 0..<inner {
              let pixel = x[0][
                [
                  place[0], place[1] * rows.stride - rows.before + i * rows.dilation,
                  place[2] * columns.stride - columns.before + j * columns.dilation,
                  place[3] / (filters / groups) * inner + channel,
                ]]
              sum = sum + pixel * x[1][[i, j, channel, place[3]]]
            }
          }
        }
        return sum
      }
    }
  }

  private mutating func pooledWindows(_ x: Int) -> Int? {
    let s = shapes[x].sizes
    let (kernel, stride) = (2 + numbers.below(2), 1 + numbers.below(3))
    let padding = numbers.below(2)
    guard s.count == 4, s.reduce(1, *) > 0, s.reduce(1, *) < 2000,
      min(s[1], s[2]) + 2 * padding >= kernel
    else { return nil }
    let sizes = [s[1], s[2]].map { ($0 + 2 * padding - kernel) / stride + 1 }
    let target = [s[0], sizes[0], sizes[1], s[3]]
    let isMean = numbers.below(2) == 0
    let settings =
      "((\(kernel), \(kernel)), strides: (\(stride), \(stride)), padding: .all(\(padding)))"
    return append(
      "$0.\(isMean ? "mean" : "max")Pooled\(settings)", [x], target, self.sizes[x],
      { x, _ in
        isMean
          ? x[0].meanPooled((kernel, kernel), strides: (stride, stride), padding: .all(padding))
          : x[0].maxPooled((kernel, kernel), strides: (stride, stride), padding: .all(padding))
      }
    ) { x in
      Jets(target) { place in
        let pixels = Jets.places([kernel, kernel]).map {
          [
            place[0], place[1] * stride - padding + $0[0], place[2] * stride - padding + $0[1],
            place[3],
          ]
        }
        if isMean {
          return (1 / Wide(kernel * kernel)) * pixels.reduce(HyperDual(0)) { $0 + x[0][$1] }
        }
        let values = pixels.filter { 0..<s[1] ~= $0[1] && 0..<s[2] ~= $0[2] }.map { x[0][$0] }
        return values.dropFirst().reduce(values[0]) { $1.value > $0.value ? $1 : $0 }
      }
    }
  }

  // MARK: Indices, factors, sparse rows

  private mutating func gathered(_ x: Int) -> Int? {
    guard shapes[x].rank > 0, shapes[x].count > 0, shapes[x].count < 2000 else { return nil }
    let axis = numbers.below(shapes[x].rank)
    let own = shapes[x].sizes
    let index = (0..<1 + numbers.below(2 * own[axis])).map { _ in numbers.below(own[axis]) }
    var target = own
    target[axis] = index.count
    return append(
      "$0.taking(#0, axis: \(axis))", [x], target, sizes[x], data: [index],
      { x, data in x[0].taking(data[0], axis: axis) }
    ) { [target] x in
      Jets(target) { place in
        var from = place
        from[axis] = index[place[axis]]
        return x[0][from]
      }
    }
  }

  /// The solution of equations whose matrix is positive definite by far.
  private mutating func factored(_ x: Int) -> Int? {
    let s = shapes[x].sizes
    guard s.count == 2, 1...6 ~= s[0], 1...9 ~= s[1] else { return nil }
    let x = tamed(x, below: 1)
    let n = s[0]
    let right = parameter([n, 2])
    let ridge = 1.0
    return append(
      "(matmul($0, $0.transposed()) + identity).solvingPositive($1)", [x, right], [n, 2], 2,
      { x, _ in
        let identity = x[0].constant((0..<n * n).map { $0 / n == $0 % n ? ridge : 0 }, [n, n])
        return (matmul(x[0], x[0].transposed()) + identity).solvingPositive(x[1])
      }
    ) { x in
      var a = Jets([n, n]) { place in
        (0..<s[1]).reduce(HyperDual(place[0] == place[1] ? Wide(ridge) : 0)) {
          $0 + x[0][[place[0], $1]] * x[0][[place[1], $1]]
        }
      }.values
      var b = x[1].values
      for k in 0..<n {
        for i in 0..<n where i != k {
          let factor = a[i * n + k] / a[k * n + k]
          for j in 0..<n { a[i * n + j] = a[i * n + j] - factor * a[k * n + j] }
          for j in 0..<2 { b[i * 2 + j] = b[i * 2 + j] - factor * b[k * 2 + j] }
        }
      }
      return Jets([n, 2]) { b[$0[0] * 2 + $0[1]] / a[$0[0] * n + $0[0]] }
    }
  }

  /// A sparse matrix times this one.
  private mutating func sparse(_ x: Int) -> Int? {
    let s = shapes[x].sizes
    guard s.count == 2, s[0] > 0, s[1] > 0, s[0] * s[1] < 2000 else { return nil }
    let rows = 1 + numbers.below(6)
    var starts = [0]
    for _ in 0..<rows { starts.append(starts[starts.count - 1] + numbers.below(4)) }
    let count = starts[rows]
    guard count > 0 else { return nil }
    let columns = (0..<count).map { _ in numbers.below(s[0]) }
    let values = parameter([count])
    return append(
      "matmul(SparseRows(starts: #0, columns: #1, values: $1), $0)", [x, values], [rows, s[1]],
      2 * sizes[x], data: [starts, columns],
      { x, data in matmul(SparseRows(starts: data[0], columns: data[1], values: x[1]), x[0]) }
    ) { [starts] x in
      Jets([rows, s[1]]) { place in
        (starts[place[0]]..<starts[place[0] + 1]).reduce(HyperDual(0)) {
          $0 + x[1].values[$1] * x[0][[columns[$1], place[1]]]
        }
      }
    }
  }
}
