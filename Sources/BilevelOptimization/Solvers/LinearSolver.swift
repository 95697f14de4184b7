import Tensors

/// A way to solve H v = g. An object holds the vectors that it works with.
protocol LinearSolver: AnyObject {
  /// Bytes of its vectors.
  var byteCount: Int { get }

  /// Solves; the operator's vector is overwritten.
  ///
  /// - Parameters:
  ///   - system: H and g.
  ///   - guess: Where to begin.
  ///   - v: Holds the guess, if there is one, and receives the solution.
  /// - Returns: How it ended.
  func solve(_ system: LinearSystem, from guess: Guess, into v: Elements) -> SolveReport
}

/// A solver as the catalogue has it.
struct SolverEntry: Sendable {
  /// The word that settings know it by.
  let name: String
  /// What it is, in a few words.
  let about: String
  /// Whether it has no solution where H has rows of zeros that g has a part in.
  let needsCurvature: Bool
  /// Whether the matrix must be symmetric.
  let needsSymmetry: Bool
  /// Whether the lower optimiser must have a mean of squared gradients.
  let needsSecondMoment: Bool
  /// Makes one for vectors of a length.
  let make: @Sendable (MethodOptions, Int, VectorAlgebra) throws -> any LinearSolver

  init(
    _ name: String, _ about: String, needsCurvature: Bool = false, needsSymmetry: Bool = false,
    needsSecondMoment: Bool = false,
    _ make: @escaping @Sendable (MethodOptions, Int, VectorAlgebra) throws -> any LinearSolver
  ) {
    self.name = name
    self.about = about
    self.needsCurvature = needsCurvature
    self.needsSymmetry = needsSymmetry
    self.needsSecondMoment = needsSecondMoment
    self.make = make
  }
}

/// All solvers, by name.
public struct SolverName: RawRepresentable, Sendable, Hashable, CaseIterable {
  /// All of them: a solver is a file and a row here.
  private static let entries = [
    ConjugateGradient.entry, NeumannSeries.entry, MinimalResidual.entry,
    GeneralMinimalResidual.entry, StabilisedBiconjugate.entry, NormalConjugateGradient.entry,
    PreconditionedConjugateGradient.entry, NystromSolver.entry, DirectSolver.entry,
    DescentSolver.entry, AdaptedConjugateGradient.entry,
  ]

  /// `cg`.
  public static let conjugateGradient = SolverName(ConjugateGradient.entry)
  /// `neumann`.
  public static let neumann = SolverName(NeumannSeries.entry)

  /// The word that settings know it by.
  public let rawValue: String

  /// All names.
  public static var allCases: [SolverName] { entries.map { SolverName($0) } }

  /// The name, where there is a solver of it.
  public init?(rawValue: String) {
    guard Self.entries.contains(where: { $0.name == rawValue }) else { return nil }
    self.rawValue = rawValue
  }

  private init(_ entry: SolverEntry) { rawValue = entry.name }

  /// What it is, in a few words.
  public var about: String { entry.about }

  var entry: SolverEntry {
    guard let entry = Self.entries.first(where: { $0.name == rawValue }) else {
      fatalError("a name is one of a solver")
    }
    return entry
  }
}

extension MethodOptions {
  /// When a solve has converged.
  var criterion: ConvergenceCriterion {
    ConvergenceCriterion(tolerance: tolerance, relativeTolerance: relativeTolerance)
  }
}
