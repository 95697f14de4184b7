/// x log(y) of every element, and 0 where x is 0, whatever y is: of x = y it is what entropies are made of. Written as
/// `x * log(y)` it is the same.
///
/// - Parameters:
///   - x: A tensor of any shape.
///   - y: A tensor of a shape that repeats to that of x, or the other way round.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The products. Where x and y are 0 and probabilities of one softmax, derivatives are 0, their limit; else
///   the derivative in x at y = 0 is infinite.
public func xlogy(
  _ x: Tensor, _ y: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  x.calling("xlogy", SourceLine(file, line), with: [y]) { x * log(y) }
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
  prediction.calling("squaredError", SourceLine(file, line), with: [target], standIn: .scalar) {
    guard prediction.shape == target.shape else {
      return prediction.failed(
        "squaredError: shapes \(prediction.shape) and \(target.shape) differ",
        "it takes two tensors of one shape", .scalar)
    }
    return (prediction - target).squared.mean()
  }
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
  a.calling("squaredDistance", SourceLine(file, line), with: [b], standIn: .scalar) {
    guard a.shape == b.shape else {
      return a.failed(
        "squaredDistance: shapes \(a.shape) and \(b.shape) differ",
        "it takes two tensors of one shape", .scalar)
    }
    return (a - b).squared.sum()
  }
}

/// ||a||^2, summed over all elements, a scalar.
public func squaredNorm(
  _ a: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.calling("squaredNorm", SourceLine(file, line)) { a.squared.sum() }
}
