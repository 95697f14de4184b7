/// Random numbers that a trace needs and does not draw itself: an input, set anew for every lower step.
package struct DrawnInput {
  /// What the numbers are.
  package enum Law: Sendable, Hashable {
    /// 0 for a part of them, else 1.
    case mask(Double)
    /// Of a law of mean 0.
    case noise(NoiseLaw)
  }

  /// The input, of any shape; it changes with the point.
  package let tensor: Tensor
  /// What its elements are.
  package let law: Law
}

/// What random numbers are like; their mean is 0.
public enum NoiseLaw: Sendable, Hashable {
  /// Of the standard normal distribution.
  case normal
  /// Any between -1 and 1 alike.
  case uniform
}

extension Tensor {
  /// Random numbers in lower objectives, each element drawn by itself; elsewhere (upper objectives, predictions) zeros, which are
  /// their mean. What is made of them may depend on parameters of both levels, and is differentiated by these: noise of a learnt
  /// size is `exp(u) * x.noise(x.shape)`.
  ///
  /// They depend on the run's seed, the upper step, the task, the lower step and the place of the call among those of the
  /// objective, and on nothing else: the same on any number of ranks, and after resuming. Derivatives at a point are those with the
  /// numbers of its lower step, those of a solve with the last one's.
  ///
  /// - Parameters:
  ///   - shape: How many, and how they are laid out.
  ///   - law: What they are like.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The numbers, constants to every derivative.
  public func noise(
    _ shape: Shape, _ law: NoiseLaw = .normal, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("noise", SourceLine(file, line)) {
      guard shape.isPossible else {
        return failed("noise: shape \(shape)", "make it smaller", self.shape)
      }
      return graph.drawn(shape, .noise(law)) ?? with(graph.fill(0, shape))
    }
  }
}

extension Graph {
  /// Declares an input of random numbers; `nil` where the trace is not of training.
  func drawn(_ shape: Shape, _ law: DrawnInput.Law) -> Tensor? {
    guard drawnInputs != nil else { return nil }
    let tensor = input(shape, stage: .point)
    drawnInputs?.append(DrawnInput(tensor: tensor, law: law))
    return tensor
  }
}
