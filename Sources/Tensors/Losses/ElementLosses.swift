// Losses of each element or example; their mean is `.mean()`.

/// -(t log sigmoid(x) + (1 - t) log(1 - sigmoid(x))) of every element, without overflow.
///
/// - Parameters:
///   - logits: x, of any shape.
///   - targets: t, from 0 to 1, of a shape that repeats to that.
///   - positiveWeights: Factors of the first term.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The losses, of the logits' shape.
public func binaryCrossEntropies(
  _ logits: Tensor, _ targets: Tensor, positiveWeights: Tensor? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let others = [targets] + (positiveWeights.map { [$0] } ?? [])
  return logits.calling("binaryCrossEntropies", SourceLine(file, line), with: others) {
    let positive = targets * softplus(-logits)
    return (positiveWeights.map { $0 * positive } ?? positive) + (1 - targets) * softplus(logits)
  }
}

/// |prediction - target| of every element.
public func absoluteErrors(
  _ prediction: Tensor, _ target: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  prediction.calling("absoluteErrors", SourceLine(file, line), with: [target]) {
    abs(prediction - target)
  }
}

/// Half the square of every element's error up to a bound, beyond which it goes on straight (P. Huber, 1964).
public func huberLosses(
  _ prediction: Tensor, _ target: Tensor, delta: Double = 1, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  prediction.calling("huberLosses", SourceLine(file, line), with: [target]) {
    let error = prediction - target
    let size = abs(error)
    return (0.5 * error.squared).where(size .<= delta, else: delta * (size - delta / 2))
  }
}

/// max(0, 1 - t x)^power of every element, with targets of -1 and 1.
public func hingeLosses(
  _ scores: Tensor, _ targets: Tensor, power: Double = 1, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  scores.calling("hingeLosses", SourceLine(file, line), with: [targets]) {
    pow(relu(1 - targets * scores), power)
  }
}

/// For each example the mean over classes of max(0, margin - x[label] + x[class])^power, its own class left out.
///
/// - Parameters:
///   - scores: `[n, classes]`.
///   - labels: `[n]`, whole numbers 0 ..< classes, given as data.
///   - margin: The margin.
///   - power: 1 or 2.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The losses, `[n]`.
public func marginLosses(
  _ scores: Tensor, _ labels: Tensor, margin: Double = 1, power: Double = 1,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  scores.calling("marginLosses", SourceLine(file, line), with: [labels], standIn: labels.shape) {
    guard scores.shape.rank == 2, labels.shape == [scores.shape[0]] else {
      return scores.failed(
        "marginLosses: scores \(scores.shape) and labels \(labels.shape)",
        "it takes [n, classes] and [n]", labels.shape)
    }
    let own = labels.oneHot(classes: scores.shape[1])
    let chosen = (scores * own).sum(axes: [1], keepingAxes: true)
    let losses = pow(relu(margin - chosen + scores), power)
    return (losses * (1 - own)).sum(axes: [1]) / Double(scores.shape[1])
  }
}

/// p (log p - log q) of every element, 0 where p is 0: the Kullback-Leibler divergence is their sum.
///
/// - Parameters:
///   - logarithms: log q.
///   - targets: p, of the same shape.
///   - areLogarithms: Whether the targets are log p.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The terms.
public func divergences(
  _ logarithms: Tensor, _ targets: Tensor, areLogarithms: Bool = false,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  logarithms.calling("divergences", SourceLine(file, line), with: [targets]) {
    areLogarithms
      ? exp(targets) * (targets - logarithms) : xlogy(targets, targets) - targets * logarithms
  }
}

/// rate - count log(rate) of every element: what a Poisson distribution's negative logarithm has in the rate.
///
/// - Parameters:
///   - rates: Rates, or their logarithms.
///   - counts: Counts, of the same shape.
///   - areLogarithms: Whether the rates are logarithms; else 1e-8 is added to them in theirs.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The losses.
public func poissonLosses(
  _ rates: Tensor, _ counts: Tensor, areLogarithms: Bool = true, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  rates.calling("poissonLosses", SourceLine(file, line), with: [counts]) {
    areLogarithms ? exp(rates) - counts * rates : rates - counts * log(rates + 1e-8)
  }
}

/// (log v + (x - t)^2 / v) / 2 of every element: a normal distribution's negative logarithm, but for a number.
public func gaussianLosses(
  _ means: Tensor, _ targets: Tensor, variances: Tensor, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  means.calling("gaussianLosses", SourceLine(file, line), with: [targets, variances]) {
    0.5 * (log(variances) + (means - targets).squared / variances)
  }
}

/// The cosine of the angle between two tensors along an axis, their norms no less than epsilon.
public func cosineSimilarity(
  _ a: Tensor, _ b: Tensor, axis: Int, epsilon: Double = 1e-8, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  a.calling("cosineSimilarity", SourceLine(file, line), with: [b]) {
    let (x, y) = Tensor.aligned(a, b, "cosineSimilarity")
    let norms = [x, y].map { tensor in
      let norm = tensor.norm(axes: [axis])
      return maximum(norm, norm.filled(epsilon, norm.shape))
    }
    return (x * y).sum(axes: [axis]) / (norms[0] * norms[1])
  }
}
