/// The cross-entropy of each example: -log softmax(logits)[label], natural logarithm; of soft labels t it
/// is -sum(t log softmax(logits)).
///
/// A class whose logit is minus infinity is left out, as long as no label names it: it has probability 0, and
/// derivatives of 0.
///
/// - Parameters:
///   - logits: `[..., classes]`.
///   - labels: Whole numbers 0 ..< classes, `[...]`, given as data or rows of data; or soft labels `[..., classes]`, any
///     tensor, whose rows usually add up to 1.
///   - weights: Of each class, `[classes]`: factors of its terms.
///   - smoothing: e: labels count as (1 - e) labels + e / classes.
///   - ignored: A label that counts nothing, such as -100.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The losses, `[...]`.
public func crossEntropies(
  _ logits: Tensor, _ labels: Tensor, weights: Tensor? = nil, smoothing: Double = 0,
  ignoring ignored: Int? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let place = SourceLine(file, line)
  let others = [labels] + (weights.map { [$0] } ?? [])
  let standIn: Shape = [labels.shape.sizes.first ?? 1]
  return logits.calling("crossEntropies", place, with: others, standIn: standIn) {
    let shape = logits.shape
    let examples = Shape(Array(shape.sizes.dropLast()))
    let classes = shape.sizes.last ?? 0
    guard shape.rank >= 1, classes > 0 || shape.count == 0,
      labels.shape == examples || labels.shape == shape, weights?.shape ?? [classes] == [classes]
    else {
      return logits.failed(
        "crossEntropies: logits \(shape) and labels \(labels.shape)"
          + (weights.map { ", weights \($0.shape)" } ?? ""),
        "it takes [n, classes] and [n] or [n, classes], and weights [classes]", standIn)
    }
    let rows = logits.reshaped([examples.count, classes])
    let isSoft = labels.shape == shape
    let own = labels.reshaped(isSoft ? rows.shape : [examples.count])
    let losses =
      weights == nil && smoothing == 0 && ignored == nil
      ? plainEntropies(rows, own)
      : weightedEntropies(
        rows, isSoft ? own : own.oneHot(classes: classes, ignoring: ignored), isSoft: isSoft,
        weights,
        smoothing)
    return losses.reshaped(examples)
  }
}

private func plainEntropies(_ logits: Tensor, _ labels: Tensor) -> Tensor {
  let graph = logits.graph
  let logarithm = logits.logSumExp()
  if labels.shape.rank == 1 {
    let own = labels.oneHot(classes: logits.shape[1])
    let chosen = graph.mask(logits.node, by: own.node)
    return logarithm - logits.with(graph.sum(chosen, 1..<2))
  }
  let weighted = logits.with(graph.weigh(labels.node, logits.node))
  return labels.sum(axes: 1..<2) * logarithm - weighted.sum(axes: 1..<2)
}

/// What labels that count nothing have is 0, smoothed or not.
private func weightedEntropies(
  _ logits: Tensor, _ labels: Tensor, isSoft: Bool, _ weights: Tensor?, _ smoothing: Double
) -> Tensor {
  let (graph, classes) = (logits.graph, logits.shape[1])
  var targets = labels
  if smoothing != 0 {
    let share = smoothing / Double(classes)
    let smoothed = (1 - smoothing) * labels
    targets =
      isSoft ? smoothed + share : smoothed + share * labels.sum(axes: [1], keepingAxes: true)
  }
  if let weights { targets = targets * weights }
  let terms = graph.weigh(targets.node, logits.logSoftmax(axis: 1).node)
  return -logits.with(graph.sum(terms, 1..<2))
}

/// The mean over examples of the cross-entropy, divided by the sum of their labels' weights where there are any; see
/// ``crossEntropies(_:_:weights:smoothing:ignoring:file:line:)``.
///
/// - Parameters:
///   - logits: `[..., classes]`.
///   - labels: `[...]`, whole numbers 0 ..< classes, given as data; or soft labels `[..., classes]`.
///   - weights: Of each class, `[classes]`.
///   - smoothing: e: labels count as (1 - e) labels + e / classes.
///   - ignored: A label that counts nothing.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The mean loss, a scalar.
public func crossEntropy(
  _ logits: Tensor, _ labels: Tensor, weights: Tensor? = nil, smoothing: Double = 0,
  ignoring ignored: Int? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let others = [labels] + (weights.map { [$0] } ?? [])
  return logits.calling("crossEntropy", SourceLine(file, line), with: others, standIn: .scalar) {
    let losses = crossEntropies(
      logits, labels, weights: weights, smoothing: smoothing, ignoring: ignored)
    if labels.shape == logits.shape || weights == nil && ignored == nil { return losses.mean() }
    let own = labels.oneHot(classes: logits.shape.sizes.last ?? 1, ignoring: ignored)
    return losses.sum() / (weights.map { own * $0 } ?? own).sum()
  }
}

/// -x[label] of each example, times its label's weight: x are logarithms of probabilities.
///
/// - Parameters:
///   - logarithms: `[n, classes]`.
///   - labels: `[n]`, whole numbers 0 ..< classes, given as data.
///   - weights: Of each class, `[classes]`.
///   - ignored: A label that counts nothing.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The losses, `[n]`.
public func negativeLogLikelihoods(
  _ logarithms: Tensor, _ labels: Tensor, weights: Tensor? = nil, ignoring ignored: Int? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let others = [labels] + (weights.map { [$0] } ?? [])
  let place = SourceLine(file, line)
  return logarithms.calling("negativeLogLikelihoods", place, with: others, standIn: labels.shape) {
    guard logarithms.shape.rank == 2, labels.shape == [logarithms.shape[0]] else {
      return logarithms.failed(
        "negativeLogLikelihoods: shapes \(logarithms.shape) and \(labels.shape)",
        "it takes [n, classes] and [n]", labels.shape)
    }
    let own = labels.oneHot(classes: logarithms.shape[1], ignoring: ignored)
    let targets = weights.map { own * $0 } ?? own
    return -logarithms.with(logarithms.graph.weigh(targets.node, logarithms.node)).sum(axes: [1])
  }
}
