import Tensors

/// A statement that says itself what it means: how it is written, traced and evaluated. Most operations are such: a new one
/// is a row of `MadeOperations`.
struct MadeOperation: Equatable {
  /// How it is written, its operands as $0, $1.
  let text: String
  var operands: [Int]
  /// Class and row numbers that it takes as data, each `[n]`.
  var data: [[Int]] = []
  let traced: (_ operands: [Tensor], _ data: [Tensor]) -> Tensor
  let evaluated: (_ operands: [Jets]) -> Jets

  static func == (a: Self, b: Self) -> Bool {
    a.text == b.text && a.operands == b.operands && a.data == b.data
  }

  var source: String {
    let named = operands.enumerated().reduce(text) {
      $0.replacing("$\($1.offset)", with: "x\($1.element)")
    }
    return data.enumerated().reduce(named) {
      $0.replacing("#\($1.offset)", with: "data(\($1.element))")
    }
  }
}

/// An array of numbers with their derivatives.
struct Jets {
  var shape: [Int]
  var values: [HyperDual]

  init(shape: [Int], values: [HyperDual]) { (self.shape, self.values) = (shape, values) }

  /// Each element from its place along every axis.
  init(_ shape: [Int], _ value: ([Int]) -> HyperDual) {
    self.shape = shape
    values = Self.places(shape).map(value)
  }

  /// The places of all elements, in order.
  static func places(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { places, size in
      places.flatMap { place in (0..<size).map { place + [$0] } }
    }
  }

  /// The element at a place; 0 beyond an axis.
  subscript(place: [Int]) -> HyperDual {
    var index = 0
    for (size, at) in zip(shape, place) {
      guard 0..<size ~= at else { return HyperDual(0) }
      index = index * size + at
    }
    return values[index]
  }

  func map(_ function: (HyperDual) -> HyperDual) -> Jets {
    Jets(shape: shape, values: values.map(function))
  }

  /// What becomes of the elements along some axes, which are left out.
  func reduced(_ axes: [Int], _ body: ([HyperDual]) -> HyperDual) -> Jets {
    let others = shape.indices.filter { !axes.contains($0) }
    return Jets(others.map { shape[$0] }) { place in
      body(
        Self.places(axes.map { shape[$0] }).map { along in
          var full = shape
          for (axis, at) in zip(others, place) { full[axis] = at }
          for (axis, at) in zip(axes, along) { full[axis] = at }
          return self[full]
        })
    }
  }
}
