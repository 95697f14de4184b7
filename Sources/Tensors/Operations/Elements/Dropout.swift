extension Tensor {
  /// Dropout (N. Srivastava et al., 2014): in training each element is 0 with a probability, and divided by what is left of 1
  /// otherwise. Lower objectives train; elsewhere (upper objectives, predictions) everything stays as it is.
  ///
  /// Which elements drop depends on the run's seed, the upper step, the task, the lower step and the place of the call among
  /// those of the objective, and on nothing else: the same on any number of ranks, and after resuming. Derivatives at a
  /// point use the mask of its lower step, those of a solve the mask of the last one.
  ///
  /// - Parameters:
  ///   - rate: The probability, from 0 to below 1.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: What is left, of this tensor's shape.
  public func droppingOut(
    _ rate: Double, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("droppingOut", SourceLine(file, line)) {
      guard rate >= 0, rate < 1 else {
        return failed(
          "droppingOut: a rate of \(rate)", "it is from 0 to below 1", shape, code: .range)
      }
      guard rate > 0, let mask = graph.drawn(shape, .mask(rate)) else { return self }
      return with(graph.scale(graph.multiply(node, mask.node), 1 / (1 - rate)))
    }
  }
}
