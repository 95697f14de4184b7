import BilevelOptimization
import Problems

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
  /// The largest upper loss of a task.
  public let worstUpperLoss: Double
  /// That task's number within the step.
  public let worstTask: Int
  /// The mean norm of the lower gradient at the adapted parameters.
  public let lowerGradientNorm: Double
  /// Adaptations that ended with a lower gradient's norm above the setting `lower-tolerance`, where that is above 0.
  public let unconverged: Int
  /// Adaptations that went the wrong way: their lower gradients more than doubled over the lower steps.
  public let growing: Int
  /// What the method tells.
  public let figures: FigureValues
  /// The norm of the mean hypergradient.
  public let hypergradientNorm: Double
  /// The problem's numbers of the upper model, after the step.
  public internal(set) var followed: [FollowedNumber]

  /// What a step did.
  package init(
    step: Int, tasks: Int, skipped: Int, upperLoss: Double, worstUpperLoss: Double,
    worstTask: Int, lowerGradientNorm: Double, unconverged: Int, growing: Int,
    figures: FigureValues, hypergradientNorm: Double, followed: [FollowedNumber] = []
  ) {
    self.step = step
    self.tasks = tasks
    self.skipped = skipped
    self.upperLoss = upperLoss
    self.worstUpperLoss = worstUpperLoss
    self.worstTask = worstTask
    self.lowerGradientNorm = lowerGradientNorm
    self.unconverged = unconverged
    self.growing = growing
    self.figures = figures
    self.hypergradientNorm = hypergradientNorm
    self.followed = followed
  }
}
