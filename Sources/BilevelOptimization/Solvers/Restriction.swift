import Tensors

/// Where lower parameters can move to first order at a point: implicit differentiation of a constrained or non-smooth lower
/// problem solves on these directions alone (Bertrand et al., 2022; Blondel et al., 2022). What sits at a bound, or at the
/// kink of |w|, stays there.
public enum Restriction: Sendable, Hashable {
  /// All directions.
  case none
  /// Those of parameters that are not 0: of L1 penalties.
  case support
  /// Those inside a set: parameters off their bounds and, on the simplex, changes that add up to 0.
  case interior(ParameterSet)

  /// Whether parameters at a point can move.
  private func isFree(_ value: Double) -> Bool {
    switch self {
    case .none, .interior(.whole), .interior(.ball): true
    case .support: value != 0
    case .interior(.nonNegative), .interior(.simplex): value > 0
    case .interior(.box(let low, let high)): value > low && value < high
    }
  }

  /// The directions at a point; nil where they are all there are.
  func directions(at point: Elements) -> Directions? {
    switch self {
    case .none, .interior(.whole): return nil
    case .support, .interior:
      return Directions(
        free: (0..<point.count).map { isFree(point[$0]) },
        addUpToNothing: self == .interior(.simplex))
    }
  }

  /// A subspace of directions.
  struct Directions {
    fileprivate let free: [Bool]
    fileprivate let addUpToNothing: Bool

    /// Takes from a vector what is not in the subspace.
    func project(_ vector: Elements) {
      var (sum, count) = (0.0, 0.0)
      for index in 0..<vector.count {
        if free[index] {
          sum += vector[index]
          count += 1
        } else {
          vector[index] = 0
        }
      }
      guard addUpToNothing, count > 0 else { return }
      for index in 0..<vector.count where free[index] { vector[index] -= sum / count }
    }
  }
}

/// An operator on a subspace: P H P.
final class RestrictedOperator: LinearOperator {
  private let base: any LinearOperator
  private let directions: Restriction.Directions
  private let result: Elements

  init(_ base: any LinearOperator, _ directions: Restriction.Directions, into result: Elements) {
    self.base = base
    self.directions = directions
    self.result = result
  }

  var vector: Elements { base.vector }

  func product() -> Elements {
    directions.project(vector)
    result.copy(from: base.product())
    directions.project(result)
    return result
  }
}
