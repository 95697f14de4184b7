/// The operand as it is, and a constant to every derivative.
package struct StopGradient: ConstantOperation, View {
  package var start: Int { 0 }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] { operands[0].numbers }
}

extension Tensor {
  /// Whether it is made of something that changes with another tensor, but that a stop keeps from its derivative by that.
  package func stopsGradient(of other: Tensor) -> Bool {
    let changes = graph.depending(on: [other.node])
    var isUsed = [Bool](repeating: false, count: node + 1)
    isUsed[node] = true
    for index in (0...node).reversed() where isUsed[index] {
      let part = graph.nodes[index]
      if part.operation is StopGradient, changes[index] { return true }
      for operand in part.operands { isUsed[operand] = true }
    }
    return false
  }
}
