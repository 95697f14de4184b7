/// Sums, means and changes of shape.
extension Tensor {
  /// The sum of all elements, a scalar; 0 for no elements.
  public func sum() -> Tensor { with(graph.sum(node, 0..<shape.rank)) }

  /// The mean of all elements, a scalar. No elements have none: the trace throws a ``TensorError``.
  ///
  /// - Parameters:
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The mean.
  public func mean(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    guard shape.count > 0 else { return withoutMean(0..<shape.rank, .scalar, file, line) }
    return sum() / Double(shape.count)
  }

  /// The mistake of taking the mean of no elements.
  private func withoutMean(
    _ axes: Range<Int>, _ target: Shape, _ file: StaticString, _ line: UInt
  ) -> Tensor {
    failed(
      "mean: shape \(shape) has no elements along axes \(axes) at \(SourceLine(file, line)), and "
        + "nothing has no mean; give at least one example", target)
  }

  /// The sum along neighbouring axes.
  ///
  /// - Parameters:
  ///   - axes: Which axes, a range in 0 ..< rank: `1..<3` for height and width of images.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The sums; the shape lacks these axes.
  public func sum(
    axes: Range<Int>, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    guard axes.lowerBound >= 0, axes.upperBound <= shape.rank else {
      return failed(
        "sum: axes \(axes) of shape \(shape) at \(SourceLine(file, line)); "
          + "there are axes 0 to \(shape.rank - 1)", shape)
    }
    return with(graph.sum(node, axes))
  }

  /// The mean along neighbouring axes. Where these have no elements the trace throws a ``TensorError``.
  ///
  /// - Parameters:
  ///   - axes: Which axes, a range in 0 ..< rank.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The means; the shape lacks these axes.
  public func mean(
    axes: Range<Int>, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let total = sum(axes: axes, file: file, line: line)
    if axes.clamped(to: 0..<shape.rank).contains(where: { shape[$0] == 0 }) {
      return withoutMean(axes, total.shape, file, line)
    }
    return total * (Double(max(total.shape.count, 1)) / Double(max(shape.count, 1)))
  }

  /// The same elements in the same order in another shape.
  ///
  /// - Parameters:
  ///   - target: The shape, of as many elements.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: A tensor of shape `target`.
  public func reshaped(
    _ target: Shape, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    guard target.count == shape.count, target.sizes.allSatisfy({ $0 >= 0 }) else {
      return failed(
        "reshaped: \(shape) has \(shape.count) elements and \(target) \(target.count), at "
          + "\(SourceLine(file, line))", target)
    }
    return with(graph.reshape(node, target))
  }

  /// All axes but the first as one: `[n, ...]` to `[n, m]`. A scalar, or n = 0, stays as it is.
  public var flattened: Tensor {
    guard shape.rank > 0, shape[0] > 0 else { return self }
    return with(graph.reshape(node, [shape[0], shape.count / shape[0]]))
  }

  /// A matrix with rows and columns exchanged: `[n, m]` to `[m, n]`.
  public func transposed(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    guard shape.rank == 2 else {
      return failed(
        "transposed: shape \(shape) is no matrix, at \(SourceLine(file, line))", shape)
    }
    return with(graph.transpose(node))
  }

  /// Values of shape `[n]` as a column `[n, 1]`, which repeats along rows of `[n, m]`.
  public var asColumn: Tensor { with(graph.reshape(node, [shape.count, 1])) }

  /// Minus its mean over all axes but the last: what batch normalisation starts with. Scalars and vectors stay as
  /// they are.
  public var centred: Tensor { shape.rank < 2 ? self : with(graph.centre(node)) }

  /// A piece of a flat vector, in a shape.
  package func piece(at offset: Int, _ piece: Shape) -> Tensor {
    with(graph.slice(node, offset: offset, piece))
  }

  /// A tensor of the same trace with one number everywhere.
  package func filled(_ value: Double, _ shape: Shape) -> Tensor {
    with(graph.fill(value, shape))
  }

  /// Whether this is a tensor of a trace.
  package func belongs(to graph: Graph) -> Bool { self.graph === graph }

  /// Whether a change of another tensor can change this one.
  package func depends(on other: Tensor) -> Bool {
    graph === other.graph && graph.depending(on: [other.node])[node]
  }

  /// Whether this is the whole of one of the task's arrays.
  var isData: Bool { graph.isData(self) }
}
