import DataFiles
import Foundation
import Tensors

extension OnnxOperation {
  /// Functions of single elements, and arithmetic.
  static let elementwise: [OnnxOperation] =
    arithmetic + functions + [
      OnnxOperation("Clip", .elements, "bounds are numbers of the graph") { call in
        let x = try call.traced(0)
        let (low, high) = (try call.optionalNumber(1), try call.optionalNumber(2))
        return [.traced(x.with(x.tensor.clamped(from: low, to: high)))]
      },
      OnnxOperation("PRelu", .elements) { call in
        [try call.combined { parametricRelu($0, slope: $1) }]
      },
      OnnxOperation("Pow", .elements, "bases above 0, where the exponent is no number of the graph")
      {
        call in
        if let exponent = call.optional(1)?.known?.single, exponent.isFinite {
          let x = try call.traced(0)
          return [.traced(x.with(exponent == 2 ? x.tensor.squared : pow(x.tensor, exponent)))]
        }
        return [try call.combined { pow($0, $1) }]
      },
      OnnxOperation("Cast", .elements, "whole numbers of truth values and of data alone") { call in
        guard let kind = OnnxCall.kind(ofType: try call.integer("to", 0)) else {
          throw call.wrong("it asks for an unknown type")
        }
        return [try call.cast(try call.input(0), to: kind)]
      },
      OnnxOperation("CastLike", .elements) { call in
        let like: OnnxGraph.Kind =
          switch try call.input(1) {
          case .known(let array): array.isInteger ? .integer : .number
          case .traced(let traced): traced.kind
          }
        return [try call.cast(try call.input(0), to: like)]
      },
      OnnxOperation("Identity", .elements) { call in [try call.input(0)] },
      OnnxOperation("Dropout", .elements, "masks anew for every lower step, in lower objectives") {
        call in
        let rate = try call.optionalNumber(1) ?? 0.5
        guard try call.optionalNumber(2) ?? 0 != 0, rate != 0 else { return [try call.input(0)] }
        let x = try call.traced(0)
        return [.traced(x.with(x.tensor.droppingOut(rate)))]
      },
      OnnxOperation(
        "StopGradient", .elements,
        "this package's own, for `detach` and `no_grad`, which ONNX lacks"
      ) { call in
        let x = try call.traced(0)
        return [.traced(x.with(x.tensor.stoppingGradient()))]
      },
    ]

  private static func function(
    _ name: String, _ note: String = "", _ body: @escaping @Sendable (Tensor) -> Tensor
  ) -> OnnxOperation {
    OnnxOperation(name, .elements, note) { call in
      let x = try call.traced(0)
      return [.traced(x.with(body(x.tensor), .number))]
    }
  }

  /// A function with one number as an attribute.
  private static func function(
    _ name: String, _ attribute: String, _ standard: Double,
    _ body: @escaping @Sendable (Tensor, Double) -> Tensor
  ) -> OnnxOperation {
    OnnxOperation(name, .elements) { call in
      let x = try call.traced(0)
      return [.traced(x.with(body(x.tensor, try call.number(attribute, standard)), .number))]
    }
  }

  private static let functions: [OnnxOperation] = [
    function("Exp") { exp($0) }, function("Log") { log($0) }, function("Sqrt") { sqrt($0) },
    function("Reciprocal") { 1 / $0 }, function("Erf") { erf($0) },
    function("Sin") { sin($0) }, function("Cos") { cos($0) }, function("Tan") { tan($0) },
    function("Atan") { atan($0) }, function("Sinh") { sinh($0) }, function("Cosh") { cosh($0) },
    function("Tanh") { tanh($0) }, function("Sigmoid") { sigmoid($0) },
    function("Relu") { relu($0) },
    function("Softplus") { softplus($0) }, function("Softsign") { softsign($0) },
    function("Selu", "with its usual two numbers") { selu($0) },
    function("HardSwish") { hardSwish($0) }, function("Mish") { mish($0) },
    function("Round") { round($0) },
    function("LeakyRelu", "alpha", 0.01) { leakyRelu($0, slope: $1) },
    function("Elu", "alpha", 1) { elu($0, alpha: $1) },
    OnnxOperation("Neg", .elements) { call in
      [try call.unary(integers: { 0 &- $0 }, numbers: { -$0 }) { -$0 }]
    },
    OnnxOperation("Abs", .elements) { call in
      [
        try call.unary(integers: { $0 < 0 ? 0 &- $0 : $0 }, numbers: { Swift.abs($0) }) {
          Tensors.abs($0)
        }
      ]
    },
    OnnxOperation("Sign", .elements) { call in
      [
        try call.unary(
          integers: { $0.signum() }, numbers: { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 },
          { sign($0) })
      ]
    },
    OnnxOperation("Gelu", .elements) { call in
      let x = try call.traced(0)
      let isTanh = try call.text("approximate", "none") == "tanh"
      return [.traced(x.with(isTanh ? geluTanh(x.tensor) : gelu(x.tensor)))]
    },
    OnnxOperation("Swish", .elements) { call in
      let x = try call.traced(0)
      let alpha = try call.number("alpha", 1)
      return [.traced(x.with(x.tensor * sigmoid(alpha == 1 ? x.tensor : x.tensor * alpha)))]
    },
    OnnxOperation("HardSigmoid", .elements) { call in
      let x = try call.traced(0)
      let (alpha, beta) = (try call.number("alpha", 0.2), try call.number("beta", 0.5))
      return [.traced(x.with(hardTanh(x.tensor * alpha + beta, from: 0, to: 1)))]
    },
  ]

  private static let arithmetic: [OnnxOperation] = [
    OnnxOperation("Add", .elements) { call in
      [
        try call.binary(
          integers: { $0 &+ $1 }, numbers: { $0 + $1 }, left: { $0 + $1 }, right: { $0 + $1 }
        ) { $0 + $1 }
      ]
    },
    OnnxOperation("Sub", .elements) { call in
      [
        try call.binary(
          integers: { $0 &- $1 }, numbers: { $0 - $1 }, left: { $0 - $1 }, right: { $0 - $1 }
        ) { $0 - $1 }
      ]
    },
    OnnxOperation("Mul", .elements) { call in
      [
        try call.binary(
          integers: { $0 &* $1 }, numbers: { $0 * $1 }, left: { $0 * $1 }, right: { $0 * $1 }
        ) { a, b in a.node == b.node ? a.squared : a * b }
      ]
    },
    OnnxOperation(
      "Div", .elements, "of whole numbers only where they are known from shapes"
    ) { call in
      [
        try call.binary(
          integers: { $1 == 0 || $0 == .min ? 0 : $0 / $1 }, numbers: { $0 / $1 },
          left: { $0 / $1 }, right: { $0 / $1 }
        ) { $0 / $1 }
      ]
    },
    OnnxOperation("Mod", .elements, "only where it is known from shapes") { call in
      let isSigned = try call.flag("fmod")
      return [
        try call.folded("whole numbers that are not known from shapes") { a, b in
          b == 0 || a == .min ? 0 : isSigned || a % b == 0 || (a < 0) == (b < 0) ? a % b : a % b + b
        }
      ]
    },
    many("Sum") { $0 + $1 }, many("Max") { maximum($0, $1) }, many("Min") { minimum($0, $1) },
    OnnxOperation("Mean", .elements) { call in
      let sum = try call.reduced { $0 + $1 }
      let traced = call.traced(sum)
      return [.traced(traced.with(traced.tensor / Double(call.inputs.count)))]
    },
  ]

  private static func many(
    _ name: String, _ body: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) -> OnnxOperation {
    OnnxOperation(name, .elements) { call in [try call.reduced(body)] }
  }
}

extension OnnxCall {
  static func kind(ofType type: Int) -> OnnxGraph.Kind? {
    switch type {
    case 1, 10, 11, 16: .number
    case 2...7, 12, 13: .integer
    case 9: .truth
    default: nil
    }
  }

  func cast(_ value: OnnxValue, to kind: OnnxGraph.Kind) throws(DataFileError) -> OnnxValue {
    switch value {
    case .known(let array):
      switch kind {
      case .number: return .known(OnnxArray(array.sizes, .numbers(array.numbers)))
      case .truth:
        return .known(OnnxArray(array.sizes, .integers(array.numbers.map { $0 == 0 ? 0 : 1 })))
      case .integer:
        guard array.numbers.allSatisfy({ Swift.abs($0) < 9e15 }) else {
          if array.isInteger { return value }
          throw wrong("a number is too large for whole ones")
        }
        return array.isInteger
          ? value : .known(OnnxArray(array.sizes, .integers(array.numbers.map { Int($0) })))
      }
    case .traced(let traced):
      switch (traced.kind, kind) {
      case (.number, .truth): return .traced(traced.with(traced.tensor .!= 0, .truth))
      case (.number, .integer):
        throw wrong("what is calculated cannot become whole numbers: that has no derivative")
      case (.integer, .truth): return .traced(traced.with(traced.tensor .!= 0, .truth))
      default: return .traced(traced.with(traced.tensor, kind))
      }
    }
  }

  /// A function of one input, worked out where that is known.
  func unary(
    integers: (Int) -> Int, numbers: (Double) -> Double, _ body: (Tensor) -> Tensor
  ) throws(DataFileError) -> OnnxValue {
    switch try input(0) {
    case .known(let array):
      switch array.elements {
      case .integers(let values):
        return .known(OnnxArray(array.sizes, .integers(values.map(integers))))
      case .numbers(let values):
        return .known(OnnxArray(array.sizes, .numbers(values.map(numbers))))
      }
    case .traced(let traced): return .traced(traced.with(body(traced.tensor)))
    }
  }

  /// A function of two inputs that repeat to one shape, worked out where both are known.
  func binary(
    integers: (Int, Int) -> Int, numbers: (Double, Double) -> Double,
    left: (Double, Tensor) -> Tensor, right: (Tensor, Double) -> Tensor,
    _ body: (Tensor, Tensor) -> Tensor
  ) throws(DataFileError) -> OnnxValue {
    switch (try input(0), try input(1)) {
    case (.known(let a), .known(let b)):
      let (x, y) = try repeated(a, b)
      guard let first = x.integers, let second = y.integers else {
        return .known(OnnxArray(x.sizes, .numbers(zip(x.numbers, y.numbers).map(numbers))))
      }
      return .known(OnnxArray(x.sizes, .integers(zip(first, second).map(integers))))
    case (.traced(let a), .known(let b)) where b.single != nil && b.sizes.count <= a.rank:
      return .traced(a.with(right(a.tensor, b.numbers[0]), a.kind == .truth ? .integer : a.kind))
    case (.known(let a), .traced(let b)) where a.single != nil && a.sizes.count <= b.rank:
      return .traced(b.with(left(a.numbers[0], b.tensor), b.kind == .truth ? .integer : b.kind))
    case (let a, let b): return .traced(try combined(traced(a), traced(b), body))
    }
  }

  /// Whole numbers that must be known.
  func folded(
    _ what: String, _ integers: (Int, Int) -> Int
  ) throws(DataFileError) -> OnnxValue {
    guard let a = try input(0).known, let b = try input(1).known, a.isInteger, b.isInteger else {
      throw wrong("it is asked for \(what)")
    }
    let (x, y) = try repeated(a, b)
    return .known(
      OnnxArray(x.sizes, .integers(zip(x.integers ?? [], y.integers ?? []).map(integers))))
  }

  private func repeated(
    _ a: OnnxArray, _ b: OnnxArray
  ) throws(DataFileError) -> (OnnxArray, OnnxArray) {
    guard let sizes = Strides.broadcast(a.sizes, b.sizes), Strides.count(sizes) != nil,
      let x = a.broadcast(to: sizes), let y = b.broadcast(to: sizes)
    else { throw wrong("shapes \(a.sizes) and \(b.sizes) do not fit") }
    return (x, y)
  }

  /// A function of both inputs, repeated to one shape.
  func combined(
    _ kind: OnnxGraph.Kind? = nil, _ body: (Tensor, Tensor) -> Tensor
  ) throws(DataFileError) -> OnnxValue {
    let result = try combined(traced(0), traced(1), body)
    return .traced(result.with(result.tensor, kind))
  }

  /// One after another.
  func reduced(_ body: (Tensor, Tensor) -> Tensor) throws(DataFileError) -> OnnxValue {
    let values = try all()
    if values.allSatisfy({ $0.known?.isInteger == true }), node.operation != "Sum" {
      var result = values[0].known ?? OnnxArray(list: [])
      for value in values.dropFirst() {
        let (x, y) = try repeated(result, value.known ?? result)
        let isMax = node.operation == "Max"
        let pairs = zip(x.integers ?? [], y.integers ?? [])
        result = OnnxArray(x.sizes, .integers(pairs.map { isMax ? max($0, $1) : min($0, $1) }))
      }
      return .known(result)
    }
    var result = traced(values[0])
    for value in values.dropFirst() { result = try combined(result, traced(value), body) }
    return .traced(result)
  }

  /// A function of two tensors, in the order of axes of the larger one.
  func combined(
    _ a: Traced, _ b: Traced, _ body: (Tensor, Tensor) -> Tensor
  ) throws(DataFileError) -> Traced {
    let kind: OnnxGraph.Kind = a.kind == .number || b.kind == .number ? .number : .integer
    guard let sizes = Strides.broadcast(a.sizes, b.sizes) else {
      throw wrong("shapes \(a.sizes) and \(b.sizes) do not fit")
    }
    _ = try checked(sizes)
    if a.order == Array(0..<a.rank), b.order == Array(0..<b.rank) {
      return Traced(body(a.tensor, b.tensor), kind)
    }
    let (x, y) = (a.extended(to: sizes.count), b.extended(to: sizes.count))
    let order = x.tensor.shape.count >= y.tensor.shape.count ? x.order : y.order
    return Traced(body(x.arranged(order), y.arranged(order)), order: order, kind)
  }
}
