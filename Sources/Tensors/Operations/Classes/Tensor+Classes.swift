/// Rows of `[n, classes]`.
extension Tensor {
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
}
