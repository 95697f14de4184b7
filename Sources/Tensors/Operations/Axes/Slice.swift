import CKernels

/// A piece of the elements, where it is: its adjoint is a vector of all of them.
package struct Slice: LinearOperation, View {
  package var isChoice: Bool { true }
  package let start: Int

  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.slice(operands[0], offset: start, graph.shape(node))
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int {
    graph.assemble([(start, d)], count: graph.shape(graph.operand(node)).count)
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    Array(operands[0].numbers[start..<start + shape.count])
  }
}

/// A vector put together from pieces, 0 elsewhere.
package struct Assemble: TracedOperation {
  package let offsets: [Int]

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    graph.slice(d, offset: offsets[index], graph.shape(graph.operand(node, index)))
  }

  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? {
    let pieces = zip(offsets, tangents).compactMap { offset, piece in piece.map { (offset, $0) } }
    return graph.assemble(pieces, count: graph.shape(node).count)
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    var result = [Double](repeating: 0, count: shape.count)
    for (offset, piece) in zip(offsets, operands) {
      result.replaceSubrange(offset..<offset + piece.shape.count, with: piece.numbers)
    }
    return result
  }
}

/// Pieces are made in place where they can be; the others are copied.
extension Assemble: Kernel {
  var pieces: [Int]? { offsets }

  func emit(_ node: Int, into emission: inout Emission) {
    for (index, start) in offsets.enumerated() {
      emission.copy(
        from: emission.place(node, operand: index), to: emission.place(node) + Int64(start),
        emission.shape(node, operand: index).count)
    }
  }
}

extension Graph {
  func slice(_ vector: Int, offset: Int, _ piece: Shape) -> Int {
    if let value = constantValue(vector) { return fill(value, piece) }
    switch operation(vector) {
    case let assembled as Assemble:
      for (index, start) in assembled.offsets.enumerated()
      where start == offset && shape(operand(vector, index)).count == piece.count {
        return reshape(operand(vector, index), piece)
      }
    case is Reshape:
      return slice(operand(vector), offset: offset, piece)
    default: break
    }
    return append(Slice(start: offset), [vector], piece)
  }

  /// A vector of `count` elements with pieces at offsets, zero elsewhere.
  func assemble(_ pieces: [(offset: Int, node: Int)], count: Int) -> Int {
    let present = pieces.filter { !isZero($0.node) }.sorted { $0.offset < $1.offset }
    if present.isEmpty { return fill(0, [count]) }
    return append(Assemble(offsets: present.map(\.offset)), present.map(\.node), [count])
  }
}
