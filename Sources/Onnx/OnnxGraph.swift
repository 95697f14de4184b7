/// What an ONNX file holds, checked: inputs, constants, and operations in an order in which each comes after what it takes.
struct OnnxGraph: Sendable {
  /// What numbers an input has.
  enum Kind: Sendable, Equatable {
    /// Floating point.
    case number
    /// Whole numbers: classes, rows.
    case integer
    /// Truth values.
    case truth
  }

  /// Something that is given from outside.
  struct Input: Sendable {
    let name: String
    let kind: Kind
    /// The sizes of its axes, nil where any will do; nil where nothing is said of them.
    let sizes: [Int?]?
  }

  /// One operation.
  struct Node: Sendable {
    let operation: String
    /// Empty for those of ONNX itself.
    let domain: String
    let name: String
    /// The line that it comes from, where the exporter kept it.
    let source: String?
    /// Empty where an optional one is left out.
    let inputs: [String]
    let outputs: [String]
    let attributes: [String: Attribute]
  }

  /// What an operation has beside its inputs.
  enum Attribute: Sendable {
    case integer(Int)
    case number(Double)
    case text(String)
    case integers([Int])
    case numbers([Double])
    case texts([String])
    case array(OnnxArray)
    /// A graph of its own, which nothing here runs.
    case graph
  }

  /// The file.
  let path: String
  /// The version of ONNX's own operations.
  let version: Int
  let inputs: [Input]
  let constants: [String: OnnxArray]
  var nodes: [Node]
  let outputs: [String]

  /// Notes batch norms by the batch's own statistics.
  mutating func noteBatchStatistics() {
    let statistics = BatchStatistics(self)
    nodes = nodes.map(statistics.recognised)
  }
}
