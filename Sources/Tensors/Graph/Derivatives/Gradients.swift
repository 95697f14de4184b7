/// The gradient of a number that an objective has come to by some of what it was made of, as part of the objective: it
/// can be used, and differentiated again, like anything else. Physics-informed losses, gradient penalties and steps of
/// descent are written with it.
///
/// - Parameters:
///   - number: A tensor of one number.
///   - targets: What it is differentiated by.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: For each target a tensor of its shape; 0 where the number does not depend on it.
public func gradients(
  of number: Tensor, withRespectTo targets: [Tensor], file: StaticString = #fileID,
  line: UInt = #line
) -> [Tensor] {
  guard number.shape.count == 1, targets.allSatisfy({ $0.graph === number.graph }) else {
    let stray = number.calling("gradients", SourceLine(file, line), with: targets) {
      number.failed(
        "gradients: of shape \(number.shape)", "it takes one number, such as a sum or a mean",
        .scalar)
    }
    return targets.map { _ in stray }
  }
  let graph = number.graph
  return zip(graph.gradients(of: number, withRespectTo: targets), targets).map { gradient, target in
    gradient ?? graph.filled(0, target)
  }
}

/// The gradient by one tensor; see ``gradients(of:withRespectTo:file:line:)``.
public func gradient(
  of number: Tensor, withRespectTo target: Tensor, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  gradients(of: number, withRespectTo: [target], file: file, line: line)[0]
}

extension Graph {
  fileprivate func filled(_ value: Double, _ like: Tensor) -> Tensor {
    Tensor(graph: self, node: fill(value, like.shape))
  }
}
