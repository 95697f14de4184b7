import CKernels

extension BinaryFunction {
  /// 1 where the first is larger, else 0: a constant to a derivative.
  package static let greater = BinaryFunction("greater", CK_GREATER, value: { $0 > $1 ? 1 : 0 }) {
    _, _, _, _, _, _ in nil
  }

  /// 1 where both are the same, else 0: a constant to a derivative.
  package static let equal = BinaryFunction("equal", CK_EQUAL, value: { $0 == $1 ? 1 : 0 }) {
    _, _, _, _, _, _ in nil
  }

  /// 1 where the first is larger, 1/2 where both are the same, else 0: the derivative of the larger of two.
  package static let prefer = BinaryFunction(
    "prefer", CK_PREFER, value: { $0 > $1 ? 1 : $0 == $1 ? 0.5 : 0 }
  ) { _, _, _, _, _, _ in nil }

  /// The larger; not a number where one is none. Equal ones share the derivative.
  package static let maximum = BinaryFunction(
    "maximum", CK_MAXIMUM, value: { $0 > $1 || $0.isNaN ? $0 : $1 }
  ) { graph, _, a, b, index, d in
    graph.multiply(d, index == 0 ? graph.binary(.prefer, a, b) : graph.binary(.prefer, b, a))
  }

  /// The smaller; not a number where one is none. Equal ones share the derivative.
  package static let minimum = BinaryFunction(
    "minimum", CK_MINIMUM, value: { $0 < $1 || $0.isNaN ? $0 : $1 }
  ) { graph, _, a, b, index, d in
    graph.multiply(d, index == 0 ? graph.binary(.prefer, b, a) : graph.binary(.prefer, a, b))
  }
}

extension Graph {
  /// A function of two tensors of one shape that needs no simplification.
  func binary(_ function: BinaryFunction, _ a: Int, _ b: Int) -> Int {
    append(Binary(function: function), [a, b], shape(a))
  }

  /// `a` where the mask is 1, `b` where it is 0: neither matters where it is not chosen.
  func choose(_ mask: Int, _ a: Int, _ b: Int) -> Int {
    add(self.mask(a, by: mask), self.mask(b, by: offset(scale(mask, -1), 1)))
  }
}
