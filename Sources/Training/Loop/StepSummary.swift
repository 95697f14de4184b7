import BilevelOptimization

/// What an upper step did, over all tasks of all ranks: the same on every rank, whatever their number.
public struct StepSummary: Sendable, Hashable {
  /// The step's number, from 0.
  public let step: Int
  /// Tasks in the step.
  public let tasks: Int
  /// Tasks left out because a number of theirs was not finite.
  public let skipped: Int
  /// The mean upper loss.
  public let upperLoss: Double
  /// The mean norm of the lower gradient at the adapted parameters.
  public let lowerGradientNorm: Double
  /// The mean norm of the residual (LS) or last term (NS) that solves ended with.
  public let residual: Double
  /// Hessian-vector products of all solves.
  public let products: Int
  /// Solves by how they ended.
  public let reasons: [SolveReport.Reason: Int]
  /// Solves that met negative curvature.
  public let negativeCurvature: Int
  /// The norm of the mean hypergradient.
  public let hypergradientNorm: Double
}
