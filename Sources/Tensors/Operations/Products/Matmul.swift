/// Products, rows and images.
extension Tensor {
  /// The matrix product; ``matmul(_:_:file:line:)`` is the usual way to write it.
  ///
  /// - Parameters:
  ///   - a: `[n, k]`.
  ///   - b: `[k, m]`.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The product, `[n, m]`.
  public static func product(
    _ a: Tensor, _ b: Tensor, file: StaticString, line: UInt
  ) -> Tensor {
    let standIn: Shape = [a.shape.sizes.first ?? 1, b.shape.sizes.last ?? 1]
    return a.calling("matmul", SourceLine(file, line), with: [b], standIn: standIn) {
      guard a.shape.rank == 2, b.shape.rank == 2, a.shape[1] == b.shape[0] else {
        return a.failed(
          "matmul: shapes \(a.shape) and \(b.shape) do not fit", "it takes [n, k] and [k, m]",
          standIn)
      }
      return a.with(a.graph.product(a.node, b.node))
    }
  }

  /// The rows `x[index[0]], x[index[1]], ...` of a tensor `[rows, ...]`; a row may come several times, or never.
  ///
  /// - Parameters:
  ///   - index: Data given with the task, `[n]`, or rows of such data, of whole numbers 0 ..< rows; they are checked
  ///     when they are given, also those of rows that are not chosen. In single precision none above 2^24 is taken,
  ///     beyond which not every number is held exactly.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The chosen rows, `[n, ...]`.
  public func rows(
    _ index: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("rows", SourceLine(file, line), with: [index]) {
      guard shape.rank >= 1, index.shape.rank == 1, index.isData else {
        return failed(
          "rows: shapes \(shape) and \(index.shape)",
          "it takes a tensor with rows and an index of shape [n] that is given as data", shape)
      }
      return with(graph.gatherRows(node, index.node))
    }
  }

  /// A 3x3 convolution of images `[n, height, width, in]` with a padding of zeros of 1 pixel. The weights are not
  /// flipped: as in other libraries it is a cross-correlation.
  ///
  /// With stride 1 it is computed by Winograd's F(4x4, 3x3) (Lavin and Gray, "Fast algorithms for convolutional neural
  /// networks", 2016), where that pays.
  ///
  /// - Parameters:
  ///   - weights: `[3, 3, in, out]`.
  ///   - stride: 1 or 2, along both axes.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: `[n, ceil(height / stride), ceil(width / stride), out]`.
  public func convolved(
    with weights: Tensor, stride: Int = 1, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let w = weights.shape
    return calling("convolved", SourceLine(file, line), with: [weights]) {
      guard shape.rank == 4, w.rank == 4, w[0] == 3, w[1] == 3, w[2] == shape[3],
        stride == 1 || stride == 2
      else {
        return failed(
          "convolved: images \(shape), weights \(w), stride \(stride)",
          "it takes [n, height, width, in], [3, 3, in, out] and a stride of 1 or 2", shape)
      }
      return with(graph.convolution(node, weights.node, stride: stride))
    }
  }

  /// The largest value of each 2x2 window of `[n, height, width, channels]`, stride 2:
  /// `[n, floor(height / 2), floor(width / 2), channels]`. The last row or column of an odd size is left out. The first
  /// of equal values passes the gradient.
  public func maxPooled(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    calling("maxPooled", SourceLine(file, line)) {
      guard shape.rank == 4, shape[1] >= 2, shape[2] >= 2 else {
        return failed(
          "maxPooled: shape \(shape)",
          "it takes [n, height, width, channels] with at least 2 rows and 2 columns", shape)
      }
      // The largest of non-negative parts is the non-negative part of the largest: the smaller tensor
      // is rectified.
      if graph.isUnary(node, .relu) {
        return relu(with(graph.operand(node)).maxPooled())
      }
      return with(graph.poolGather(node, graph.poolIndex(node)))
    }
  }

  /// exp(x) / sum(exp(x)) of each row of `[n, classes]`, shape `[n, classes]`; without overflow. Where x is minus
  /// infinity it is 0; of a row of minus infinity alone it is not a number, for there is no limit.
  public func softmax(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    calling("softmax", SourceLine(file, line)) {
      guard shape.rank == 2 else {
        return failed("softmax: shape \(shape)", "it takes [n, classes]", shape)
      }
      return with(graph.softmax(node))
    }
  }

  /// log(sum(exp(x))) of each row of `[n, classes]`, shape `[n]`; without overflow. Of a row of minus infinity alone it
  /// is minus infinity.
  public func logSumExp(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    calling("logSumExp", SourceLine(file, line)) {
      guard shape.rank == 2 else {
        return failed("logSumExp: shape \(shape)", "it takes [n, classes]", shape)
      }
      return with(graph.logSumExp(node))
    }
  }

  /// 1 at each row's class, else 0. The labels `[n]` are data given with the task, or rows of such data, whole numbers
  /// 0 ..< classes; they are checked when they are given, also those of rows that are not chosen.
  ///
  /// - Parameters:
  ///   - classes: How many classes there are, at least 1.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: `[n, classes]`.
  public func oneHot(
    classes: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("oneHot", SourceLine(file, line)) {
      guard shape.rank == 1, isData, classes > 0 else {
        return failed(
          "oneHot: labels \(shape), \(classes) classes",
          "it takes labels of shape [n] that are given as data", [shape.count, max(classes, 1)])
      }
      return with(graph.append(OneHot(), [node], [shape[0], classes]))
    }
  }
}

/// The matrix product.
///
/// - Parameters:
///   - a: `[n, k]`.
///   - b: `[k, m]`.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The product, `[n, m]`.
public func matmul(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  .product(a, b, file: file, line: line)
}
