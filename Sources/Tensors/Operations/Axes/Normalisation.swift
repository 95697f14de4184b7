/// Normalisations, without gain and shift.
extension Tensor {
  /// (x - mean) / sqrt(variance + epsilon), with mean and biased variance along some axes: over the last ones layer norm,
  /// over all but the last batch norm by the batch's own statistics.
  ///
  /// - Parameters:
  ///   - axes: Which axes; -1 is the last.
  ///   - epsilon: Keeps from dividing by 0.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The normalised tensor.
  public func normalised(
    axes: [Int], epsilon: Double = 1e-5, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("normalised", SourceLine(file, line)) {
      let all = self.axes(axes)
      let deviations =
        all == Array(shape.leadingAxes) ? centred : self - mean(axes: axes, keepingAxes: true)
      let variance = deviations.squared.mean(axes: axes, keepingAxes: true)
      return deviations * rsqrt(variance + epsilon)
    }
  }

  /// Normalised over each example's groups of successive channels and all pixels: `[n, ..., channels]`.
  ///
  /// - Parameters:
  ///   - groups: How many groups the channels are divided into; as many as channels is instance norm.
  ///   - epsilon: Keeps from dividing by 0.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The normalised tensor.
  public func groupNormalised(
    groups: Int, epsilon: Double = 1e-5, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("groupNormalised", SourceLine(file, line)) {
      guard shape.rank >= 2, groups > 0, shape[shape.rank - 1] % groups == 0 else {
        return failed(
          "groupNormalised: \(groups) groups of shape \(shape)",
          "it takes [n, ..., channels], and whole groups of channels", shape)
      }
      let channels = shape[shape.rank - 1]
      let pixels = Shape(Array(shape.sizes.dropFirst().dropLast())).count
      let parts = reshaped([shape[0], pixels, groups, channels / groups])
      return parts.normalised(axes: [1, 3], epsilon: epsilon).reshaped(shape)
    }
  }

  /// x / max(its norm along an axis, epsilon).
  public func unitNormalised(
    axis: Int, epsilon: Double = 1e-12, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("unitNormalised", SourceLine(file, line)) {
      let norm = norm(axes: [axis], keepingAxes: true)
      return self / maximum(norm, norm.filled(epsilon, norm.shape))
    }
  }
}

/// softmax(q k' / sqrt(width)) v over the last two axes; where a mask is 0, the weight is 0 (A. Vaswani et al.,
/// Attention is all you need, 2017).
///
/// - Parameters:
///   - queries: `[..., n, width]`.
///   - keys: `[..., m, width]`.
///   - values: `[..., m, out]`.
///   - mask: 1 or 0, of a shape that repeats to `[..., n, m]`; no row is 0 throughout.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: `[..., n, out]`.
public func attention(
  _ queries: Tensor, _ keys: Tensor, _ values: Tensor, mask: Tensor? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let others = [keys, values] + (mask.map { [$0] } ?? [])
  return queries.calling("attention", SourceLine(file, line), with: others) {
    guard queries.shape.rank >= 2, keys.shape.rank >= 2 else {
      return queries.failed(
        "attention: shapes \(queries.shape) and \(keys.shape)",
        "it takes [..., n, width] and [..., m, width]", queries.shape)
    }
    let width = Double(queries.shape[queries.shape.rank - 1])
    var scores = matmul(queries, keys.transposed(-1, -2)) / width.squareRoot()
    if let mask {
      scores = scores.where(mask, else: scores.filled(-.infinity, scores.shape))
    }
    return matmul(scores.softmax(axis: -1), values)
  }
}
