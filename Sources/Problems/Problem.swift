import BilevelOptimization
import Models
import Randomness
import Tensors

/// What a task is made of.
public struct TaskExamples: Sendable, Equatable {
  /// What the lower objective sees: training data, or a support set.
  public let train: Examples
  /// What the upper objective sees: validation data, or a query set.
  public let validate: Examples

  /// A task's two sets of examples.
  public init(train: Examples, validate: Examples) {
    self.train = train
    self.validate = validate
  }
}

/// Where a task's adaptation starts.
public enum AdaptationStart: Sendable {
  /// At the lower model's own first values: the upper parameters are something else.
  case lowerModel
  /// At the upper parameters: they are an initialisation for the lower model.
  case upperModel
  /// At what ``Problem/lowerStart(_:)`` makes of the upper parameters: method unrolled differentiates by them.
  case formula
}

extension AdaptationStart {
  /// The lower parameters that adaptation starts from now.
  package func values<Upper, Lower>(_ levels: Levels<Upper, Lower>) throws -> [Double] {
    switch self {
    case .lowerModel: levels.lowerModel.values
    case .upperModel: levels.upperModel.values
    case .formula: try levels.start()?.values ?? levels.lowerModel.values
    }
  }
}

/// A bi-level problem: two models, two objectives, and how tasks draw their data. Distribution over ranks, exact sums,
/// stored state and the command line come with it.
///
/// A problem is made anew on every rank, from equal settings, and must be the same everywhere: its task function
/// depends on its arguments and the settings alone.
public protocol Problem: SendableMetatype {
  /// How the upper model computes.
  associatedtype Upper
  /// How the lower model computes.
  associatedtype Lower
  /// The problem's own settings.
  associatedtype Settings: SettingGroup

  /// The word that the command line knows it by.
  static var name: String { get }
  /// One line about it.
  static var about: String { get }
  /// How it is trained unless told otherwise.
  static var defaults: TrainingSettings { get throws }

  /// Makes the problem: reads its data, declares its models.
  ///
  /// - Parameters:
  ///   - settings: The problem's own settings.
  ///   - seed: What everything random is drawn from.
  /// - Throws: For settings that contradict each other, or unusable data.
  init(_ settings: Settings, seed: UInt64) throws

  /// The upper model, with its first values.
  var upperModel: Model<Upper> { get }
  /// The lower model, with its first values.
  var lowerModel: Model<Lower> { get }
  /// Where adaptation starts.
  var start: AdaptationStart { get }

  /// What lower parameters are of the lower objective; by default a minimum.
  var lowerLevel: LowerLevel { get }

  /// f: what adaptation makes small; or phi, where the lower level is a fixed point w = phi(w, u).
  func lowerObjective(_ state: ObjectiveState<Upper, Lower>) throws -> Tensor
  /// F: what upper steps make small.
  func upperObjective(_ state: ObjectiveState<Upper, Lower>) throws -> Tensor

  /// Strengths of an L1 penalty, sum_i strength_i |w_i|, that f has beside the lower objective, made of the upper model: one for
  /// each lower parameter, or one for all. `lower-rule=proximal` finds its zeros. By default none.
  func lowerPenalty(_ state: ObjectiveState<Upper, Lower>) throws -> Tensor?
  /// Where adaptation starts, as many numbers as lower parameters, made of the upper model and of the lower model's own values;
  /// asked for where ``start`` is a formula. It sees no examples. By default these values.
  func lowerStart(_ state: ObjectiveState<Upper, Lower>) throws -> Tensor
  /// The strength of the pull towards the start, (pull / 2) ||w - start||^2, that f contains; by default it is not known.
  var lowerPull: Double? { get }

  /// The parts of the lower parameters that learnt factors of lower rates (`learned-rates`) are of, step by step; by default none:
  /// all parameters have the same.
  var ratedParts: [Range<Int>] { get }

  /// The lower optimiser; by default the one that the settings name.
  func lowerOptimizer(_ settings: TrainingSettings) throws -> any LowerOptimizer
  /// The upper optimiser, likewise.
  func upperOptimizer(_ settings: TrainingSettings) throws -> any UpperOptimizer

  /// The data of one task of one upper step: a function of its arguments and the settings alone, whichever rank asks.
  func task(_ index: Int, step: Int) throws -> TaskExamples

  /// Whether the examples of tasks are rows that batches may be drawn from; by default they are not.
  static var isOverRows: Bool { get }

  /// What becomes of the examples of a lower step before the lower objective sees them; by default nothing.
  var augmentation: (any Augmentation)? { get }

  /// What a task of an upper step is known by to the tasks of other upper steps: a number from 0, which no other task of the
  /// step has. What it keeps from one upper step to the next goes by it. By default the task's own number.
  func identity(ofTask index: Int, step: Int) -> Int

  /// The data that it read, by a name each: a stored run goes on with the same data only. By default none.
  var data: [DataChecksum] { get }

  /// How it is measured on tasks that training never draws; by default not at all.
  var heldOut: HeldOut<Lower>? { get }

  /// A few numbers of the upper model with its values now, which metrics and reports follow from step to step; by default none.
  func followed() throws -> [FollowedNumber]

  /// What else a finished run has to show, computed on rank 0 with the trained upper model; by default nothing.
  func results(_ training: Adaptation<Upper, Lower>) throws -> [ResultTable]

  /// Pictures of what the trained problem does, for reports; by default none.
  func illustrations(_ training: Adaptation<Upper, Lower>) throws -> [Illustration]

  /// The lower model that a finished run leaves, computed on rank 0 with the trained upper model: for problems whose
  /// tasks have one model in common; by default none.
  func trainedLower(_ training: Adaptation<Upper, Lower>) throws -> TrainedLower?

  /// Files that a finished run leaves for other programs, worked out on rank 0 with the trained upper model; by default none.
  func files(_ training: Adaptation<Upper, Lower>) throws -> [ResultArrays]

  /// A file that a folder holds which is a problem of this kind: `train FOLDER` is then short for `train NAME --set
  /// folder=FOLDER`, with the configuration there. By default there is none.
  static var folderMark: String? { get }

  /// What a lower model predicts for the data of a file; nil for problems that read none, which is the default.
  ///
  /// - Parameters:
  ///   - lower: The parameters of ``trainedLower(_:)``.
  ///   - path: The file.
  /// - Returns: A row a prediction.
  /// - Throws: For a file that cannot be read, or whose data are not those that the model is for.
  func predictions(_ lower: [Double], forFile path: String) throws -> ResultTable?
}

/// A piece of data that a problem read, and its checksum.
public struct DataChecksum: Sendable, Hashable {
  /// What it is, without blanks or slashes: "images".
  public let name: String
  /// A CRC-32 of it.
  public let checksum: UInt32

  /// A piece of data.
  public init(_ name: String, _ checksum: UInt32) {
    self.name = name
    self.checksum = checksum
  }
}

extension [DataChecksum] {
  /// Those of a part of the data, such as "test", which their names begin with.
  func ofPart(_ part: String) -> [DataChecksum] {
    map { DataChecksum("\(part)-\($0.name)", $0.checksum) }
  }
}

extension Problem {
  /// No rows.
  public static var isOverRows: Bool { false }

  /// Nothing.
  public var augmentation: (any Augmentation)? { nil }

  /// The task's own number.
  public func identity(ofTask index: Int, step: Int) -> Int { index }

  /// A minimum.
  public var lowerLevel: LowerLevel { .minimum }

  /// No penalty.
  public func lowerPenalty(_ state: ObjectiveState<Upper, Lower>) throws -> Tensor? { nil }

  /// The lower model's own values.
  public func lowerStart(_ state: ObjectiveState<Upper, Lower>) throws -> Tensor {
    state.lowerParameters
  }

  /// Nothing is known.
  public var lowerPull: Double? { nil }

  /// All have the same.
  public var ratedParts: [Range<Int>] { [] }

  /// Data: none.
  public var data: [DataChecksum] { [] }

  /// The one that the settings name.
  public func lowerOptimizer(_ settings: TrainingSettings) throws -> any LowerOptimizer {
    try settings.lowerOptimizer()
  }

  /// The one that the settings name.
  public func upperOptimizer(_ settings: TrainingSettings) throws -> any UpperOptimizer {
    try settings.upperOptimizer()
  }

  /// Numbers that are followed: none.
  public func followed() throws -> [FollowedNumber] { [] }

  /// Held-out tasks: none.
  public var heldOut: HeldOut<Lower>? { nil }

  /// What else a finished run has to show.
  public func results(_ training: Adaptation<Upper, Lower>) throws -> [ResultTable] { [] }

  /// Pictures of what the trained problem does.
  public func illustrations(_ training: Adaptation<Upper, Lower>) throws -> [Illustration] { [] }

  /// The lower model that a finished run leaves: none.
  public func trainedLower(_ training: Adaptation<Upper, Lower>) throws -> TrainedLower? { nil }

  /// Files for other programs: none.
  public func files(_ training: Adaptation<Upper, Lower>) throws -> [ResultArrays] { [] }

  /// No folder.
  public static var folderMark: String? { nil }

  /// What a lower model predicts for the data of a file: nothing.
  public func predictions(_ lower: [Double], forFile path: String) throws -> ResultTable? { nil }
}

/// How a run adapts lower models: for results that need adapted models.
public struct Adaptation<Upper, Lower> {
  /// The hypergradients' object, with both models and objectives.
  public let implicit: Implicit<Upper, Lower>
  /// The lower optimiser of the run.
  public let optimizer: any LowerOptimizer
  /// Where adaptation starts.
  public let start: AdaptationStart
  /// Tasks an upper step: for results over all tasks of a step.
  public let tasks: Int
  /// The lower parameters that tasks keep, by the tasks' identities, where each upper step goes on from the last one's
  /// (`start=previous`).
  public let kept: [Int: [Double]]
  private let retraining: ((TaskExamples) throws -> [Double])?
  private let training: ((TaskExamples, any LowerOptimizer) throws -> [Double])?

  /// How a run adapts lower models.
  public init(
    _ implicit: Implicit<Upper, Lower>, _ optimizer: any LowerOptimizer,
    from start: AdaptationStart, tasks: Int = 1, kept: [Int: [Double]] = [:],
    retraining: ((TaskExamples) throws -> [Double])? = nil,
    training: ((TaskExamples, any LowerOptimizer) throws -> [Double])? = nil
  ) {
    self.kept = kept
    (self.retraining, self.training) = (retraining, training)
    self.implicit = implicit
    self.optimizer = optimizer
    self.start = start
    self.tasks = tasks
  }

  /// The lower parameters that adaptation starts from now.
  ///
  /// - Throws: What the problem's formula of the start throws.
  public var startValues: [Double] { get throws { try start.values(implicit.levels) } }

  /// Adapts to a task's training data.
  ///
  /// - Throws: What objectives and data throw.
  public func adapt(_ train: Examples) throws -> AuxiliaryModel {
    try optimizer.adapt(implicit, train: train, from: try startValues)
  }

  /// The lower parameters of a task as the run leaves them: those that it keeps, or, where every upper step begins anew,
  /// those adapted to its training data.
  ///
  /// - Throws: What objectives and data throw.
  public func lower(ofTask identity: Int, _ train: Examples) throws -> [Double] {
    try kept[identity] ?? adapt(train).values
  }

  /// Trains a lower model anew, with the upper parameters as they are now, for as many lower steps as the run has made with a
  /// task, of the same batches: what other upper parameters, or none, would have given.
  ///
  /// - Parameter task: The task's data.
  /// - Returns: The lower parameters.
  /// - Throws: What objectives and data throw.
  public func retrained(_ task: TaskExamples) throws -> [Double] {
    try retraining?(task) ?? adapt(task.train).values
  }

  /// Trains a lower model anew, with the upper parameters as they are now, by another optimiser: on batches, where the run
  /// has such.
  ///
  /// - Parameters:
  ///   - task: The task's data.
  ///   - optimizer: Makes the lower steps.
  /// - Returns: The lower parameters.
  /// - Throws: What objectives and data throw.
  public func trained(_ task: TaskExamples, by optimizer: any LowerOptimizer) throws -> [Double] {
    try training?(task, optimizer)
      ?? optimizer.adapt(implicit, train: task.train, from: startValues).values
  }
}
