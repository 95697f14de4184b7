import DataFiles
import Tensors

extension OnnxOperation {
  /// Changes of shape and order, of tensors and of what is known.
  static let axes: [OnnxOperation] = [
    OnnxOperation("Reshape", .axes) { call in
      let x = try call.input(0)
      let sizes = try call.target(try call.list(1), of: x.sizes)
      return [try call.reshaped(x, sizes)]
    },
    OnnxOperation("Flatten", .axes) { call in
      let x = try call.input(0)
      let axis = try call.integer("axis", 1)
      let place = axis < 0 ? axis &+ x.sizes.count : axis
      guard 0...x.sizes.count ~= place else { throw call.wrong("axis \(axis) is none") }
      let sizes = try call.checked(x.sizes)
      return [
        try call.reshaped(
          x, [sizes[..<place].reduce(1, *), sizes[place...].reduce(1, *)])
      ]
    },
    OnnxOperation("Squeeze", .axes) { call in
      let x = try call.input(0)
      let rank = x.sizes.count
      let asked = try call.optionalList(1)
      let axes = try asked.map { try call.axes($0, rank: rank) }
      let gone = axes ?? x.sizes.indices.filter { x.sizes[$0] == 1 }
      guard gone.allSatisfy({ x.sizes[$0] == 1 }) else {
        throw call.wrong("axes \(gone) of shape \(x.sizes) are not of size 1")
      }
      return [call.removing(gone, of: x)]
    },
    OnnxOperation("Unsqueeze", .axes) { call in
      let x = try call.input(0)
      let axes = try call.list(1)
      let places = try call.axes(axes, rank: x.sizes.count + axes.count)
      return [call.inserting(places, into: x)]
    },
    OnnxOperation("Transpose", .axes, "costs nothing until the elements are asked for in a row") {
      call in
      let x = try call.input(0)
      let rank = x.sizes.count
      let order = try call.optionalIntegers("perm") ?? Array((0..<rank).reversed())
      guard order.sorted() == Array(0..<rank) else {
        throw call.wrong("order \(order) of shape \(x.sizes)")
      }
      return switch x {
      case .known(let array): [.known(array.permuted(order))]
      case .traced(let traced): [.traced(traced.permuted(order))]
      }
    },
    OnnxOperation("Concat", .axes) { call in [try call.concatenated()] },
    OnnxOperation("Split", .axes) { call in try call.split() },
    OnnxOperation("Slice", .axes) { call in [try call.sliced()] },
    OnnxOperation("Pad", .axes, "with one number") { call in [try call.padded()] },
    OnnxOperation("Trilu", .axes) { call in
      let x = try call.input(0)
      let (sizes, rank) = (x.sizes, x.sizes.count)
      guard rank >= 2 else { throw call.wrong("shape \(sizes) has no matrices") }
      guard let k = Int(exactly: try call.optionalNumber(1) ?? 0), k.magnitude < 1 << 40 else {
        throw call.wrong("its diagonal is no whole number")
      }
      let isUpper = try call.flag("upper", true)
      let (rows, columns) = (sizes[rank - 2], sizes[rank - 1])
      _ = try call.checkedForKnown([rows, columns])
      let mask = (0..<rows * columns).map { place in
        let (row, column) = place.quotientAndRemainder(dividingBy: columns)
        return (isUpper ? column - row >= k : column - row <= k) ? 1.0 : 0
      }
      let traced = call.traced(x)
      let kept = call.anchor.constant(mask, [rows, columns])
      let zero = call.anchor.constant([0], .scalar)
      return [.traced(Traced(traced.plain.where(kept, else: zero), traced.kind))]
    },
  ]
}

extension OnnxCall {
  /// The sizes that Reshape is asked for: 0 keeps a size, -1 is what is left.
  fileprivate func target(_ asked: [Int], of sizes: [Int]) throws(DataFileError) -> [Int] {
    let keepsZero = try flag("allowzero")
    var target = asked
    for (axis, size) in asked.enumerated() where size == 0 && !keepsZero {
      guard axis < sizes.count else { throw wrong("it keeps axis \(axis) of shape \(sizes)") }
      target[axis] = sizes[axis]
    }
    let count = try checked(sizes).reduce(1, *)
    if let open = target.firstIndex(of: -1) {
      target[open] = 1
      let others = try checked(target).reduce(1, *)
      guard others > 0, count % others == 0 else {
        throw wrong("shape \(sizes) does not become \(asked)")
      }
      target[open] = count / others
    }
    guard try checked(target).reduce(1, *) == count else {
      throw wrong("shape \(sizes) does not become \(asked)")
    }
    return target
  }

  func reshaped(_ x: OnnxValue, _ sizes: [Int]) throws(DataFileError) -> OnnxValue {
    if x.sizes == sizes { return x }
    return switch x {
    case .known(let array): .known(array.reshaped(sizes))
    case .traced(let traced): .traced(Traced(traced.plain.reshaped(Shape(sizes)), traced.kind))
    }
  }

  /// Without axes of size 1, the others in the order in which they are held.
  func removing(_ axes: [Int], of x: OnnxValue) -> OnnxValue {
    let rest = x.sizes.indices.filter { !axes.contains($0) }
    switch x {
    case .known(let array): return .known(array.reshaped(rest.map { array.sizes[$0] }))
    case .traced(let traced):
      let order = traced.order.filter { !axes.contains($0) }
      let shape = Shape(order.map { traced.tensor.shape[traced.place(of: $0)] })
      return .traced(
        Traced(
          traced.tensor.reshaped(shape), order: order.map { rest.firstIndex(of: $0) ?? 0 },
          traced.kind))
    }
  }

  /// With axes of size 1 at places of the result.
  func inserting(_ places: [Int], into x: OnnxValue) -> OnnxValue {
    let rank = x.sizes.count + places.count
    let own = (0..<rank).filter { !places.contains($0) }
    switch x {
    case .known(let array):
      var sizes = [Int](repeating: 1, count: rank)
      for (axis, place) in own.enumerated() { sizes[place] = array.sizes[axis] }
      return .known(array.reshaped(sizes))
    case .traced(let traced):
      if traced.order == Array(0..<traced.rank) {
        var sizes = [Int](repeating: 1, count: rank)
        for (axis, place) in own.enumerated() { sizes[place] = traced.tensor.shape[axis] }
        return .traced(Traced(traced.tensor.reshaped(Shape(sizes)), traced.kind))
      }
      let shape = Shape([Int](repeating: 1, count: places.count) + traced.tensor.shape.sizes)
      return .traced(
        Traced(
          traced.tensor.reshaped(shape), order: places + traced.order.map { own[$0] }, traced.kind))
    }
  }

  fileprivate func concatenated() throws(DataFileError) -> OnnxValue {
    let values = try all()
    let rank = values[0].sizes.count
    let axis = try axis(try integer("axis", 0), rank: rank)
    for value in values {
      var (mine, first) = (value.sizes, values[0].sizes)
      guard mine.count == rank else { throw wrong("shapes \(mine) and \(first) do not fit") }
      (mine[axis], first[axis]) = (0, 0)
      guard mine == first else {
        throw wrong("shapes \(value.sizes) and \(values[0].sizes) do not fit")
      }
    }
    let arrays = values.compactMap(\.known)
    if arrays.count == values.count, let joined = try joined(arrays, axis) {
      return .known(joined)
    }
    if values.count == 1 { return values[0] }
    let traced = values.map { self.traced($0) }
    let kind: OnnxGraph.Kind =
      traced.contains { $0.kind == .number } ? .number : traced[0].kind
    let largest = traced.max { $0.tensor.shape.count < $1.tensor.shape.count }
    let order = largest?.order ?? traced[0].order
    return .traced(
      Traced(
        .concatenated(
          traced.map { $0.arranged(order) }, axis: order.firstIndex(of: axis) ?? axis),
        order: order, kind))
  }

  private func joined(_ arrays: [OnnxArray], _ axis: Int) throws(DataFileError) -> OnnxArray? {
    var sizes = arrays[0].sizes
    sizes[axis] = arrays.reduce(0) { $0 + $1.sizes[axis] }
    let outer = try checkedForKnown(sizes)[..<axis].reduce(1, *)
    func parts<Value>(_ values: [[Value]]) -> [Value] {
      let widths = values.map { outer == 0 ? 0 : $0.count / outer }
      return (0..<outer).flatMap { row in
        zip(values, widths).flatMap { $0[row * $1..<(row + 1) * $1] }
      }
    }
    let integers = arrays.compactMap(\.integers)
    return integers.count == arrays.count
      ? OnnxArray(sizes, .integers(parts(integers)))
      : OnnxArray(sizes, .numbers(parts(arrays.map(\.numbers))))
  }

  fileprivate func split() throws(DataFileError) -> [OnnxValue] {
    let x = try input(0)
    let axis = try axis(try integer("axis", 0), rank: x.sizes.count)
    let size = x.sizes[axis]
    var pieces: [Int]
    if let asked = try optionalList(1) {
      pieces = asked
    } else {
      let parts = try integer("num_outputs", node.outputs.count)
      guard 1...100_000 ~= parts else { throw wrong("\(parts) parts") }
      let each = size / parts + (size % parts == 0 ? 0 : 1)
      pieces = (0..<parts).map { min(each, max(size - $0 * each, 0)) }
    }
    guard pieces.allSatisfy({ 0...size ~= $0 }),
      pieces.reduce(0, { $0 &+ $1 }) == size
    else { throw wrong("pieces of \(pieces) of \(size)") }
    var start = 0
    var results: [OnnxValue] = []
    for piece in pieces {
      results.append(self.piece(x, axis, start: start, count: piece, step: 1))
      start += piece
    }
    return results
  }

  /// Elements of an axis, every so many-th, perhaps backwards; all of them must be there.
  func piece(_ x: OnnxValue, _ axis: Int, start: Int, count: Int, step: Int) -> OnnxValue {
    if start == 0, step == 1, count == x.sizes[axis] { return x }
    switch x {
    case .known(let array):
      let strides = Strides.of(array.sizes)
      var (sizes, steps) = (array.sizes, strides)
      sizes[axis] = count
      steps[axis] = strides[axis] * step
      let first = count == 0 ? 0 : start * strides[axis]
      return .known(array.taking(Strides.places(sizes, steps, from: first), sizes))
    case .traced(let traced):
      let place = traced.place(of: axis)
      guard step < 0 else {
        let end = count == 0 ? start : start + (count - 1) * step + 1
        return .traced(traced.with(traced.tensor.sliced(place, start..<end, by: step)))
      }
      let last = count == 0 ? start : start + (count - 1) * step
      let forward = traced.tensor.sliced(place, last..<(count == 0 ? last : start + 1), by: -step)
      return .traced(traced.with(forward.flipped([place])))
    }
  }

  fileprivate func sliced() throws(DataFileError) -> OnnxValue {
    var x = try input(0)
    let (starts, ends) = (try list(1), try list(2))
    let rank = x.sizes.count
    let asked = try optionalList(3) ?? Array(starts.indices)
    let steps = try optionalList(4) ?? [Int](repeating: 1, count: starts.count)
    guard starts.count == ends.count, starts.count == asked.count, starts.count == steps.count
    else { throw wrong("its lists are of different lengths") }
    _ = try axes(asked, rank: rank)
    for index in starts.indices {
      let axis = try axis(asked[index], rank: rank)
      let (size, step) = (x.sizes[axis], steps[index])
      guard step != 0, step.magnitude < 1 << 40 else { throw wrong("a step of \(step)") }
      func place(_ value: Int) -> Int { value < 0 ? value &+ size : value }
      let (low, high) = step > 0 ? (0, size) : (-1, size - 1)
      let start = min(max(place(starts[index]), 0), step > 0 ? size : max(size - 1, 0))
      // The least number there is stands for "before the first".
      let end = ends[index] < -size ? low : min(max(place(ends[index]), low), high)
      let span = step > 0 ? end - start : start - end
      let count = size == 0 ? 0 : span <= 0 ? 0 : (span - 1) / Swift.abs(step) + 1
      x = piece(x, axis, start: start, count: count, step: step)
    }
    return x
  }

  fileprivate func padded() throws(DataFileError) -> OnnxValue {
    let x = try traced(0)
    guard try text("mode", "constant") == "constant" else {
      throw wrong("it pads by other than one number")
    }
    let asked = try list(1)
    let axes: [Int] =
      if let listed = try optionalList(3) {
        try listed.map { axis throws(DataFileError) in try self.axis(axis, rank: x.rank) }
      } else { Array(0..<x.rank) }
    guard asked.count == 2 * axes.count else { throw wrong("pads \(asked) of shape \(x.sizes)") }
    var result = x.tensor
    var amounts = [(before: Int, after: Int)](repeating: (0, 0), count: x.rank)
    for (index, axis) in axes.enumerated() {
      let (before, after) = (asked[index], asked[axes.count + index])
      guard before.magnitude < 1 << 30, after.magnitude < 1 << 30 else {
        throw wrong("pads \(asked)")
      }
      let place = x.place(of: axis)
      let size = result.shape[place]
      let (cutFront, cutBack) = (max(-before, 0), max(-after, 0))
      guard cutFront + cutBack <= size else { throw wrong("pads \(asked) of shape \(x.sizes)") }
      if cutFront + cutBack > 0 {
        result = result.sliced(place, cutFront..<size - cutBack)
      }
      amounts[place] = (max(before, 0), max(after, 0))
    }
    _ = try checked(zip(result.shape.sizes, amounts).map { $0 + $1.before + $1.after })
    let value = try optionalNumber(2) ?? 0
    return .traced(
      x.with(amounts.allSatisfy { $0 == (0, 0) } ? result : result.padded(amounts, value: value)))
  }
}
