/// Where a number that is not finite was made first: found by computing a trace again, node by node.
package struct NonFiniteOrigin: Sendable {
  /// What made it.
  package enum Source: Sendable, Equatable {
    /// An input, by its number, at one of its elements: it was given so.
    case input(Int, element: Int)
    /// An operation of the objective, or its derivative.
    case operation
  }

  /// What made it.
  package let source: Source
  /// The value: an infinity or not a number.
  package let value: Double
  /// What happened, and at which lines: "the derivative of sqrt at Main.swift:12 makes inf of 1.0 and 0.0". Of an input
  /// that was given so, only what became of it, if anything; else empty.
  package let account: String

  /// What a node's values and operands are like where they are not finite.
  fileprivate struct Finding {
    let element: Int
    let value: Double
    /// The operands at that element, where the operation is one of elements.
    let operands: [Double]
  }

  /// Looks for the origin of what is not finite in some values of a trace.
  ///
  /// - Parameters:
  ///   - roots: The values.
  ///   - graph: Their trace.
  ///   - precision: The precision that they were computed in.
  ///   - inputs: The values of an input, by its number.
  /// - Returns: The origin; `nil` where the trace, computed so, is finite.
  /// - Throws: ``TensorError`` of code `memory`.
  package static func find(
    _ roots: [Tensor], _ graph: Graph, _ precision: Precision, inputs: (Int) -> [Double]
  ) throws(TensorError) -> NonFiniteOrigin? {
    var findings: [Int: Finding] = [:]
    _ = try Evaluator(graph, roots, precision, inputs: inputs) { node, values, operands in
      findings[node] = graph.finding(node, values, operands)
    }
    guard let root = roots.map(\.node).first(where: { findings[$0] != nil }) else { return nil }
    return NonFiniteOrigin(graph, from: root, findings)
  }

  private init?(_ graph: Graph, from root: Int, _ findings: [Int: Finding]) {
    // What is not a number came from the like, and that from where an infinity was given or made.
    let made = graph.first(root) { findings[$0]?.value.isNaN == true }
    let first = graph.first(made) { findings[$0] != nil }
    guard let finding = findings[first] else { return nil }
    value = finding.value
    var accounts: [String] = []
    if let input = graph.operation(first) as? Input {
      source = .input(input.index, element: finding.element)
    } else {
      source = .operation
      accounts.append(graph.account(of: first, finding.value, finding.operands))
    }
    if made != first, let later = findings[made] {
      accounts.append(graph.account(of: made, later.value, later.operands))
    }
    account = accounts.joined(separator: ", then ")
  }
}

extension Graph {
  fileprivate func finding(
    _ node: Int, _ values: Values, _ operands: [Values]
  ) -> NonFiniteOrigin.Finding? {
    let numbers = values.numbers
    guard
      let element = numbers.firstIndex(where: \.isNaN) ?? numbers.firstIndex(where: \.isInfinite)
    else { return nil }
    let isOfElements = operation(node).isOfElements
    return .init(
      element: element, value: numbers[element].isNaN ? .nan : numbers[element],
      operands: isOfElements ? operands.map { $0[element] } : [])
  }

  /// The first node on the way to one, itself included, that has a property which its operands do not have.
  fileprivate func first(_ node: Int, where hasProperty: (Int) -> Bool) -> Int {
    var node = node
    while let operand = nodes[node].operands.first(where: hasProperty) { node = operand }
    return node
  }

  fileprivate func account(of node: Int, _ value: Double, _ operands: [Double]) -> String {
    let given = operands.map { "\($0)" }.joined(separator: " and ")
    return account(of: nodes[node].origin) + " makes \(value)"
      + (given.isEmpty ? "" : " of \(given)")
  }
}
