/// What a node of a graph computes from its operands. Each operation has a folder or a file of its own; what it can do is
/// said by the protocols that it conforms to: be traced, be run as a kernel, be a step of a loop.
package protocol Operation: Hashable, Sendable {
  /// The number that is written in the formula, where there is one.
  var number: Double? { get }
  /// Whether it goes element by element.
  var isOfElements: Bool { get }
  /// Whether each of its numbers is one of its first operand's.
  var isChoice: Bool { get }
}

extension Operation {
  package var number: Double? { nil }
  package var isOfElements: Bool { false }
  package var isChoice: Bool { false }

  /// Whether this is an operation, of whatever type.
  func equals(_ other: any Operation) -> Bool { (other as? Self) == self }

  /// Whether two are the same, numbers bit for bit: also what is not a number is the same as itself.
  func isSame(as other: any Operation) -> Bool {
    guard other is Self else { return false }
    if let number, let second = other.number { return number.bitPattern == second.bitPattern }
    return equals(other)
  }
}

/// An operation that formulas are made of. Its tangents and cotangents are expressed in traced operations, so that
/// derivatives of any order are graphs again.
package protocol TracedOperation: Operation {
  /// What operand `index` of a node receives when the node receives `d`; `nil` is nothing.
  func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int?

  /// The tangent of a node whose operands have some tangents, not all `nil`; `nil` is zero.
  func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int?

  /// Its values by their definition, with plain loops.
  func values(_ operands: [Values], _ shape: Shape) -> [Double]

  /// The node of kernels' and loops' operations that computes a node.
  func lowered(_ node: Int, in lowering: Lowering) -> Int

  /// Whether it adds up products or elements, and so gives 0 where an operand has no elements.
  var isSum: Bool { get }
}

extension TracedOperation {
  package func lowered(_ node: Int, in lowering: Lowering) -> Int { lowering.asItIs(node) }
  package var isSum: Bool { false }
}

/// Numbers in a shape, while formulas are evaluated.
package struct Values {
  package let shape: Shape
  package let numbers: [Double]

  package init(_ shape: Shape, _ numbers: [Double]) {
    (self.shape, self.numbers) = (shape, numbers)
  }

  package subscript(index: Int) -> Double { numbers[index] }
}

/// An operation that is linear in its first operand; others, if any, are numbers of rows and places, without derivative.
package protocol LinearOperation: TracedOperation {
  /// The operation of a node on other operands of the same shapes, simplified.
  func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int
  /// Its adjoint, on what the node receives.
  func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int
}

extension LinearOperation {
  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    index == 0 ? adjoint(of: node, d, in: graph) : nil
  }

  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? {
    tangents[0].map {
      applied(to: [$0] + graph.nodes[node].operands.dropFirst(), like: node, in: graph)
    }
  }
}

/// An operation that is linear in each of its two operands.
package protocol BilinearOperation: TracedOperation {
  /// The operation of a node on other operands of the same shapes, simplified.
  func applied(to a: Int, _ b: Int, like node: Int, in graph: Graph) -> Int
}

extension BilinearOperation {
  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? {
    let (a, b) = (graph.operand(node), graph.operand(node, 1))
    return graph.sum(
      of: tangents[0].map { applied(to: $0, b, like: node, in: graph) },
      tangents[1].map { applied(to: a, $0, like: node, in: graph) })
  }

  package var isSum: Bool { true }
}

/// An operation whose values are chosen or counted, not calculated: it has no derivative.
package protocol ConstantOperation: TracedOperation {}

extension ConstantOperation {
  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? { nil }
  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? { nil }
}

/// An operation that shows its operand's elements where they are, from one on, in another shape.
package protocol View: Operation {
  /// The first element shown.
  var start: Int { get }
}
