/// Numbers that a graph has written in it, or that are known from shapes: whole ones for sizes, places and axes.
package struct OnnxArray: Sendable, Equatable {
  /// The numbers, in one of two forms.
  package enum Elements: Sendable, Equatable {
    /// Of whole numbers, and of truth values as 0 and 1.
    case integers([Int])
    /// Of others.
    case numbers([Double])
  }

  package let sizes: [Int]
  package let elements: Elements

  /// An array; there must be as many elements as the sizes say.
  package init(_ sizes: [Int], _ elements: Elements) {
    self.sizes = sizes
    self.elements = elements
  }

  /// A list of whole numbers.
  package init(list: [Int]) { self.init([list.count], .integers(list)) }

  /// No array that is made while a graph is translated may have more elements than this: a file of some bytes can ask for
  /// any number.
  static let mostElements = 1 << 22

  package var count: Int {
    switch elements {
    case .integers(let values): values.count
    case .numbers(let values): values.count
    }
  }

  var isInteger: Bool {
    if case .integers = elements { true } else { false }
  }

  package var integers: [Int]? {
    if case .integers(let values) = elements { values } else { nil }
  }

  package var numbers: [Double] {
    switch elements {
    case .integers(let values): values.map(Double.init)
    case .numbers(let values): values
    }
  }

  /// The one number of an array of one.
  var single: Double? { count == 1 ? numbers[0] : nil }

  /// The same elements in other sizes, whose product is the same.
  func reshaped(_ sizes: [Int]) -> OnnxArray { OnnxArray(sizes, elements) }

  /// The elements at places, in other sizes.
  func taking(_ places: [Int], _ sizes: [Int]) -> OnnxArray {
    switch elements {
    case .integers(let values): OnnxArray(sizes, .integers(places.map { values[$0] }))
    case .numbers(let values): OnnxArray(sizes, .numbers(places.map { values[$0] }))
    }
  }

  /// The axes in another order: axis k of the result is axis `order[k]`.
  func permuted(_ order: [Int]) -> OnnxArray {
    let own = Strides.of(sizes)
    let target = order.map { sizes[$0] }
    return taking(Strides.places(target, order.map { own[$0] }), target)
  }

  /// Repeated to other sizes by NumPy's rule; nil where they do not fit.
  func broadcast(to target: [Int]) -> OnnxArray? {
    let missing = target.count - sizes.count
    guard missing >= 0 else { return nil }
    let aligned = [Int](repeating: 1, count: missing) + sizes
    guard zip(aligned, target).allSatisfy({ $0 == $1 || $0 == 1 }) else { return nil }
    let steps = zip(Strides.of(aligned), aligned).map { $1 == 1 ? 0 : $0 }
    return taking(Strides.places(target, steps), target)
  }
}

/// Places of elements in arrays whose last axis runs fastest.
enum Strides {
  /// From an element to the next along each axis.
  static func of(_ sizes: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: sizes.count)
    for axis in sizes.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * sizes[axis + 1]
    }
    return strides
  }

  /// Where all elements of some sizes are, at steps along each axis, from a start.
  static func places(_ sizes: [Int], _ steps: [Int], from start: Int = 0) -> [Int] {
    var places = [start]
    for (size, step) in zip(sizes, steps) {
      places = places.flatMap { place in (0..<size).map { place + $0 * step } }
    }
    return places
  }

  /// The product of sizes, unless one is negative, or it is more than a bound.
  static func count(_ sizes: [Int], atMost bound: Int = OnnxArray.mostElements) -> Int? {
    var count = 1
    for size in sizes {
      guard size >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: max(size, 1))
      guard !overflow, product <= bound else { return nil }
      count = product
    }
    return sizes.contains(0) ? 0 : count
  }

  /// The sizes that two repeat to by NumPy's rule; nil where they do not fit.
  static func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
    let rank = max(a.count, b.count)
    let one = [Int](repeating: 1, count: rank - a.count) + a
    let other = [Int](repeating: 1, count: rank - b.count) + b
    guard zip(one, other).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }) else { return nil }
    return zip(one, other).map { $0 == 1 ? $1 : $0 }
  }
}
