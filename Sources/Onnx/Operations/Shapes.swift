import DataFiles
import Tensors

extension OnnxOperation {
  /// What is known from shapes, and constants.
  static let shapes: [OnnxOperation] = [
    OnnxOperation("Constant", .axes, "numbers, not texts or sparse ones") { call in
      for (name, attribute) in call.node.attributes.sorted(by: { $0.key < $1.key }) {
        switch (name, attribute) {
        case ("value", .array(let array)): return [.known(array)]
        case ("value_int", .integer(let value)): return [.known(OnnxArray([], .integers([value])))]
        case ("value_float", .number(let value)): return [.known(OnnxArray([], .numbers([value])))]
        case ("value_ints", .integers(let values)): return [.known(OnnxArray(list: values))]
        case ("value_floats", .numbers(let values)):
          return [.known(OnnxArray([values.count], .numbers(values)))]
        default: continue
        }
      }
      throw call.wrong("it has no numbers")
    },
    OnnxOperation("Shape", .axes) { call in
      let sizes = try call.input(0).sizes
      let rank = sizes.count
      func place(_ name: String, _ standard: Int) throws -> Int {
        let value = try call.integer(name, standard)
        return min(max(value < 0 ? value &+ rank : value, 0), rank)
      }
      let (start, end) = (try place("start", 0), try place("end", rank))
      return [.known(OnnxArray(list: start < end ? Array(sizes[start..<end]) : []))]
    },
    OnnxOperation("Size", .axes) { call in
      let sizes = try call.checked(try call.input(0).sizes)
      return [.known(OnnxArray([], .integers([sizes.reduce(1, *)])))]
    },
    OnnxOperation("ConstantOfShape", .axes) { call in
      let sizes = try call.checkedForKnown(try call.list(0))
      let count = sizes.reduce(1, *)
      guard case .array(let array) = call.node.attributes["value"] else {
        return [.known(OnnxArray(sizes, .numbers([Double](repeating: 0, count: count))))]
      }
      guard array.count == 1 else { throw call.wrong("its value is no single number") }
      return [.known(array.taking([Int](repeating: 0, count: count), sizes))]
    },
    OnnxOperation("Range", .axes) { call in
      guard let start = try call.input(0).known, let end = try call.input(1).known,
        let step = try call.input(2).known, start.count == 1, end.count == 1, step.count == 1
      else { throw call.wrong("its numbers depend on values") }
      let numbers = [start.numbers[0], end.numbers[0], step.numbers[0]]
      let count = ((numbers[1] - numbers[0]) / numbers[2]).rounded(.up)
      guard count < Double(OnnxArray.mostElements), numbers.allSatisfy({ Swift.abs($0) < 1e15 })
      else { throw call.wrong("it is too long") }
      let places = 0..<max(Int(count.isNaN ? 0 : max(count, 0)), 0)
      guard let first = start.integers, let by = step.integers else {
        let values = places.map { numbers[0] + Double($0) * numbers[2] }
        return [.known(OnnxArray([values.count], .numbers(values)))]
      }
      return [.known(OnnxArray(list: places.map { first[0] + $0 * by[0] }))]
    },
    OnnxOperation("Expand", .axes) { call in
      let x = try call.input(0)
      let asked = try call.list(1)
      guard let sizes = Strides.broadcast(x.sizes, asked) else {
        throw call.wrong("shape \(x.sizes) does not repeat to \(asked)")
      }
      return [try call.repeated(x, to: sizes)]
    },
    OnnxOperation("Tile", .axes) { call in
      let x = try call.input(0)
      let repeats = try call.list(1)
      guard repeats.count == x.sizes.count, repeats.allSatisfy({ 1...1 << 30 ~= $0 }) else {
        throw call.wrong("repeats \(repeats) of shape \(x.sizes)")
      }
      let sizes = zip(x.sizes, repeats).map { $0.multipliedReportingOverflow(by: $1) }
      _ = try call.checked(sizes.map { $0.overflow ? -1 : $0.partialValue })
      let traced = call.traced(x)
      return [.traced(Traced(traced.plain.tiled(repeats), traced.kind))]
    },
  ]
}

extension OnnxCall {
  /// A value repeated to other sizes.
  func repeated(_ x: OnnxValue, to sizes: [Int]) throws(DataFileError) -> OnnxValue {
    let sizes = try checked(sizes)
    if x.sizes == sizes { return x }
    switch x {
    case .known(let array):
      if Strides.count(sizes) != nil, let repeated = array.broadcast(to: sizes) {
        return .known(repeated)
      }
      throw wrong("constants of sizes \(sizes) are too large", remedy: "make them smaller")
    case .traced(let traced):
      return .traced(Traced(traced.plain.broadcast(to: Shape(sizes)), traced.kind))
    }
  }
}
