import Foundation
import Tensors

/// Elements in other places, normalised along axes, and chosen.
extension ProgramGenerator {
  static let axisRows: [@Sendable (inout ProgramGenerator, Int) -> Int?] = [
    { $0.moved($1) }, { $0.moved($1) }, { $0.moved($1) }, { $0.put($1) }, { $0.put($1) },
    { $0.spread($1) }, { $0.normalised($1, along: ()) }, { $0.normalised($1, along: ()) },
    { $0.placed($1) }, { $0.indexed($1) }, { $0.indexed($1) }, { $0.ordered($1) },
  ]

  private mutating func axis(of x: Int) -> Int? {
    shapes[x].rank > 0 ? numbers.below(shapes[x].rank) : nil
  }

  private mutating func moved(_ x: Int) -> Int? {
    let sizes = shapes[x].sizes
    guard let a = axis(of: x), let b = axis(of: x) else { return nil }
    switch numbers.below(5) {
    case 0:
      var target = sizes
      target.swapAt(a, b)
      return rearranged("$0.transposed(\(a), \(b))", x, target, { $0.transposed(a, b) }) { place in
        var from = place
        from.swapAt(a, b)
        return from
      }
    case 1:
      var target = sizes
      target.insert(target.remove(at: a), at: b)
      return rearranged("$0.movingAxis(\(a), to: \(b))", x, target, { $0.movingAxis(a, to: b) }) {
        place in
        var from = place
        from.insert(from.remove(at: b), at: a)
        return from
      }
    case 2:
      let shift = numbers.below(7) - 3
      return rearranged("$0.rolled(\(shift), axis: \(a))", x, sizes, { $0.rolled(shift, axis: a) })
      { place in
        var from = place
        from[a] = ((place[a] - shift) % sizes[a] + sizes[a]) % sizes[a]
        return from
      }
    case 3:
      let index = numbers.below(sizes[a])
      var target = sizes
      target.remove(at: a)
      return rearranged("$0.at(\(index), axis: \(a))", x, target, { $0.at(index, axis: a) }) {
        place in
        var from = place
        from.insert(index, at: a)
        return from
      }
    default:
      let first = numbers.below(sizes[a] + 1)
      var target = sizes
      target[a] = sizes[a] - first
      return rearranged(
        "$0.split([\(first), \(sizes[a] - first)], axis: \(a))[1]", x, target,
        { $0.split([first, sizes[a] - first], axis: a)[1] }
      ) { place in
        var from = place
        from[a] += first
        return from
      }
    }
  }

  /// Axes more or fewer.
  private mutating func put(_ x: Int) -> Int? {
    let sizes = shapes[x].sizes
    guard let a = axis(of: x) else { return nil }
    switch numbers.below(5) {
    case 0:
      var target = sizes
      target.insert(1, at: a)
      return rearranged("$0.expanded(at: \(a))", x, target, { $0.expanded(at: a) }) { place in
        var from = place
        from.remove(at: a)
        return from
      }
    case 1:
      guard let one = sizes.firstIndex(of: 1) else { return nil }
      var target = sizes
      target.remove(at: one)
      return rearranged("$0.squeezed(\(one))", x, target, { $0.squeezed(one) }) { place in
        var from = place
        from.insert(0, at: one)
        return from
      }
    case 2:
      let columns = sizes.dropFirst().reduce(1, *)
      return append(
        "$0.flattened", [x], [sizes[0], columns], self.sizes[x], { x, _ in x[0].flattened }
      ) { Jets(shape: [sizes[0], columns], values: $0[0].values) }
    case 3:
      guard sizes.count == 1 else { return nil }
      return append("$0.asColumn", [x], [sizes[0], 1], self.sizes[x], { x, _ in x[0].asColumn }) {
        Jets(shape: [sizes[0], 1], values: $0[0].values)
      }
    default:
      let other = parameter(shapes[x])
      var target = sizes
      target.insert(2, at: a)
      return append(
        "Tensor.stacked([$0, $1], axis: \(a))", [x, other], target, max(self.sizes[x], 1),
        { x, _ in .stacked(x, axis: a) }
      ) { x in
        Jets(target) { place in
          var from = place
          return x[from.remove(at: a)][from]
        }
      }
    }
  }

  private mutating func spread(_ x: Int) -> Int? {
    let sizes = shapes[x].sizes
    guard shapes[x].count < 1000 else { return nil }
    let target = [2] + sizes.map { $0 == 1 ? 3 : $0 }
    if numbers.below(2) == 0 {
      return rearranged(
        "$0.broadcast(to: \(target))", x, target, { $0.broadcast(to: Shape(target)) }
      ) { place in zip(place.dropFirst(), sizes).map { $1 == 1 ? 0 : $0 } }
    }
    let weights = (0..<shapes[x].count).map { Double($0 % 5) / 2 - 1 }
    return append(
      "$0 * $0.constant(\(weights), \(sizes))", [x], sizes, self.sizes[x],
      { x, _ in x[0] * x[0].constant(weights, Shape(sizes)) }
    ) { x in Jets(shape: sizes, values: zip(weights, x[0].values).map { Wide($0) * $1 }) }
  }

  // MARK: Normalised

  /// What becomes of the elements along an axis, each from all of them.
  private mutating func along(
    _ text: String, _ x: Int, _ axis: Int, _ size: Double, _ traced: @escaping (Tensor) -> Tensor,
    _ value: @escaping (_ all: [HyperDual], _ own: HyperDual) -> HyperDual
  ) -> Int {
    let sizes = shapes[x].sizes
    return append(text, [x], sizes, size, { x, _ in traced(x[0]) }) { x in
      Jets(sizes) { place in
        let all = (0..<sizes[axis]).map { at in
          var other = place
          other[axis] = at
          return x[0][other]
        }
        return value(all, x[0][place])
      }
    }
  }

  private static func mean(_ x: [HyperDual]) -> HyperDual {
    1 / Wide(x.count) * x.reduce(HyperDual(0), +)
  }

  private static func standard(_ all: [HyperDual], _ own: HyperDual) -> HyperDual {
    let centre = mean(all)
    let variance = mean(all.map { ($0 - centre) * ($0 - centre) })
    return (own - centre) / (variance + HyperDual(0.125)).root
  }

  private mutating func normalised(_ x: Int, along: Void) -> Int? {
    guard let axis = axis(of: x) else { return nil }
    let x = tamed(x, below: 4)
    let sizes = shapes[x].sizes
    let target = sizes.indices.filter { $0 != axis }.map { sizes[$0] }
    switch numbers.below(6) {
    case 0:
      return self.along(
        "$0.normalised(axes: [\(axis)], epsilon: 0.125)", x, axis, 3,
        { $0.normalised(axes: [axis], epsilon: 0.125) }, Self.standard)
    case 1:
      return self.along(
        "$0.logSoftmax(axis: \(axis))", x, axis, 9, { $0.logSoftmax(axis: axis) }
      ) { all, own in own - all.reduce(HyperDual(0)) { $0 + $1.exponential }.logarithm }
    case 2:
      return self.along(
        "(tanh($0) + 2).unitNormalised(axis: \(axis))", x, axis, 1,
        { (tanh($0) + 2).unitNormalised(axis: axis) }
      ) { all, own in
        let far = { (x: HyperDual) in x.applying(.tanh) + HyperDual(2) }
        return far(own) / all.reduce(HyperDual(0)) { $0 + far($1) * far($1) }.root
      }
    case 3:
      guard sizes.count > 1, let channels = sizes.last, channels > 1 else { return nil }
      return groups(x, channels % 2 == 0 ? 2 : 1)
    case 4:
      return append(
        "($0.squared + 0.5).norm(axes: [\(axis)])", [x], target, 17 * Double(sizes[axis]),
        { x, _ in (x[0].squared + 0.5).norm(axes: [axis]) }
      ) {
        $0[0].reduced([axis]) { values in
          values.map { $0 * $0 + HyperDual(0.5) }.reduce(HyperDual(0)) { $0 + $1 * $1 }.root
        }
      }
    default:
      return append(
        "$0.standardDeviation(axes: [\(axis)])", [x], target, 4,
        { x, _ in x[0].standardDeviation(axes: [axis]) }
      ) {
        $0[0].reduced([axis]) { values in
          let centre = Self.mean(values)
          return Self.mean(values.map { ($0 - centre) * ($0 - centre) }).root
        }
      }
    }
  }

  private mutating func groups(_ x: Int, _ groups: Int) -> Int {
    let sizes = shapes[x].sizes
    let width = sizes[sizes.count - 1] / groups
    return append(
      "$0.groupNormalised(groups: \(groups), epsilon: 0.125)", [x], sizes, 3,
      { x, _ in x[0].groupNormalised(groups: groups, epsilon: 0.125) }
    ) { x in
      Jets(sizes) { place in
        let first = place[place.count - 1] / width * width
        let inner = Array(sizes[1..<sizes.count - 1])
        let all = Jets.places(inner + [width]).map { at in
          x[0][[place[0]] + at.dropLast() + [first + at[at.count - 1]]]
        }
        return Self.standard(all, x[0][place])
      }
    }
  }

  // MARK: Chosen

  private mutating func placed(_ x: Int) -> Int? {
    guard let axis = axis(of: x), shapes[x][axis] > 0 else { return nil }
    let isLeast = numbers.below(2) == 0
    let sizes = shapes[x].sizes
    let target = sizes.indices.filter { $0 != axis }.map { sizes[$0] }
    return append(
      "$0.\(isLeast ? "argmin" : "argmax")(axis: \(axis))", [x], target, Double(sizes[axis]),
      { x, _ in isLeast ? x[0].argmin(axis: axis) : x[0].argmax(axis: axis) }
    ) {
      $0[0].reduced([axis]) { values in
        let best = values.map(\.value).reduce(values[0].value) {
          isLeast ? min($0, $1) : max($0, $1)
        }
        return HyperDual(Wide(values.firstIndex { $0.value == best } ?? 0))
      }
    }
  }

  private mutating func ordered(_ x: Int) -> Int? {
    guard let axis = axis(of: x) else { return nil }
    let isDescending = numbers.below(2) == 0
    let sizes = shapes[x].sizes
    let order = "axis: \(axis), descending: \(isDescending)"
    /// The element of an axis that comes to a place of it, and its number.
    func found(_ x: Jets, _ place: [Int]) -> (number: Int, value: HyperDual) {
      let line = (0..<sizes[axis]).map { at in
        var from = place
        from[axis] = at
        return (number: at, value: x[from])
      }
      return line.sorted { a, b in
        let isEqual = a.value.value == b.value.value
        return isEqual
          ? a.number < b.number : (a.value.value < b.value.value) != isDescending
      }[place[axis]]
    }
    if numbers.below(3) == 0 {
      return append(
        "$0.argsort(\(order))", [x], sizes, Double(sizes[axis]),
        { x, _ in x[0].argsort(axis: axis, descending: isDescending) }
      ) { x in Jets(sizes) { HyperDual(Wide(found(x[0], $0).number)) } }
    }
    return append(
      "$0.sorted(\(order))", [x], sizes, self.sizes[x],
      { x, _ in x[0].sorted(axis: axis, descending: isDescending) }
    ) { x in Jets(sizes) { found(x[0], $0).value } }
  }

  private mutating func indexed(_ x: Int) -> Int? {
    let sizes = shapes[x].sizes
    guard let axis = axis(of: x), shapes[x].count > 0, shapes[x].count < 1000 else { return nil }
    let size = sizes[axis]
    switch numbers.below(4) {
    case 0, 1:
      // One index for each element of another tensor, which is as long as this one but along the axis.
      var other = sizes
      other[axis] = 1 + numbers.below(4)
      let index = (0..<other.reduce(1, *)).map { _ in numbers.below(size) }
      let places = Jets(shape: other, values: index.map { HyperDual(Wide($0)) })
      func chosen(_ place: [Int]) -> [Int] {
        var from = place
        from[axis] = Int(places[place].value)
        return from
      }
      if numbers.below(2) == 0 {
        return append(
          "$0.gathered(#0.reshaped(\(other)), axis: \(axis))", [x], other, self.sizes[x],
          data: [index],
          { [other] x, data in x[0].gathered(data[0].reshaped(Shape(other)), axis: axis) }
        ) { [other] x in Jets(other) { x[0][chosen($0)] } }
      }
      let source = parameter(Shape(other))
      return append(
        "$0.addingScattered($1, at: #0.reshaped(\(other)), axis: \(axis))", [x, source], sizes,
        self.sizes[x] + Double(other[axis]), data: [index],
        { [other] x, data in
          x[0].addingScattered(x[1], at: data[0].reshaped(Shape(other)), axis: axis)
        }
      ) { [other] x in
        let added = Jets.places(other).map { (chosen($0), x[1][$0]) }
        return Jets(sizes) { place in
          added.filter { $0.0 == place }.reduce(x[0][place]) { $0 + $1.1 }
        }
      }
    case 2:
      let index = (0..<1 + numbers.below(4)).map { _ in numbers.below(size) }
      var other = sizes
      other[axis] = index.count
      let source = parameter(Shape(other))
      return append(
        "$0.addingSlices($1, at: #0, axis: \(axis))", [x, source], sizes,
        self.sizes[x] + Double(index.count), data: [index],
        { x, data in x[0].addingSlices(x[1], at: data[0], axis: axis) }
      ) { x in
        Jets(sizes) { place in
          index.indices.filter { index[$0] == place[axis] }.reduce(x[0][place]) { sum, slice in
            var from = place
            from[axis] = slice
            return sum + x[1][from]
          }
        }
      }
    default:
      let count = 1 + numbers.below(4)
      let segments = (0..<sizes[0]).map { _ in numbers.below(count) }
      let target = [count] + sizes.dropFirst()
      return append(
        "$0.segmentSum(#0, count: \(count))", [x], target,
        self.sizes[x] * Double(sizes[0]).squareRoot(), data: [segments],
        { x, data in x[0].segmentSum(data[0], count: count) }
      ) { x in
        Jets(target) { place in
          segments.indices.filter { segments[$0] == place[0] }.reduce(HyperDual(0)) {
            $0 + x[0][[$1] + place.dropFirst()]
          }
        }
      }
    }
  }
}
