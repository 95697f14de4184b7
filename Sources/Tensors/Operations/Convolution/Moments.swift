import CKernels

/// Sums over all axes but the last, and then sums of squared deviations from the mean, `[2 channels]`: what batch norm
/// wants of a convolution, in one reading.
struct Moments: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    let s = emission.shape(node, operand: 0)
    let channels = s[s.rank - 1]
    emission.call(
      \.moments,
      ck_column_moments(
        rows: Int64(s.count / channels), columns: Int64(channels),
        x: emission.place(node, operand: 0), result: emission.place(node)))
  }
}

extension Lowering {
  private enum Moment: Int { case sum, squares }

  /// A sum over some axes of a convolution, or of its squared deviations from its means, where both are wanted.
  func moment(_ node: Int, _ axes: Range<Int>) -> Int? {
    if let x = convolutionOfVariance(node) { return moment(x, .squares) }
    let x = source.operand(node)
    return axes == source.shape(x).leadingAxes && hasMoments(x) ? moment(x, .sum) : nil
  }

  /// The means over all axes but the last of such a convolution.
  func meanOfMoments(_ x: Int) -> Int? {
    guard hasMoments(x) else { return nil }
    let shape = source.shape(x)
    return target.scale(moment(x, .sum), 1 / Double(shape.count / shape[shape.rank - 1]))
  }

  /// Whether the variance of a convolution's values is wanted.
  private func hasMoments(_ x: Int) -> Bool {
    source.operation(x) is Convolution
      && readers(of: x).contains { centred in
        source.operation(centred) is Centre
          && readers(of: centred).contains { square in
            source.isUnary(square, .square)
              && readers(of: square).contains { convolutionOfVariance($0) == x }
          }
      }
  }

  /// The convolution x where a node is the sum of (x - mean)^2 over all axes but the last.
  private func convolutionOfVariance(_ node: Int) -> Int? {
    guard optimisations.contains(.moments), let sum = source.operation(node) as? Sum else {
      return nil
    }
    let square = source.operand(node)
    guard sum.axes == source.shape(square).leadingAxes, source.isUnary(square, .square),
      source.operation(source.operand(square)) is Centre
    else { return nil }
    let x = source.operand(source.operand(square))
    guard source.operation(x) is Convolution, patchImages(x) == nil else { return nil }
    return x
  }

  private func moment(_ convolution: Int, _ moment: Moment) -> Int {
    let shape = source.shape(convolution), channels = shape[shape.rank - 1]
    let both = target.append(Moments(), [image(of: convolution)], [2 * channels])
    return target.slice(both, offset: moment.rawValue * channels, [channels])
  }
}
