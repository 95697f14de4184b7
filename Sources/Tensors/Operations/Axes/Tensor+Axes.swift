/// Sums, means and changes of shape.
extension Tensor {
  /// The sum of all elements, a scalar; 0 for no elements.
  public func sum(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    calling("sum", SourceLine(file, line)) { with(graph.sum(node, 0..<shape.rank)) }
  }

  /// The mean of all elements, a scalar. No elements have none: the trace throws a ``TensorError``.
  ///
  /// - Parameters:
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The mean.
  public func mean(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    calling("mean", SourceLine(file, line)) {
      guard shape.count > 0 else { return withoutMean(0..<shape.rank, .scalar) }
      return sum() / Double(shape.count)
    }
  }

  /// The mistake of taking the mean of no elements.
  private func withoutMean(_ axes: Range<Int>, _ target: Shape) -> Tensor {
    failed(
      "mean: shape \(shape) has no elements along axes \(axes), and nothing has no mean",
      "give at least one example", target)
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
    calling("sum", SourceLine(file, line)) {
      guard axes.lowerBound >= 0, axes.upperBound <= shape.rank else {
        return failed("sum: axes \(axes) of shape \(shape)", axesAtHand, shape)
      }
      return with(graph.sum(node, axes))
    }
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
    calling("mean", SourceLine(file, line)) {
      let total = sum(axes: axes)
      if axes.clamped(to: 0..<shape.rank).contains(where: { shape[$0] == 0 }) {
        return withoutMean(axes, total.shape)
      }
      return total * (Double(Swift.max(total.shape.count, 1)) / Double(Swift.max(shape.count, 1)))
    }
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
    calling("reshaped", SourceLine(file, line)) {
      guard target.count == shape.count, target.sizes.allSatisfy({ $0 >= 0 }) else {
        return failed(
          "reshaped: \(shape) has \(shape.count) elements and \(target) \(target.count)",
          "the two must have as many elements", target)
      }
      return with(graph.reshape(node, target))
    }
  }

  /// All axes but the first as one: `[n, ...]` to `[n, m]`. A scalar, or n = 0, stays as it is.
  public var flattened: Tensor {
    guard shape.rank > 0, shape[0] > 0 else { return self }
    return calling("flattened", nil) {
      with(graph.reshape(node, [shape[0], shape.count / shape[0]]))
    }
  }

  /// A matrix with rows and columns exchanged: `[n, m]` to `[m, n]`.
  public func transposed(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    calling("transposed", SourceLine(file, line)) {
      guard shape.rank == 2 else {
        return failed("transposed: shape \(shape) is no matrix", "it takes [n, m]", shape)
      }
      return with(graph.transpose(node))
    }
  }

  /// Values of shape `[n]` as a column `[n, 1]`, which repeats along rows of `[n, m]`.
  public var asColumn: Tensor {
    calling("asColumn", nil) { with(graph.reshape(node, [shape.count, 1])) }
  }

  /// Minus its mean over all axes but the last: what batch normalisation starts with. Scalars and vectors stay as
  /// they are.
  public var centred: Tensor {
    shape.rank < 2 ? self : calling("centred", nil) { with(graph.centre(node)) }
  }

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

  /// Throws the first mistake of the trace so far.
  package func checkTrace() throws(TensorError) { try graph.check() }

  /// Whether this is one of the task's arrays, or rows of it.
  package var isData: Bool { graph.isData(node) }
}
