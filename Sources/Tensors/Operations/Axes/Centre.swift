/// x minus its mean over all axes but the last: a symmetric projection, its own derivative.
package struct Centre: LinearOperation {
  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.centre(operands[0])
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int { graph.centre(d) }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let (channels, x) = (shape[shape.rank - 1], operands[0].numbers)
    let rows = channels == 0 ? 0 : x.count / channels
    var sums = [Double](repeating: 0, count: channels)
    for (index, value) in x.enumerated() { sums[index % channels] += value }
    return x.enumerated().map { $1 - sums[$0 % channels] / Double(rows) }
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    let operand = lowering.source.operand(node)
    let (target, shape) = (lowering.target, lowering.source.shape(node))
    let x = lowering.image(of: operand)
    let mean =
      lowering.meanOfPatches(operand) ?? lowering.meanOfMoments(operand)
      ?? target.mean(ofChannels: x)
    return target.subtract(x, target.spread(mean, shape.leadingAxes, to: shape))
  }
}

extension Graph {
  func centre(_ x: Int) -> Int {
    let leading = shape(x).leadingAxes
    switch operation(x) {
    case let scaled as Scale: return scale(centre(operand(x)), scaled.factor)
    case is Centre: return centreAtHand(x) ?? x
    case let repeated as Spread where repeated.axes == leading: return centreAtHand(x) ?? x
    case let binary as Binary where binary.function == .add:
      if let sum = centre(ofParts: x, add) { return sum }
    case let binary as Binary where binary.function == .subtract:
      if let difference = centre(ofParts: x, subtract) { return difference }
    case let binary as Binary where binary.function == .multiply:
      for (factor, other) in [(operand(x), operand(x, 1)), (operand(x, 1), operand(x))]
      where isSpread(factor, leading) {
        return multiply(centre(other), factor)
      }
    default: break
    }
    return append(Centre(), [x], shape(x))
  }

  /// What is centred already, or zero once it is.
  private func centreAtHand(_ x: Int) -> Int? {
    switch operation(x) {
    case is Centre: return x
    case let scaled as Scale: return centreAtHand(operand(x)).map { scale($0, scaled.factor) }
    case let repeated as Spread where repeated.axes == shape(x).leadingAxes:
      return fill(0, shape(x))
    case let binary as Binary where binary.function == .multiply:
      for (factor, other) in [(operand(x), operand(x, 1)), (operand(x, 1), operand(x))]
      where isSpread(factor, shape(x).leadingAxes) && centreAtHand(other) == other {
        return x
      }
      return nil
    default: return isZero(x) ? x : nil
    }
  }

  /// A sum is centred as one, unless a part of it takes nothing.
  private func centre(ofParts x: Int, _ combine: (Int, Int) -> Int) -> Int? {
    let (a, b) = (operand(x), operand(x, 1))
    if let centred = centreAtHand(a) { return combine(centred, centre(b)) }
    if let centred = centreAtHand(b) { return combine(centre(a), centred) }
    return nil
  }
}
