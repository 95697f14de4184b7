import Tensors

/// A penalty, and what is thought of its strengths.
struct PenaltyPart {
  /// ``RegularisationSettings/Penalty/l2`` or ``RegularisationSettings/Penalty/l1``.
  let penalty: RegularisationSettings.Penalty
  let prior: StrengthPrior
  /// Which of the upper parameters they are made of.
  let parameters: Range<Int>

  /// The logarithms of the strengths, of all upper parameters.
  func logarithms(_ upper: [Double]) -> [Double] { prior.logarithms(Array(upper[parameters])) }

  /// Those of a penalty, one behind another among the upper parameters.
  ///
  /// - Parameters:
  ///   - penalty: Which.
  ///   - prior: What is thought of so many strengths of a part.
  /// - Returns: The parts.
  static func parts(
    of penalty: RegularisationSettings.Penalty,
    prior: (RegularisationSettings.Penalty) throws -> StrengthPrior
  ) rethrows -> [PenaltyPart] {
    var first = 0
    return try penalty.parts.map { penalty in
      let prior = try prior(penalty)
      defer { first += prior.count }
      return PenaltyPart(
        penalty: penalty, prior: prior, parameters: first..<first + prior.count)
    }
  }
}

extension [PenaltyPart] {
  /// A loss, and what priors of the strengths add to it.
  func added(to loss: Tensor, _ upper: Tensor) -> Tensor {
    reduce(loss) { sum, part in
      part.prior.term(upper.sliced(0, part.parameters)).map { sum + $0 } ?? sum
    }
  }
}
