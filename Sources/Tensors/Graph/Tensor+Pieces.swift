extension Tensor {
  /// The ranges of a flat vector outside which all elements are zero whatever the inputs: the places of the pieces that it
  /// is assembled from; all of it where it is not.
  package var presentElements: [Range<Int>] {
    guard let assembled = graph.operation(node) as? Assemble else { return [0..<shape.count] }
    return assembled.offsets.enumerated().map { index, offset in
      offset..<offset + graph.shape(graph.operand(node, index)).count
    }
  }
}
