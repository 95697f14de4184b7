import DataFiles
import Tensors

extension OnnxOperation {
  /// Sums and the like along axes.
  static let reductions: [OnnxOperation] = [
    reduction("ReduceSum") { $0.sum(axes: $1, keepingAxes: $2) },
    reduction("ReduceMean") { $0.mean(axes: $1, keepingAxes: $2) },
    reduction("ReduceMax") { $0.max(axes: $1, keepingAxes: $2) },
    reduction("ReduceMin") { $0.min(axes: $1, keepingAxes: $2) },
    reduction("ReduceProd") { $0.product(axes: $1, keepingAxes: $2) },
    reduction("ReduceL1") { $0.norm(axes: $1, order: 1, keepingAxes: $2) },
    reduction("ReduceL2") { $0.norm(axes: $1, keepingAxes: $2) },
    reduction("ReduceSumSquare") { $0.squared.sum(axes: $1, keepingAxes: $2) },
    reduction("ReduceLogSum") { log($0.sum(axes: $1, keepingAxes: $2)) },
    reduction("ReduceLogSumExp") { $0.logSumExp(axes: $1, keepingAxes: $2) },
    OnnxOperation("CumSum", .reductions) { call in
      let x = try call.traced(0)
      let axes = try call.list(1)
      guard axes.count == 1 else { throw call.wrong("it takes one axis") }
      let place = x.place(of: try call.axis(axes[0], rank: x.rank))
      return [
        .traced(
          x.with(
            x.tensor.cumulativeSum(
              axis: place, isReversed: try call.flag("reverse"),
              isExclusive: try call.flag("exclusive"))))
      ]
    },
    OnnxOperation("ArgMax", .reductions, "the first of equals; without derivative") { call in
      [try call.extremePlace { $0.argmax(axis: $1) }]
    },
    OnnxOperation("ArgMin", .reductions, "the first of equals; without derivative") { call in
      [try call.extremePlace { $0.argmin(axis: $1) }]
    },
  ]

  private static func reduction(
    _ name: String, _ body: @escaping @Sendable (Tensor, [Int], Bool) -> Tensor
  ) -> OnnxOperation {
    OnnxOperation(name, .reductions) { call in
      let value = try call.input(0)
      let rank = value.sizes.count
      let listed = try call.optionalList(1) ?? call.optionalIntegers("axes")
      if listed?.isEmpty ?? true, try call.flag("noop_with_empty_axes") { return [value] }
      let axes = try call.axes(
        listed.map { $0.isEmpty ? Array(0..<rank) : $0 } ?? Array(0..<rank), rank: rank)
      let keepsAxes = try call.flag("keepdims", true)
      if let known = call.known(name, value, axes, keepsAxes) { return [.known(known)] }
      let x = call.traced(value)
      let places = axes.map(x.place).sorted()
      let kind: OnnxGraph.Kind = x.kind == .truth ? .integer : x.kind
      if keepsAxes { return [.traced(x.with(body(x.tensor, places, true), kind))] }
      let rest = (0..<rank).filter { !axes.contains($0) }
      let order = x.order.compactMap { rest.firstIndex(of: $0) }
      return [.traced(Traced(body(x.tensor, places, false), order: order, kind))]
    }
  }
}

extension OnnxCall {
  /// The product, sum, largest or least of a list of whole numbers, such as sizes are.
  fileprivate func known(
    _ name: String, _ value: OnnxValue, _ axes: [Int], _ keepsAxes: Bool
  ) -> OnnxArray? {
    guard let array = value.known, let integers = array.integers, axes.count == array.sizes.count
    else { return nil }
    let result: Int? =
      switch name {
      case "ReduceProd": integers.reduce(1) { $0 &* $1 }
      case "ReduceSum": integers.reduce(0) { $0 &+ $1 }
      case "ReduceMax": integers.max()
      case "ReduceMin": integers.min()
      default: nil
      }
    let sizes = keepsAxes ? [Int](repeating: 1, count: array.sizes.count) : []
    return result.map { OnnxArray(sizes, .integers([$0])) }
  }

  fileprivate func extremePlace(_ body: (Tensor, Int) -> Tensor) throws(DataFileError) -> OnnxValue
  {
    let x = try traced(0)
    let axis = try axis(try integer("axis", 0), rank: x.rank)
    guard try !flag("select_last_index") else { throw wrong("it asks for the last of equals") }
    let place = body(x.plain, axis)
    return .traced(
      Traced(try flag("keepdims", true) ? place.expanded(at: axis) : place, .integer))
  }
}
