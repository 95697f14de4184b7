import Tensors

/// Where lower parameters can move to first order at a point: implicit differentiation of a constrained or non-smooth lower
/// problem solves on these directions alone (Bertrand et al., 2022; Blondel et al., 2022). What sits at a bound, or at the
/// kink of |w|, stays there.
public enum Restriction: Sendable, Hashable {
  /// All directions.
  case none
  /// Those of parameters that are not 0: of L1 penalties.
  case support
  /// Those inside a set: parameters off their bounds and, on the simplex, changes that add up to 0; of equations, changes
  /// that leave them true.
  case interior(ParameterSet)

  /// Throws where its set is one of another number of parameters.
  func check(count: Int) throws(HypergradientError) {
    if case .interior(let set) = self { try set.check(count: count) }
  }

  /// Whether a parameter at a point can move.
  private func isFree(_ index: Int, _ value: Double) -> Bool {
    switch self {
    case .none, .interior(.whole), .interior(.ball), .interior(.equalities): true
    case .support: value != 0
    case .interior(.nonNegative), .interior(.simplex): value > 0
    case .interior(.box(let low, let high)): value > low && value < high
    case .interior(.boxes(let low, let high)): value > low[index] && value < high[index]
    }
  }

  /// The directions at a point; nil where they are all there are.
  func directions(at point: Elements) -> Directions? {
    switch self {
    case .none, .interior(.whole): return nil
    case .support, .interior:
      let free = (0..<point.count).map { isFree($0, point[$0]) }
      return Directions(free: free, normals: normals(free))
    }
  }

  /// What changes are orthogonal to beside: of length 1, orthogonal to each other.
  private func normals(_ free: [Bool]) -> [[Double]] {
    switch self {
    case .interior(.equalities(let equalities)): return equalities.normals
    case .interior(.simplex):
      let count = free.count { $0 }
      let part = 1 / Double(count).squareRoot()
      return count > 0 ? [free.map { $0 ? part : 0 }] : []
    default: return []
    }
  }

  /// A subspace of directions.
  struct Directions {
    fileprivate let free: [Bool]
    fileprivate let normals: [[Double]]

    /// Takes from a vector what is not in the subspace.
    func project(_ vector: Elements) {
      for index in 0..<vector.count where !free[index] { vector[index] = 0 }
      for normal in normals {
        var part = 0.0
        for index in 0..<vector.count { part += normal[index] * vector[index] }
        for index in 0..<vector.count { vector[index] -= part * normal[index] }
      }
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

  func transposedProduct() -> Elements {
    directions.project(vector)
    result.copy(from: base.transposedProduct())
    directions.project(result)
    return result
  }
}
