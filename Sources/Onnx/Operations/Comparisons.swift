import DataFiles
import Tensors

extension OnnxOperation {
  /// Comparisons, logic and choice: truth values are tensors of 0 and 1.
  static let comparisons: [OnnxOperation] = [
    comparison("Equal", { $0 == $1 }) { $0 .== $1 },
    comparison("Greater", { $0 > $1 }) { $0 .> $1 },
    comparison("GreaterOrEqual", { $0 >= $1 }) { $0 .>= $1 },
    comparison("Less", { $0 < $1 }) { $0 .< $1 },
    comparison("LessOrEqual", { $0 <= $1 }) { $0 .<= $1 },
    comparison("And", { $0 != 0 && $1 != 0 }) { $0 * $1 },
    comparison("Or", { $0 != 0 || $1 != 0 }) { $0 + $1 - $0 * $1 },
    comparison("Xor", { ($0 != 0) != ($1 != 0) }) { $0 .!= $1 },
    OnnxOperation("Not", .elements) { call in
      switch try call.input(0) {
      case .known(let array):
        return [.known(OnnxArray(array.sizes, .integers(array.numbers.map { $0 == 0 ? 1 : 0 })))]
      case .traced(let traced): return [.traced(traced.with(1 - traced.tensor, .truth))]
      }
    },
    OnnxOperation("IsNaN", .elements) { call in [try call.truths { $0 .!= $0 }] },
    OnnxOperation("IsInf", .elements, "of either sign") { call in
      guard try call.flag("detect_negative", true), try call.flag("detect_positive", true) else {
        throw call.wrong("it asks for one sign")
      }
      return [try call.truths { Tensors.abs($0) .== $0.filled(.infinity, .scalar) }]
    },
    OnnxOperation("Where", .elements) { call in [try call.chosen()] },
  ]

  private static func comparison(
    _ name: String, _ known: @escaping @Sendable (Double, Double) -> Bool,
    _ body: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) -> OnnxOperation {
    OnnxOperation(name, .elements) { call in
      if let a = try call.input(0).known, let b = try call.input(1).known,
        let sizes = Strides.broadcast(a.sizes, b.sizes), Strides.count(sizes) != nil,
        let x = a.broadcast(to: sizes), let y = b.broadcast(to: sizes)
      {
        let truths = zip(x.numbers, y.numbers).map { known($0, $1) ? 1 : 0 }
        return [.known(OnnxArray(sizes, .integers(truths)))]
      }
      return [try call.combined(.truth, body)]
    }
  }
}

extension OnnxCall {
  /// What is true of single elements.
  fileprivate func truths(_ body: (Tensor) -> Tensor) throws(DataFileError) -> OnnxValue {
    let x = try traced(0)
    return .traced(x.with(body(x.tensor), .truth))
  }

  fileprivate func chosen() throws(DataFileError) -> OnnxValue {
    let (mask, a, b) = (try input(0), try input(1), try input(2))
    guard let two = Strides.broadcast(a.sizes, b.sizes),
      let sizes = Strides.broadcast(mask.sizes, two)
    else { throw wrong("shapes \(mask.sizes), \(a.sizes) and \(b.sizes) do not fit") }
    _ = try checked(sizes)
    if let known = mask.known {
      // All of one: nothing is to be chosen.
      let ones = known.numbers.count { $0 != 0 }
      if ones == known.count, a.sizes == sizes { return a }
      if ones == 0, b.sizes == sizes { return b }
      if let a = a.known, let b = b.known, Strides.count(sizes) != nil,
        let m = known.broadcast(to: sizes), let x = a.broadcast(to: sizes),
        let y = b.broadcast(to: sizes)
      {
        return .known(Self.chosen(m, x, y, sizes))
      }
    }
    let values = [traced(mask), traced(a), traced(b)].map { $0.extended(to: sizes.count) }
    let largest = values.max { $0.tensor.shape.count < $1.tensor.shape.count } ?? values[0]
    let arranged = values.map { $0.arranged(largest.order) }
    let kind: OnnxGraph.Kind =
      values[1].kind == .number || values[2].kind == .number ? .number : values[1].kind
    return .traced(
      Traced(
        arranged[1].where(arranged[0], else: arranged[2]), order: largest.order, kind))
  }

  private static func chosen(
    _ mask: OnnxArray, _ a: OnnxArray, _ b: OnnxArray, _ sizes: [Int]
  ) -> OnnxArray {
    let truths = mask.numbers.map { $0 != 0 }
    if let x = a.integers, let y = b.integers {
      return OnnxArray(sizes, .integers(truths.indices.map { truths[$0] ? x[$0] : y[$0] }))
    }
    let (x, y) = (a.numbers, b.numbers)
    return OnnxArray(sizes, .numbers(truths.indices.map { truths[$0] ? x[$0] : y[$0] }))
  }
}
