import BilevelOptimization

/// A solver by name, or the method's own.
public struct SolverChoice: RawRepresentable, CaseIterable, Sendable, Hashable {
  /// The method's own.
  public static let own = SolverChoice(nil)
  /// All there are.
  public static let allCases = [own] + SolverName.allCases.map { SolverChoice($0) }

  /// The solver; nil for the method's own.
  public let solver: SolverName?

  /// The word in settings.
  public var rawValue: String { solver?.rawValue ?? "own" }

  /// A choice.
  public init(_ solver: SolverName?) { self.solver = solver }

  /// The choice of a word, where there is one.
  public init?(rawValue: String) {
    guard let choice = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = choice
  }
}
