import DataFiles
import Tensors

extension OnnxOperation {
  /// Rows and elements chosen by number.
  static let indices: [OnnxOperation] = [
    OnnxOperation(
      "Gather", .indices,
      "by data, also embeddings, or by numbers that are known; none below 0 in data"
    ) { call in [try call.gathered()] },
    OnnxOperation("GatherND", .indices, "whole rows by data") { call in
      let (x, index) = (try call.tensor(0), try call.index(1))
      let kind = try call.traced(0).kind
      guard try call.integer("batch_dims", 0) == 0, index.shape.rank >= 1, x.shape.rank >= 1,
        index.shape.sizes.last == 1
      else { throw call.wrong("it chooses no rows") }
      // A single row's number has an axis all the same.
      let places = Shape(Array(index.shape.sizes.dropLast()))
      let rows = x.rows(index.reshaped([places.count]))
      return [
        .traced(Traced(rows.reshaped(Shape(places.sizes + x.shape.sizes.dropFirst())), kind))
      ]
    },
    OnnxOperation("GatherElements", .indices, "by data") { call in
      let (x, index) = (try call.tensor(0), try call.index(1))
      guard x.shape.rank == index.shape.rank, x.shape.rank > 0 else {
        throw call.wrong("shapes \(x.shape) and \(index.shape)")
      }
      _ = try call.checkedForKnown(index.shape.sizes)
      let axis = try call.axis(try call.integer("axis", 0), rank: x.shape.rank)
      return [.traced(Traced(x.gathered(index, axis: axis), try call.traced(0).kind))]
    },
    OnnxOperation("ScatterElements", .indices, "additions by data") { call in
      let (x, index, source) = (try call.tensor(0), try call.index(1), try call.tensor(2))
      guard try call.text("reduction", "none") == "add" else {
        throw call.wrong("it does not add")
      }
      guard x.shape.rank == index.shape.rank, x.shape.rank > 0 else {
        throw call.wrong("shapes \(x.shape) and \(index.shape)")
      }
      _ = try call.checkedForKnown(index.shape.sizes)
      let axis = try call.axis(try call.integer("axis", 0), rank: x.shape.rank)
      return [.traced(Traced(x.addingScattered(source, at: index, axis: axis)))]
    },
    OnnxOperation("ScatterND", .indices, "additions of whole rows by data") { call in
      let (x, index, source) = (try call.tensor(0), try call.index(1), try call.tensor(2))
      guard try call.text("reduction", "none") == "add", index.shape.rank == 2, index.shape[1] == 1
      else { throw call.wrong("it does not add rows") }
      guard x.shape.rank >= 1,
        source.shape.sizes == [index.shape[0]] + Array(x.shape.sizes.dropFirst())
      else { throw call.wrong("shapes \(x.shape), \(index.shape) and \(source.shape)") }
      return [
        .traced(Traced(x.addingSlices(source, at: index.reshaped([index.shape[0]]))))
      ]
    },
    OnnxOperation("OneHot", .indices, "of data") { call in
      let labels = try call.traced(0)
      guard let depth = call.optional(1)?.known?.single, 1...1e6 ~= depth,
        let values = call.optional(2)?.known, values.count == 2
      else { throw call.wrong("its depth and values are not known") }
      let (off, on) = (values.numbers[0], values.numbers[1])
      let rank = labels.rank
      let asked = try call.integer("axis", -1)
      let axis = try call.axis(asked, rank: rank + 1)
      let hot = try call.index(labels).oneHot(classes: Int(depth))
      let scaled = (off, on) == (0, 1) ? hot : hot * (on - off) + off
      return [.traced(Traced(axis == rank ? scaled : scaled.movingAxis(-1, to: axis)))]
    },
  ]
}

extension OnnxCall {
  /// An input that numbers rows, elements or classes: data as it was given.
  func index(_ number: Int) throws(DataFileError) -> Tensor { try index(traced(number)) }

  /// The same of a tensor.
  func index(_ traced: Traced) throws(DataFileError) -> Tensor {
    guard traced.kind == .integer, traced.rank > 0, traced.plain.isData else {
      throw wrong(
        "what it chooses by is calculated, and must be given as data",
        remedy: "give the numbers as target or extra, of whole numbers")
    }
    return traced.plain
  }

  fileprivate func gathered() throws(DataFileError) -> OnnxValue {
    let (x, index) = (try input(0), try input(1))
    let axis = try axis(try integer("axis", 0), rank: x.sizes.count)
    guard let known = index.known else {
      let own = try self.index(traced(index))
      let moved = traced(x).plain.movingAxis(axis, to: 0).rows(own)
      guard axis > 0 else { return .traced(Traced(moved, traced(x).kind)) }
      // The index's axes stand where the axis was.
      let count = own.shape.rank
      let order =
        Array(count..<count + axis) + Array(0..<count) + Array(count + axis..<moved.shape.rank)
      return .traced(Traced(moved.permuted(order), traced(x).kind))
    }
    return try gathered(x, known, axis)
  }

  /// Elements at places that are known.
  private func gathered(
    _ x: OnnxValue, _ index: OnnxArray, _ axis: Int
  ) throws(DataFileError) -> OnnxValue {
    let size = x.sizes[axis]
    guard let places = index.integers?.map({ $0 < 0 ? $0 &+ size : $0 }),
      places.allSatisfy({ 0..<size ~= $0 })
    else { throw wrong("it takes elements that axis \(axis) of shape \(x.sizes) has not") }
    guard places.count <= 1 << 16 else {
      throw wrong("\(places.count) places are too many", remedy: "give them as data")
    }
    let sizes = Array(x.sizes[..<axis]) + index.sizes + Array(x.sizes[(axis + 1)...])
    if index.sizes.isEmpty {
      return removing([axis], of: piece(x, axis, start: places[0], count: 1, step: 1))
    }
    if let array = x.known { return .known(try taken(array, places, axis, sizes)) }
    let step = places.count > 1 ? places[1] - places[0] : 1
    let isRegular = step > 0 && zip(places, places.dropFirst()).allSatisfy { $1 - $0 == step }
    if isRegular, let first = places.first {
      return try reshaped(
        piece(x, axis, start: first, count: places.count, step: step), checked(sizes))
    }
    let traced = self.traced(x)
    let place = traced.place(of: axis)
    guard !places.isEmpty else {
      return .traced(Traced(traced.plain.sliced(axis, 0..<0).reshaped(Shape(sizes)), traced.kind))
    }
    let joined = Tensor.concatenated(
      places.map { traced.tensor.sliced(place, $0..<$0 + 1) }, axis: place)
    return try reshaped(.traced(traced.with(joined)), checked(sizes))
  }

  private func taken(
    _ array: OnnxArray, _ places: [Int], _ axis: Int, _ sizes: [Int]
  ) throws(DataFileError) -> OnnxArray {
    _ = try checkedForKnown(sizes)
    let outer = array.sizes[..<axis].reduce(1, *)
    let inner = array.sizes[(axis + 1)...].reduce(1, *)
    let all = (0..<outer).flatMap { row in
      places.flatMap { place in
        let start = (row * array.sizes[axis] + place) * inner
        return Array(start..<start + inner)
      }
    }
    return array.taking(all, sizes)
  }
}
