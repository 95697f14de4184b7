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

/// The mean over examples of the cross-entropy; see ``crossEntropies(_:_:file:line:)``.
///
/// - Parameters:
///   - logits: `[n, classes]`.
///   - labels: `[n]`, whole numbers 0 ..< classes, given as data.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The mean loss, a scalar.
public func crossEntropy(
  _ logits: Tensor, _ labels: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  crossEntropies(logits, labels, file: file, line: line).mean(file: file, line: line)
}

/// The mean over all elements of (prediction - target)^2: over examples and outputs alike, without a factor 1/2.
///
/// - Parameters:
///   - prediction: A tensor of any shape.
///   - target: A tensor of the same shape; nothing repeats.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The mean, a scalar.
public func squaredError(
  _ prediction: Tensor, _ target: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  guard prediction.shape == target.shape else {
    return prediction.failed(
      "squaredError: shapes \(prediction.shape) and \(target.shape) differ at "
        + "\(SourceLine(file, line))", .scalar)
  }
  return (prediction - target).squared.mean(file: file, line: line)
}

/// ||a - b||^2, summed over all elements, without a factor 1/2.
///
/// - Parameters:
///   - a: A tensor of any shape.
///   - b: A tensor of the same shape; nothing repeats.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The sum of squares, a scalar.
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

/// ||a||^2, summed over all elements, a scalar.
public func squaredNorm(_ a: Tensor) -> Tensor { a.squared.sum() }
