/// Small matrices, the last two axes; axes before them are as many matrices.
extension Tensor {
  /// The lower triangular factor L of symmetric positive definite matrices, L L' = A. Of each its lower triangle is read;
  /// derivatives are those for symmetric changes. Where a matrix is not positive definite it is not a number.
  public func cholesky(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    calling("cholesky", SourceLine(file, line)) {
      ofSquares("cholesky") { $0.cholesky($1) }
    }
  }

  /// Z with T Z = B, T the lower or upper triangle of these matrices.
  ///
  /// - Parameters:
  ///   - right: B, `[..., n, columns]`, with the same axes before.
  ///   - isUpper: Whether the upper triangle counts.
  ///   - isTransposed: Whether T is transposed.
  ///   - hasUnitDiagonal: Whether the diagonal counts as ones.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: Z, of B's shape.
  public func solvingTriangle(
    _ right: Tensor, isUpper: Bool = false, isTransposed: Bool = false,
    hasUnitDiagonal: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("solvingTriangle", SourceLine(file, line), with: [right], standIn: right.shape) {
      solving(
        "solvingTriangle", right, Triangle(isUpper: isUpper, hasUnitDiagonal: hasUnitDiagonal),
        isTransposed)
    }
  }

  /// Z with A Z = B, of any invertible matrices, by elimination with pivots.
  public func solving(
    _ right: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("solving", SourceLine(file, line), with: [right], standIn: right.shape) {
      solving("solving", right, nil, false)
    }
  }

  /// Z with A Z = B, of symmetric positive definite matrices, by their factors.
  public func solvingPositive(
    _ right: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("solvingPositive", SourceLine(file, line), with: [right], standIn: right.shape) {
      let factor = cholesky()
      return factor.solvingTriangle(factor.solvingTriangle(right), isTransposed: true)
    }
  }

  /// The inverses of matrices.
  public func inverse(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    calling("inverse", SourceLine(file, line)) { ofSquares("inverse") { $0.inverse($1) } }
  }

  /// log |det A| of matrices, of any sign: the shape lacks the last two axes.
  public func logDeterminant(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    calling("logDeterminant", SourceLine(file, line)) {
      let squares = ofSquares("logDeterminant") { $1 }
      guard squares.shape.rank >= 2 else { return squares }
      let n = shape[shape.rank - 1]
      let logarithms = graph.logDeterminant(
        graph.reshape(node, [shape.count / Swift.max(n * n, 1), n, n]))
      return with(graph.reshape(logarithms, Shape(Array(shape.sizes.dropLast(2)))))
    }
  }

  /// The elements on the diagonals of matrices `[..., n, n]`: `[..., n]`.
  public func diagonal(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    calling("diagonal", SourceLine(file, line)) {
      guard isSquare else { return withoutSquares("diagonal") }
      let n = shape[shape.rank - 1]
      let target = Shape(Array(shape.sizes.dropLast()))
      return with(graph.select(node, 0, shape.strides.dropLast(2) + [n + 1], to: target))
    }
  }

  private var isSquare: Bool {
    shape.rank >= 2 && shape[shape.rank - 1] == shape[shape.rank - 2] && shape[shape.rank - 1] > 0
  }

  private func withoutSquares(_ name: String) -> Tensor {
    failed("\(name): shape \(shape)", "it takes square matrices, [..., n, n]", shape)
  }

  private func ofSquares(_ name: String, _ body: (Graph, Int) -> Int) -> Tensor {
    guard isSquare else { return withoutSquares(name) }
    let n = shape[shape.rank - 1]
    return with(
      graph.reshape(body(graph, graph.reshape(node, [shape.count / (n * n), n, n])), shape))
  }

  private func solving(
    _ name: String, _ right: Tensor, _ triangle: Triangle?, _ isTransposed: Bool
  ) -> Tensor {
    guard isSquare, right.shape.rank == shape.rank,
      right.shape.sizes.dropLast() == shape.sizes.dropLast()
    else {
      return failed(
        "\(name): matrices \(shape) and right-hand sides \(right.shape)",
        "it takes [..., n, n] and [..., n, columns]", right.shape)
    }
    let n = shape[shape.rank - 1]
    let count = shape.count / (n * n)
    let solved = graph.solve(
      graph.reshape(node, [count, n, n]),
      graph.reshape(right.node, [count, n, right.shape[shape.rank - 1]]), triangle,
      isTransposed: isTransposed)
    return with(graph.reshape(solved, right.shape))
  }
}
