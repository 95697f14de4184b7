/// Products, rows and images, each simplified before a node is made.
extension Graph {
  func product(_ a: Int, _ b: Int, transposeA: Bool = false, transposeB: Bool = false) -> Int {
    let m = shape(a)[transposeA ? 1 : 0]
    let n = shape(b)[transposeB ? 0 : 1]
    return bilinear(.product(transposeA: transposeA, transposeB: transposeB), a, b, [m, n])
  }

  func softmax(_ x: Int) -> Int { append(.softmax, [x], shape(x)) }

  func logSumExp(_ x: Int) -> Int { append(.logSumExp, [x], [shape(x)[0]]) }

  func gatherRows(_ x: Int, _ index: Int) -> Int {
    let target = Shape([shape(index)[0]] + shape(x).sizes.dropFirst())
    if let value = constantValue(x) { return fill(value, target) }
    return append(.gatherRows, [x, index], target)
  }

  func scatterRows(_ x: Int, _ index: Int, rows: Int) -> Int {
    let target = Shape([rows] + shape(x).sizes.dropFirst())
    if isZero(x) { return fill(0, target) }
    return append(.scatterRows, [x, index], target)
  }

  func convolution(_ x: Int, _ w: Int, stride: Int) -> Int {
    let s = shape(x)
    let target: Shape = [
      s[0], (s[1] + stride - 1) / stride, (s[2] + stride - 1) / stride, shape(w)[3],
    ]
    return bilinear(.convolution(stride: stride), x, w, target)
  }

  func convolutionInput(_ dy: Int, _ w: Int, stride: Int, height: Int, width: Int) -> Int {
    let target: Shape = [shape(dy)[0], height, width, shape(w)[2]]
    return bilinear(.convolutionInput(stride: stride), dy, w, target)
  }

  func convolutionWeights(_ x: Int, _ dy: Int, stride: Int) -> Int {
    let target: Shape = [3, 3, shape(x)[3], shape(dy)[3]]
    return bilinear(.convolutionWeights(stride: stride), x, dy, target)
  }

  /// What is linear in both operands is zero where one of them is.
  private func bilinear(_ operation: Operation, _ a: Int, _ b: Int, _ target: Shape) -> Int {
    if isZero(a) || isZero(b) { return fill(0, target) }
    return append(operation, [a, b], target)
  }

  func poolIndex(_ x: Int) -> Int {
    let s = shape(x)
    return append(.poolIndex, [x], [s[0], s[1] / 2, s[2] / 2, s[3]])
  }

  /// Values chosen from affine functions are affine functions of chosen values: of fewer.
  func poolGather(_ x: Int, _ index: Int) -> Int {
    let gather = Gather(node: x, index: index)
    if let known = gathers[gather] { return known }
    let values = gathered(x, index) ?? append(.poolGather, [x, index], shape(index))
    gathers[gather] = values
    return values
  }

  private func gathered(_ x: Int, _ index: Int) -> Int? {
    let target = shape(index)
    let leading = 0..<target.rank - 1
    if let value = constantValue(x) { return fill(value, target) }
    switch operation(x) {
    case .spread(leading): return spread(operand(x), leading, to: target)
    case .scale(let factor): return scale(poolGather(operand(x), index), factor)
    case .offset(let amount): return offset(poolGather(operand(x), index), amount)
    case .centre:
      let mean = spread(mean(ofChannels: operand(x)), leading, to: target)
      return subtract(poolGather(operand(x), index), mean)
    case .binary(.add) where !isSumOfConvolutions(x): return gathered(x, index, add)
    case .binary(.subtract): return gathered(x, index, subtract)
    case .binary(.multiply): return gathered(x, index, multiply)
    default: return nil
    }
  }

  /// One is made onto the other, and the sum is all that there is.
  private func isSumOfConvolutions(_ x: Int) -> Bool {
    nodes[x].operands.allSatisfy { if case .convolution = operation($0) { true } else { false } }
  }

  private func gathered(_ x: Int, _ index: Int, _ function: (Int, Int) -> Int) -> Int {
    function(poolGather(operand(x), index), poolGather(operand(x, 1), index))
  }

  func poolScatter(_ dy: Int, _ index: Int, to target: Shape) -> Int {
    if isZero(dy) { return fill(0, target) }
    return append(.poolScatter, [dy, index], target)
  }
}
