/// What an ONNX file holds, checked: inputs, constants, and operations in an order in which each comes after what it takes.
package struct OnnxGraph: Sendable {
  /// What numbers an input has.
  package enum Kind: Sendable, Equatable {
    /// Floating point.
    case number
    /// Whole numbers: classes, rows.
    case integer
    /// Truth values.
    case truth
  }

  /// Something that is given from outside.
  package struct Input: Sendable {
    package let name: String
    package let kind: Kind
    /// The sizes of its axes, nil where any will do; nil where nothing is said of them.
    package let sizes: [Int?]?

    package init(name: String, kind: Kind, sizes: [Int?]?) {
      (self.name, self.kind, self.sizes) = (name, kind, sizes)
    }
  }

  /// One operation.
  package struct Node: Sendable {
    package let operation: String
    /// Empty for those of ONNX itself.
    package let domain: String
    package let name: String
    /// The line that it comes from, where the exporter kept it.
    package let source: String?
    /// Empty where an optional one is left out.
    package let inputs: [String]
    package let outputs: [String]
    package let attributes: [String: Attribute]

    package init(
      operation: String, domain: String, name: String, source: String?, inputs: [String],
      outputs: [String], attributes: [String: Attribute]
    ) {
      (self.operation, self.domain, self.name, self.source) = (operation, domain, name, source)
      (self.inputs, self.outputs, self.attributes) = (inputs, outputs, attributes)
    }
  }

  /// What an operation has beside its inputs.
  package enum Attribute: Sendable {
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
  package let path: String
  /// The version of ONNX's own operations.
  package let version: Int
  package let inputs: [Input]
  package let constants: [String: OnnxArray]
  package var nodes: [Node]
  package let outputs: [String]

  package init(
    path: String, version: Int, inputs: [Input], constants: [String: OnnxArray], nodes: [Node],
    outputs: [String]
  ) {
    (self.path, self.version, self.inputs) = (path, version, inputs)
    (self.constants, self.nodes, self.outputs) = (constants, nodes, outputs)
  }

  /// Notes batch norms by the batch's own statistics.
  mutating func noteBatchStatistics() {
    let statistics = BatchStatistics(self)
    nodes = nodes.map(statistics.recognised)
  }
}
