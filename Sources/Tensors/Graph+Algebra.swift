/// The operations, each simplified before a node is made. The rules keep constants and scalings
/// outermost and on the smallest tensor, move sums inside products with repeated factors, and know
/// that a centred tensor sums to zero: which is why a bias before batch normalisation costs nothing.
extension Graph {
  // MARK: Constants

  func constant(_ value: Double) -> Int {
    append(.constant(value), [], .scalar)
  }

  /// A tensor of one number.
  func fill(_ value: Double, _ shape: Shape) -> Int {
    spread(constant(value), 0..<shape.rank, to: shape)
  }

  /// The number that all elements are, where that is known.
  func constantValue(_ node: Int) -> Double? {
    switch operation(node) {
    case .constant(let value): value
    case .spread, .reshape: constantValue(operand(node))
    default: nil
    }
  }

  func isZero(_ node: Int) -> Bool { constantValue(node) == 0 }

  // MARK: Element by element

  func scale(_ x: Int, _ factor: Double) -> Int {
    if factor == 1 { return x }
    if factor == 0 { return fill(0, shape(x)) }
    if let value = constantValue(x) { return fill(value * factor, shape(x)) }
    switch operation(x) {
    case .scale(let inner): return scale(operand(x), inner * factor)
    case .spread(let axes): return spread(scale(operand(x), factor), axes, to: shape(x))
    case .reshape: return reshape(scale(operand(x), factor), shape(x))
    case .binary(.subtract) where factor == -1: return subtract(operand(x, 1), operand(x))
    case .binary(.multiply):
      // Of a product with something repeated, that is scaled: it is the smaller.
      for (repeated, other) in [(operand(x), operand(x, 1)), (operand(x, 1), operand(x))] {
        if case .spread = operation(repeated) { return multiply(scale(repeated, factor), other) }
      }
      return append(.scale(factor), [x], shape(x))
    default: return append(.scale(factor), [x], shape(x))
    }
  }

  func offset(_ x: Int, _ amount: Double) -> Int {
    if amount == 0 { return x }
    if let value = constantValue(x) { return fill(value + amount, shape(x)) }
    switch operation(x) {
    case .offset(let inner): return offset(operand(x), inner + amount)
    case .spread(let axes): return spread(offset(operand(x), amount), axes, to: shape(x))
    default: return append(.offset(amount), [x], shape(x))
    }
  }

  func unary(_ function: UnaryFunction, _ x: Int) -> Int {
    if case .spread(let axes) = operation(x) {
      return spread(unary(function, operand(x)), axes, to: shape(x))
    }
    if function == .log, let probabilities = probabilities(x) { weighing.insert(probabilities) }
    return append(.unary(function), [x], shape(x))
  }

  func add(_ a: Int, _ b: Int) -> Int {
    if isZero(a) { return b }
    if isZero(b) { return a }
    if let value = constantValue(b) { return offset(a, value) }
    if let value = constantValue(a) { return offset(b, value) }
    if case .scale(-1) = operation(b) { return subtract(a, operand(b)) }
    if case .scale(-1) = operation(a) { return subtract(b, operand(a)) }
    if let both = throughSpread(a, b, add) { return both }
    return append(.binary(.add), a < b ? [a, b] : [b, a], shape(a))
  }

  func subtract(_ a: Int, _ b: Int) -> Int {
    if a == b { return fill(0, shape(a)) }
    if isZero(b) { return a }
    if isZero(a) { return scale(b, -1) }
    if let value = constantValue(b) { return offset(a, -value) }
    if case .scale(-1) = operation(b) { return add(a, operand(b)) }
    if let both = throughSpread(a, b, subtract) { return both }
    return append(.binary(.subtract), [a, b], shape(a))
  }

  func multiply(_ a: Int, _ b: Int) -> Int {
    if let value = constantValue(b) { return scale(a, value) }
    if let value = constantValue(a) { return scale(b, value) }
    if case .scale(let factor) = operation(a) { return scale(multiply(operand(a), b), factor) }
    if case .scale(let factor) = operation(b) { return scale(multiply(a, operand(b)), factor) }
    if let both = throughSpread(a, b, multiply) { return both }
    if a == b { return unary(.square, a) }
    return append(.binary(.multiply), a < b ? [a, b] : [b, a], shape(a))
  }

  func divide(_ a: Int, _ b: Int) -> Int {
    if let value = constantValue(b) { return scale(a, 1 / value) }
    if isZero(a) { return a }
    if case .scale(let factor) = operation(a) { return scale(divide(operand(a), b), factor) }
    if let both = throughSpread(a, b, divide) { return both }
    if constantValue(a) == 1 { return unary(.reciprocal, b) }
    // What a factor weighed, divided by that factor: the limit where it is 0.
    if case .binary(.weigh) = operation(a), operand(a) == b { return operand(a, 1) }
    return append(.binary(.divide), [a, b], shape(a))
  }

  func mask(_ a: Int, by b: Int) -> Int {
    if isZero(a) { return a }
    // Of 0 and 1, with one finite number a row: the smaller tensor's product.
    if case .oneHot = operation(b), case .spread = operation(a) { return multiply(a, b) }
    if case .binary(.mask) = operation(a), operand(a, 1) == b { return a }
    if case .scale(let factor) = operation(a) { return scale(mask(operand(a), by: b), factor) }
    return append(.binary(.mask), [a, b], shape(a))
  }

  /// The product a b; 0 where a is 0.
  func weigh(_ a: Int, _ b: Int) -> Int {
    if isZero(a) { return a }
    if let value = constantValue(a) { return scale(b, value) }
    if let value = constantValue(b), value.isFinite { return scale(a, value) }
    if case .scale(let factor) = operation(a), factor.isFinite {
      return scale(weigh(operand(a), b), factor)
    }
    if case .scale(let factor) = operation(b), factor.isFinite {
      return scale(weigh(a, operand(b)), factor)
    }
    if let both = throughSpread(a, b, weigh) { return both }
    if let probabilities = probabilities(a) { weighing.insert(probabilities) }
    return append(.binary(.weigh), [a, b], shape(a))
  }

  /// The product as formulas mean it: a probability of 0 leaves out what it weighs, and 0 log 0 is 0.
  func multiplyWeighing(_ a: Int, _ b: Int) -> Int {
    let isWeight = probabilities(a) != nil || isLogarithm(b)
    let isWeighed = probabilities(b) != nil || isLogarithm(a)
    if isWeight == isWeighed { return multiply(a, b) }
    return isWeight ? weigh(a, b) : weigh(b, a)
  }

  /// The softmax whose values a tensor has, scaled, repeated or rearranged; `nil` for any other.
  private func probabilities(_ node: Int) -> Int? {
    switch operation(node) {
    case .softmax: node
    case .scale, .spread, .reshape, .transpose, .gatherRows: probabilities(operand(node))
    default: nil
    }
  }

  private func isLogarithm(_ node: Int) -> Bool {
    switch operation(node) {
    case .unary(.log): true
    case .scale, .spread, .reshape: isLogarithm(operand(node))
    default: false
    }
  }

  /// An element-wise function of two tensors that repeat along the same axes, made once a repeat.
  private func throughSpread(_ a: Int, _ b: Int, _ function: (Int, Int) -> Int) -> Int? {
    guard case .spread(let axesA) = operation(a), case .spread(let axesB) = operation(b),
      axesA == axesB
    else { return nil }
    return spread(function(operand(a), operand(b)), axesA, to: shape(a))
  }

  // MARK: Axes

  func reshape(_ x: Int, _ target: Shape) -> Int {
    if shape(x) == target { return x }
    // One number in another shape stays a view: to fill it would come back here.
    if target.count != 1, let value = constantValue(x) { return fill(value, target) }
    if case .reshape = operation(x) { return reshape(operand(x), target) }
    return append(.reshape, [x], target)
  }

  func spread(_ x: Int, _ axes: Range<Int>, to target: Shape) -> Int {
    if axes.isEmpty { return x }
    if target.split(around: axes).middle == 1 { return reshape(x, target) }
    if shape(x).rank == 0, axes.count == target.rank { return spreadScalar(x, to: target) }
    if let value = constantValue(x) { return fill(value, target) }
    if case .spread(let inner) = operation(x), inner.count == shape(x).rank {
      return spreadScalar(operand(x), to: target)
    }
    return append(.spread(axes), [x], target)
  }

  private func spreadScalar(_ x: Int, to target: Shape) -> Int {
    append(.spread(0..<target.rank), [x], target)
  }

  func sum(_ x: Int, _ axes: Range<Int>) -> Int {
    let result = shape(x).removing(axes)
    let count = shape(x).split(around: axes).middle
    if axes.isEmpty { return x }
    if count == 1 { return reshape(x, result) }
    if let simpler = simplerSum(x, axes, count) { return simpler }
    return append(.sum(axes), [x], result)
  }

  /// A sum that costs less than adding up the elements of `x`, if there is one. Found once: values that add up share
  /// their parts.
  private func simplerSum(_ x: Int, _ axes: Range<Int>, _ count: Int) -> Int? {
    let sum = Sum(node: x, axes: axes)
    if let known = simplerSums[sum] { return known }
    let simpler = findSimplerSum(x, axes, count)
    simplerSums[sum] = .some(simpler)
    return simpler
  }

  private func findSimplerSum(_ x: Int, _ axes: Range<Int>, _ count: Int) -> Int? {
    if let value = constantValue(x) { return fill(value * Double(count), shape(x).removing(axes)) }
    switch operation(x) {
    case .scale(let factor):
      return scale(sum(operand(x), axes), factor)
    case .spread(let repeated) where repeated == axes:
      return scale(operand(x), Double(count))
    case .centre where axes == 0..<shape(x).rank - 1:
      return fill(0, shape(x).removing(axes))
    case .binary(.multiply):
      for (factor, other) in [(operand(x), operand(x, 1)), (operand(x, 1), operand(x))] {
        if case .spread(let repeated) = operation(factor), repeated == axes {
          return multiply(sum(other, axes), operand(factor))
        }
      }
      return nil
    case .poolScatter where axes.lowerBound == 0 && axes.upperBound >= 3:
      return sum(operand(x), axes)
    case .binary(.add):
      return simplerSum(ofParts: x, axes, add)
    case .binary(.subtract):
      return simplerSum(ofParts: x, axes, subtract)
    default:
      return nil
    }
  }

  /// The sum of the parts, where one of them costs nothing.
  private func simplerSum(
    ofParts x: Int, _ axes: Range<Int>, _ combine: (Int, Int) -> Int
  ) -> Int? {
    let count = shape(x).split(around: axes).middle
    let (a, b) = (operand(x), operand(x, 1))
    if let sumA = simplerSum(a, axes, count) { return combine(sumA, sum(b, axes)) }
    if let sumB = simplerSum(b, axes, count) { return combine(sum(a, axes), sumB) }
    return nil
  }

  func centre(_ x: Int) -> Int {
    let leading = 0..<shape(x).rank - 1
    switch operation(x) {
    case .scale(let factor): return scale(centre(operand(x)), factor)
    case .centre, .spread(leading): return centreAtHand(x) ?? x
    case .binary(.add):
      if let sum = centre(ofParts: x, add) { return sum }
    case .binary(.subtract):
      if let difference = centre(ofParts: x, subtract) { return difference }
    case .binary(.multiply):
      for (factor, other) in [(operand(x), operand(x, 1)), (operand(x, 1), operand(x))] {
        if case .spread(let repeated) = operation(factor), repeated == leading {
          return multiply(centre(other), factor)
        }
      }
    default: break
    }
    return append(.centre, [x], shape(x))
  }

  /// The mean over all axes but the last.
  func mean(ofChannels x: Int) -> Int {
    let leading = 0..<shape(x).rank - 1
    return scale(sum(x, leading), 1 / Double(shape(x).split(around: leading).middle))
  }

  /// What is centred already, or zero once it is.
  private func centreAtHand(_ x: Int) -> Int? {
    switch operation(x) {
    case .centre: return x
    case .scale(let factor): return centreAtHand(operand(x)).map { scale($0, factor) }
    case .spread(0..<shape(x).rank - 1): return fill(0, shape(x))
    case .binary(.multiply):
      for (factor, other) in [(operand(x), operand(x, 1)), (operand(x, 1), operand(x))] {
        if case .spread(0..<shape(x).rank - 1) = operation(factor), centreAtHand(other) == other {
          return x
        }
      }
      return nil
    default: return isZero(x) ? x : nil
    }
  }

  /// A sum is centred as one, unless a part of it takes nothing.
  private func centre(ofParts x: Int, _ combine: (Int, Int) -> Int) -> Int? {
    let (a, b) = (operand(x), operand(x, 1))
    if let centred = centreAtHand(a) { return combine(centred, centre(b)) }
    if let centred = centreAtHand(b) { return combine(centre(a), centred) }
    return nil
  }

  func transpose(_ x: Int) -> Int {
    if case .transpose = operation(x) { return operand(x) }
    let target = Shape([shape(x)[1], shape(x)[0]])
    if target.count == target[0] || target.count == target[1] { return reshape(x, target) }
    return append(.transpose, [x], target)
  }

  // MARK: Pieces of a vector

  func slice(_ vector: Int, offset: Int, _ piece: Shape) -> Int {
    if let value = constantValue(vector) { return fill(value, piece) }
    switch operation(vector) {
    case .assemble(let offsets):
      for (index, start) in offsets.enumerated()
      where start == offset && shape(operand(vector, index)).count == piece.count {
        return reshape(operand(vector, index), piece)
      }
    case .reshape:
      return slice(operand(vector), offset: offset, piece)
    default: break
    }
    return append(.slice(offset: offset), [vector], piece)
  }

  /// A vector of `count` elements with pieces at offsets, zero elsewhere.
  func assemble(_ pieces: [(offset: Int, node: Int)], count: Int) -> Int {
    let present = pieces.filter { !isZero($0.node) }.sorted { $0.offset < $1.offset }
    if present.isEmpty { return fill(0, [count]) }
    return append(
      .assemble(offsets: present.map(\.offset)), present.map(\.node), [count])
  }
}
