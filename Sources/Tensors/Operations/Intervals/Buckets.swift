import CKernels

/// The number of edges, in ascending order, that are not above each element: its second operand's. Of what is not a number,
/// all of them.
package struct Buckets: ConstantOperation {
  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    operands[0].numbers.map { x in
      Double(operands[1].numbers.firstIndex { x < $0 } ?? operands[1].numbers.count)
    }
  }
}

extension Buckets: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(
      \.buckets,
      ck_buckets(
        count: Int64(emission.shape(node).count),
        edge_count: Int64(emission.shape(node, operand: 1).count),
        source: emission.place(node, operand: 0), edges: emission.place(node, operand: 1),
        target: emission.place(node)))
  }
}

extension ck_buckets: Descriptor {}

extension Tensor {
  /// The interval that each element lies in: how many of some edges are not above it, from 0 to all of them. It has no
  /// derivative.
  ///
  /// - Parameters:
  ///   - edges: Numbers in ascending order.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: Whole numbers, in this tensor's shape.
  public func buckets(
    _ edges: [Double], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("buckets", SourceLine(file, line)) {
      guard !edges.isEmpty, zip(edges, edges.dropFirst()).allSatisfy({ $0 <= $1 }) else {
        return failed(
          "buckets: \(edges.count) edges, which do not ascend",
          "it takes one or more, in ascending order", shape, code: .range)
      }
      let written = graph.append(Literal(values: edges), [], [edges.count])
      return with(graph.append(Buckets(), [node, written], shape))
    }
  }
}
