import Tensors

/// Makes programs by chance: broadcasts, sums and means over any axes, element-wise chains, products, convolutions,
/// pools, rows and softmax over odd shapes, on both sides of every size by which the planner decides.
struct ProgramGenerator {
  /// What the shapes of a program are like.
  enum Flavour: CaseIterable {
    case small, medium, images, filters, matrices, classes
    /// Products large enough for sums of quarters; matrices too long for the nearer caches, and for all of them.
    case quarters, long
  }

  var numbers: Numbers
  private var program = RandomProgram()
  var shapes: [Shape] = []
  /// About how large a statement's values are: what has grown is brought back before it is used again.
  var sizes: [Double] = []

  private init(_ seed: Int) { numbers = Numbers(seed) }

  static func program(seed: Int) -> RandomProgram {
    var generator = ProgramGenerator(seed)
    // The large ones take long, and are few.
    let flavour: Flavour =
      switch generator.numbers.below(300) {
      case 0: .quarters
      case 1: .long
      // Broadcasts are what loops are most often made of.
      case 2...90: .medium
      default: Array(Flavour.allCases.dropLast(2))[generator.numbers.below(6)]
      }
    return generator.made(flavour)
  }

  private mutating func made(_ flavour: Flavour) -> RandomProgram {
    let shape = start(flavour)
    var current = leaf([.data, .data, .lower][numbers.below(3)], shape)
    let isLarge = flavour == .quarters || flavour == .long
    for round in 0..<(isLarge ? 3 : 3 + numbers.below(8)) {
      // Now and then two branches.
      if numbers.below(5) == 0 { current = numbers.below(program.statements.count) }
      let step = round == 0 ? first(flavour, current) : nil
      current = step ?? next(current)
      if numbers.below(6) == 0 { end(current) }
    }
    end(current)
    // Something of everything, so that no derivative is of nothing.
    let own = leaf(.lower, [2])
    end(combine(.multiply, own, leaf(.upper, [2])))
    return program
  }

  private mutating func end(_ statement: Int) {
    let bounded = tamed(statement, below: 8)
    // Nothing has a sum, and no mean.
    let reductions: [RandomProgram.Reduction] =
      shapes[bounded].count == 0 ? [.sum, .squares] : RandomProgram.Reduction.allCases
    program.terms.append(.init(statement: bounded, reduction: one(of: reductions)))
  }

  // MARK: Shapes

  mutating func one<Value>(of values: [Value]) -> Value {
    values[numbers.below(values.count)]
  }

  private mutating func start(_ flavour: Flavour) -> Shape {
    switch flavour {
    case .small: return axes([1, 2, 3, 5], most: 120)
    case .medium: return axes([1, 2, 3, 4, 7, 8, 16, 17, 33], most: 3000)
    case .images:
      return [
        one(of: [1, 2, 3]), one(of: [1, 2, 3, 4, 7, 8]), one(of: [2, 3, 5, 8, 9]),
        one(of: [1, 2, 3, 4, 5]),
      ]
    case .filters:
      return [
        1 + numbers.below(2), one(of: [4, 6, 8]), one(of: [4, 5, 8]), one(of: [15, 16, 17]),
      ]
    case .matrices: return [one(of: [1, 5, 17, 40]), one(of: [1, 3, 8, 31, 64])]
    case .classes: return [one(of: [1, 2, 9, 33]), one(of: [1, 2, 3, 10, 16, 17])]
    case .quarters: return [one(of: [255, 256, 261]), one(of: [256, 259])]
    case .long: return [one(of: [1900, 2100]), one(of: [66, 70, 140, 250])]
    }
  }

  private mutating func axes(_ choices: [Int], most: Int) -> Shape {
    var sizes: [Int] = []
    for _ in 0..<1 + numbers.below(4) {
      let size = one(of: choices)
      if sizes.reduce(size, *) <= most { sizes.append(size) }
    }
    // Nothing at all is a size, too.
    if numbers.below(40) == 0 { sizes[numbers.below(sizes.count)] = 0 }
    return Shape(sizes)
  }

  /// A shape that repeats to another.
  private mutating func repeating(to shape: Shape) -> Shape {
    let missing = numbers.below(shape.rank + 1)
    return Shape(shape.sizes.dropFirst(missing).map { numbers.below(3) == 0 ? 1 : $0 })
  }

  // MARK: Statements

  mutating func append(
    _ statement: RandomProgram.Statement, _ shape: Shape, _ size: Double
  ) -> Int {
    shapes.append(shape)
    sizes.append(size)
    return program.append(statement)
  }

  private mutating func leaf(_ source: RandomProgram.Source, _ shape: Shape) -> Int {
    append(.leaf(source, shape), shape, 1)
  }

  mutating func parameter(_ shape: Shape) -> Int {
    leaf(one(of: [.lower, .lower, .lower, .upper, .data]), shape)
  }

  private mutating func apply(_ function: RandomProgram.Function, _ x: Int) -> Int {
    let size =
      switch function {
      case .tanh, .sigmoid: 1.0
      case .squared: sizes[x] * sizes[x]
      case .exp: 20.0
      default: sizes[x] + 1
      }
    return append(.function(function, x), shapes[x], size)
  }

  /// A statement, or its hyperbolic tangent where its values may be large.
  mutating func tamed(_ x: Int, below bound: Double) -> Int {
    sizes[x] <= bound ? x : apply(.tanh, x)
  }

  private mutating func combine(
    _ combination: RandomProgram.Combination, _ a: Int, _ b: Int
  ) -> Int {
    let rank = max(shapes[a].rank, shapes[b].rank)
    let aligned = [a, b].map {
      [Int](repeating: 1, count: rank - shapes[$0].rank) + shapes[$0].sizes
    }
    let shape = Shape(zip(aligned[0], aligned[1]).map { $0 == 1 ? $1 : $0 })
    let size =
      switch combination {
      case .add, .subtract: sizes[a] + sizes[b]
      case .multiply: sizes[a] * sizes[b]
      case .divide: 2 * sizes[a]
      }
    return append(.combine(combination, a, b), shape, size)
  }

  /// x^2 + 1/2: what may be divided by, and has a logarithm and a root.
  private mutating func positive(_ x: Int) -> Int {
    let square = apply(.squared, tamed(x, below: 4))
    return append(.offset(0.5, square), shapes[square], sizes[square] + 0.5)
  }

  private mutating func reduced(_ x: Int, _ axes: Range<Int>, isMean: Bool) -> Int {
    let shape = Shape(
      Array(shapes[x].sizes[..<axes.lowerBound] + shapes[x].sizes[axes.upperBound...]))
    let count = Double(shapes[x].sizes[axes].reduce(1, *))
    return isMean && count > 0
      ? append(.mean(axes, x), shape, sizes[x])
      : append(.sum(axes, x), shape, sizes[x] * count.squareRoot())
  }

  private mutating func someAxes(_ shape: Shape) -> Range<Int> {
    let first = numbers.below(shape.rank)
    return first..<first + 1 + numbers.below(shape.rank - first)
  }

  /// A sum or mean that keeps its axes, with size 1, so that it repeats again.
  private mutating func keeping(_ x: Int, _ axes: Range<Int>, isMean: Bool) -> Int {
    let sum = reduced(x, axes, isMean: isMean)
    let kept = Shape(
      shapes[x].sizes.enumerated().map { axes.contains($0.offset) ? 1 : $0.element })
    return append(.reshape(kept, sum), kept, sizes[sum])
  }

  private mutating func reshaped(_ x: Int) -> Int {
    var shape = shapes[x].sizes
    let axis = shape.isEmpty ? 0 : numbers.below(shape.count)
    if shape.count > 1, axis + 1 < shape.count, numbers.below(2) == 0 {
      shape[axis] *= shape.remove(at: axis + 1)
    } else if !shape.isEmpty, let factor = [2, 3, 4].first(where: { shape[axis] % $0 == 0 }) {
      shape[axis] /= factor
      shape.insert(factor, at: axis + 1)
    } else {
      shape.insert(1, at: axis)
    }
    return append(.reshape(Shape(shape), x), Shape(shape), sizes[x])
  }

  private mutating func product(_ x: Int, columns: Int) -> Int {
    let b = parameter([shapes[x][1], columns])
    let size = sizes[x] * Double(shapes[x][1]).squareRoot()
    return append(.product(x, b), [shapes[x][0], columns], size)
  }

  private mutating func transposed(_ x: Int) -> Int {
    append(.transpose(x), [shapes[x][1], shapes[x][0]], sizes[x])
  }

  private mutating func convolved(_ x: Int, filters: Int, stride: Int) -> Int {
    let s = shapes[x]
    let w = leaf(numbers.below(8) == 0 ? .upper : .lower, [3, 3, s[3], filters])
    let shape: Shape = [
      s[0], (s[1] + stride - 1) / stride, (s[2] + stride - 1) / stride, filters,
    ]
    let size = sizes[x] * (9 * Double(s[3])).squareRoot()
    return append(.convolve(x, w, stride: stride), shape, size)
  }

  private mutating func normalised(_ x: Int) -> Int {
    let centred = append(.centre(x), shapes[x], sizes[x])
    let square = apply(.squared, centred)
    let variance = reduced(square, 0..<shapes[x].rank - 1, isMean: true)
    let offset = append(.offset(0.125, variance), shapes[variance], sizes[variance])
    let normal = combine(.divide, centred, apply(.sqrt, offset))
    let channels: Shape = [shapes[x][shapes[x].rank - 1]]
    let scaled = combine(.multiply, normal, parameter(channels))
    return combine(.add, scaled, parameter(channels))
  }

  // MARK: Steps

  /// What a flavour begins with, where it is for something.
  private mutating func first(_ flavour: Flavour, _ x: Int) -> Int? {
    switch flavour {
    case .quarters: product(x, columns: one(of: [127, 128, 131]))
    case .long where numbers.below(3) > 0: product(x, columns: one(of: [1, 2, 5]))
    case .filters: convolved(x, filters: one(of: [15, 16, 19]), stride: 1)
    case .images where numbers.below(2) == 0:
      convolved(x, filters: one(of: [1, 3, 8]), stride: 1)
    case .classes where numbers.below(2) == 0: classified(x)
    default: nil
    }
  }

  private mutating func classified(_ x: Int) -> Int {
    let scores = product(x, columns: one(of: [1, 2, 5, 16, 17]))
    return numbers.below(2) == 0 ? combine(.add, scores, parameter([shapes[scores][1]])) : scores
  }

  private mutating func next(_ x: Int) -> Int {
    let x = tamed(x, below: 60)
    let shape = shapes[x]
    if shape.rank == 4, shape[1] > 0, shape[2] > 0, numbers.below(3) == 0 { return image(x) }
    if shape.rank == 2, numbers.below(3) == 0, let matrix = matrix(x) { return matrix }
    switch numbers.below(20) {
    case 12...19:
      let made = Self.operations[numbers.below(Self.operations.count)]
      return shape.count > 0 ? made(&self, x) ?? function(x) : function(x)
    case 0, 1: return function(x)
    case 2, 3: return withLeaf(x)
    case 4: return withOther(x)
    case 5 where shape.rank > 0:
      return reduced(x, someAxes(shape), isMean: numbers.below(2) == 0)
    case 6 where shape.rank > 0: return withOwnSum(x)
    case 7: return reshaped(x)
    case 8 where shape.rank > 1:
      return shape.count > 0 && numbers.below(2) == 0
        ? normalised(tamed(x, below: 8)) : append(.centre(x), shape, sizes[x])
    case 9: return append(.scale(one(of: [-1, 0.5, -2, 0]), x), shape, 2 * sizes[x])
    case 10 where shape.rank > 0 && shape[0] > 0:
      let index = (0..<one(of: [1, shape[0], 2 * shape[0]])).map { _ in numbers.below(shape[0]) }
      return append(.rows(x, index), Shape([index.count] + shape.sizes.dropFirst()), sizes[x])
    default: return function(x)
    }
  }

  private mutating func function(_ x: Int) -> Int {
    switch one(of: RandomProgram.Function.allCases) {
    case .exp: return apply(.exp, tamed(x, below: 3))
    case .log: return apply(.log, positive(x))
    case .sqrt: return apply(.sqrt, positive(x))
    case .squared: return apply(.squared, tamed(x, below: 8))
    case let function: return apply(function, x)
    }
  }

  private mutating func withLeaf(_ x: Int) -> Int {
    let other = parameter(repeating(to: shapes[x]))
    return with(x, other)
  }

  /// With an earlier statement that repeats to this one.
  private mutating func withOther(_ x: Int) -> Int {
    let fitting = shapes.indices.filter { other in
      shapes[other].rank <= shapes[x].rank && sizes[other] < 60
        && zip(shapes[other].sizes.reversed(), shapes[x].sizes.reversed())
          .allSatisfy { $0 == $1 || $0 == 1 }
    }
    return fitting.isEmpty ? function(x) : with(x, fitting[numbers.below(fitting.count)])
  }

  /// With its own sum or mean over some axes: as normalisations are made.
  private mutating func withOwnSum(_ x: Int) -> Int {
    let bounded = tamed(x, below: 8)
    return with(bounded, keeping(bounded, someAxes(shapes[x]), isMean: numbers.below(2) == 0))
  }

  private mutating func with(_ x: Int, _ other: Int) -> Int {
    let isSwapped = numbers.below(3) == 0
    switch one(of: RandomProgram.Combination.allCases) {
    case .divide: return combine(.divide, x, positive(other))
    case let combination:
      return isSwapped ? combine(combination, other, x) : combine(combination, x, other)
    }
  }

  private mutating func matrix(_ x: Int) -> Int? {
    let shape = shapes[x]
    switch numbers.below(7) {
    case 0, 1: return product(x, columns: one(of: [1, 3, 8, 16, 17]))
    case 2: return transposed(x)
    case 3:
      // With itself: sums of products of rows.
      guard shape.count <= 700 else { return nil }
      let bounded = tamed(x, below: 8)
      let size = sizes[bounded] * sizes[bounded] * Double(shape[1]).squareRoot()
      return append(.product(bounded, transposed(bounded)), [shape[0], shape[0]], size)
    case 4 where shape[1] > 0:
      let p = append(.softmax(x), shape, 1)
      // Its entropies.
      return numbers.below(2) == 0 ? p : combine(.multiply, p, apply(.log, p))
    case 5 where shape[1] > 0: return append(.logSumExp(x), [shape[0]], sizes[x] + 3)
    case 6 where shape[1] > 0:
      let labels = (0..<shape[0]).map { _ in numbers.below(shape[1]) }
      return append(.crossEntropies(x, labels), [shape[0]], 2 * sizes[x] + 3)
    default: return nil
    }
  }

  private mutating func image(_ x: Int) -> Int {
    let shape = shapes[x]
    switch numbers.below(4) {
    case 0 where shape.count < 3000:
      return convolved(x, filters: one(of: [1, 2, 3, 16]), stride: 1 + numbers.below(2))
    case 1 where shape.count > 0: return normalised(tamed(x, below: 8))
    default:
      guard shape[1] > 1, shape[2] > 1 else { return function(x) }
      let pooled: Shape = [shape[0], shape[1] / 2, shape[2] / 2, shape[3]]
      return append(.pool(x), pooled, sizes[x])
    }
  }
}
