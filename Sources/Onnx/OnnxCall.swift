import DataFiles
import PlainText
import Tensors

/// One operation being translated: its inputs and attributes, asked for by what they must be. Whatever is wrong is an error
/// that names the operation, the node and the user's line.
struct OnnxCall {
  let node: OnnxGraph.Node
  let path: String
  /// The version of ONNX's operations.
  let version: Int
  /// Nil where one is left out.
  let inputs: [OnnxValue?]
  /// Any tensor of the trace: constants are made of it.
  let anchor: Tensor

  // MARK: Errors

  /// An error about this operation.
  func wrong(_ what: String, remedy: String = "write the objective without it") -> DataFileError {
    let place = node.source.map { " at \($0.asShown)" } ?? ""
    return DataFileError(
      path, "\(node.operation.asShown) (\(node.name.asShown))\(place): \(what)", remedy: remedy)
  }

  // MARK: Inputs

  /// An input that must be there.
  func input(_ index: Int) throws(DataFileError) -> OnnxValue {
    guard let value = optional(index) else { throw wrong("input \(index) is missing") }
    return value
  }

  /// An input that may be left out.
  func optional(_ index: Int) -> OnnxValue? { inputs.indices ~= index ? inputs[index] : nil }

  /// All inputs.
  func all() throws(DataFileError) -> [OnnxValue] {
    var values: [OnnxValue] = []
    for index in inputs.indices { values.append(try input(index)) }
    guard !values.isEmpty else { throw wrong("it has no inputs") }
    return values
  }

  /// An input as a tensor with its axes in any order.
  func traced(_ index: Int) throws(DataFileError) -> Traced { traced(try input(index)) }

  /// A value as a tensor with its axes in any order.
  func traced(_ value: OnnxValue) -> Traced {
    switch value {
    case .known(let array):
      Traced(
        anchor.constant(array.numbers, Shape(array.sizes)), array.isInteger ? .integer : .number)
    case .traced(let traced): traced
    }
  }

  /// An input as a tensor with the graph's axes.
  func tensor(_ index: Int) throws(DataFileError) -> Tensor { try traced(index).plain }

  /// The same of one that may be left out.
  func optionalTensor(_ index: Int) -> Tensor? { optional(index).map { traced($0).plain } }

  /// A list of whole numbers that is known beforehand: sizes, axes, places.
  func list(_ index: Int) throws(DataFileError) -> [Int] {
    let value = try input(index)
    guard let integers = value.known?.integers, value.sizes.count <= 1 else {
      throw wrong(
        "input \(index) depends on values, and must be known from shapes alone",
        remedy: "make sizes and places of numbers and shapes")
    }
    return integers
  }

  /// The same of one that may be left out.
  func optionalList(_ index: Int) throws(DataFileError) -> [Int]? {
    optional(index) == nil ? nil : try list(index)
  }

  /// One number that is known beforehand, if the input is there.
  func optionalNumber(_ index: Int) throws(DataFileError) -> Double? {
    guard let value = optional(index) else { return nil }
    guard let number = value.known?.single else {
      throw wrong("input \(index) must be one number that is written in the graph")
    }
    return number
  }

  // MARK: Attributes

  func integer(_ name: String, _ standard: Int) throws(DataFileError) -> Int {
    switch node.attributes[name] {
    case nil: return standard
    case .integer(let value): return value
    default: throw wrong("attribute \(name) is no whole number")
    }
  }

  func flag(_ name: String, _ standard: Bool = false) throws(DataFileError) -> Bool {
    try integer(name, standard ? 1 : 0) != 0
  }

  func number(_ name: String, _ standard: Double) throws(DataFileError) -> Double {
    switch node.attributes[name] {
    case nil: return standard
    case .number(let value): return value
    default: throw wrong("attribute \(name) is no number")
    }
  }

  func text(_ name: String, _ standard: String) throws(DataFileError) -> String {
    switch node.attributes[name] {
    case nil: return standard
    case .text(let value): return value
    default: throw wrong("attribute \(name) is no text")
    }
  }

  func optionalIntegers(_ name: String) throws(DataFileError) -> [Int]? {
    switch node.attributes[name] {
    case nil: return nil
    case .integers(let values): return values
    default: throw wrong("attribute \(name) is no list of whole numbers")
    }
  }

  // MARK: Sizes and axes

  /// An axis counted from the beginning.
  func axis(_ axis: Int, rank: Int) throws(DataFileError) -> Int {
    let own = axis < 0 ? axis &+ rank : axis
    guard 0..<rank ~= own else { throw wrong("axis \(axis) is none of \(rank)") }
    return own
  }

  /// Axes counted from the beginning, each once, in order.
  func axes(_ axes: [Int], rank: Int) throws(DataFileError) -> [Int] {
    guard rank <= 64 else { throw wrong("it asks for \(rank) axes") }
    var own: Set<Int> = []
    for number in axes { own.insert(try axis(number, rank: rank)) }
    guard own.count == axes.count else { throw wrong("an axis comes twice in \(axes)") }
    return own.sorted()
  }

  /// Sizes that are possible.
  func checked(_ sizes: [Int]) throws(DataFileError) -> [Int] {
    guard sizes.count <= 64, Strides.count(sizes, atMost: 1 << 40) != nil else {
      throw wrong("sizes \(sizes) are impossible", remedy: "make them smaller")
    }
    return sizes
  }

  /// Sizes of an array that is made while the graph is translated.
  func checkedForKnown(_ sizes: [Int]) throws(DataFileError) -> [Int] {
    guard sizes.count <= 64, Strides.count(sizes) != nil else {
      throw wrong("constants of sizes \(sizes) are too large", remedy: "make them smaller")
    }
    return sizes
  }
}
