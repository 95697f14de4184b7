/// The cross-entropy of each example, shape `[n]`: -log softmax(logits)[label], natural logarithm.
///
/// - Parameters:
///   - logits: `[n, classes]`.
///   - labels: `[n]`, whole numbers 0 ..< classes, given as data.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The losses, `[n]`.
public func crossEntropies(
  _ logits: Tensor, _ labels: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  guard logits.shape.rank == 2, labels.shape == [logits.shape[0]] else {
    return logits.failed(
      "crossEntropies: logits \(logits.shape) and labels \(labels.shape) at "
        + "\(SourceLine(file, line)); it takes [n, classes] and [n]", labels.shape)
  }
  let chosen = labels.oneHot(classes: logits.shape[1], file: file, line: line)
  return logits.logSumExp() - (logits * chosen).sum(axes: 1..<2)
}

/// The mean over examples of the cross-entropy, a scalar; see ``crossEntropies(_:_:file:line:)``.
public func crossEntropy(
  _ logits: Tensor, _ labels: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  crossEntropies(logits, labels, file: file, line: line).mean()
}

/// The mean over elements of (prediction - target)^2, a scalar. Shapes must be equal.
public func squaredError(
  _ prediction: Tensor, _ target: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  guard prediction.shape == target.shape else {
    return prediction.failed(
      "squaredError: shapes \(prediction.shape) and \(target.shape) differ at "
        + "\(SourceLine(file, line))", .scalar)
  }
  return (prediction - target).squared.mean()
}

/// ||a - b||^2, a scalar. Shapes must be equal.
public func squaredDistance(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  guard a.shape == b.shape else {
    return a.failed(
      "squaredDistance: shapes \(a.shape) and \(b.shape) differ at \(SourceLine(file, line))",
      .scalar)
  }
  return (a - b).squared.sum()
}

/// ||a||^2, a scalar.
public func squaredNorm(_ a: Tensor) -> Tensor { a.squared.sum() }
