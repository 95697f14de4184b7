import BilevelOptimization
import Foundation
import Models
import Randomness
import Tensors

/// Strengths of an L2 penalty by cross-validation (Lorraine, Vicol and Duvenaud, 2020). The upper parameters u are the
/// logarithms of strengths, one for each lower parameter, each layer's weights and biases, or for all weights; a lower model is
/// trained on all folds but one, and validated on that one. A task is a fold; where a step has fewer tasks than there
/// are folds, they take turns. With N examples in all folds, n of which train, inputs x standardised, and m the loss's mean,
///
///     f = (m(w; folds but one) + 1/2 N/n sum_i exp(u_i) w_i^2) / c
///     F = m(w; that fold) + 1/(2 N width^2) sum_i (u_i - u_0)^2
///
/// or, for a lasso, with |w_i| in place of N/n w_i^2 / 2, and for an elastic net with both, by strengths of their own; where c
/// bounds the curvature of m for a linear model: the largest eigenvalue of the mean of x x', times 1/2 for the cross-entropy and
/// 2 for the squared error (and a guessed 4 for networks). It changes no minimum, but makes lower rates suit any table. A
/// strength counts beside the sum of the losses, not their mean, so that what was chosen on fewer examples is right for all. The
/// last term of F is a normal prior of the logarithms (`StrengthPrior`): validation alone, on few examples, takes strengths that
/// overfit the folds. They begin at u_0 = log(1/N): with it, exp(-n c f) is the posterior of w under a standard normal prior.
/// With `dropout` the rates of dropout are upper parameters, too (`Dropping`).
public struct Regularisation: Problem {
  /// The word that the command line knows it by.
  public static let name = "regularisation"
  /// One line about it.
  public static let about = "tunes L2 penalties by cross-validation; upper: their logarithms"
  /// How it is trained unless told otherwise.
  public static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    settings.steps = 40
    settings.tasks = 5
    settings.method = .linearSystem
    settings.k = 50
    // Weights that hardly anything holds, such as those of columns that are nearly constant, take descent thousands of steps.
    settings.lowerRule = .lbfgs
    settings.lowerRate = 1
    settings.lowerSteps = 200
    settings.upperRate = 0.2
    return settings
  }

  /// u, with its first values.
  public let upperModel: Model<RegularisationUpper>
  /// w, with its first values.
  public let lowerModel: Model<Sequential>
  /// Where adaptation starts.
  public let start = AdaptationStart.lowerModel
  let settings: RegularisationSettings
  let table: FoldedTable
  let trainings: FoldTrainings
  /// Each lower parameter's strength; what has the number behind the last has that of biases.
  private let group: [Int]
  /// The penalties, and what u is thought to be before anything is seen.
  let penalties: [PenaltyPart]
  /// Those of the upper parameters.
  let firstValues: [Double]
  /// c.
  private let curvature: Double

  /// Reads the data.
  ///
  /// - Throws: As `ExampleTable` and `FoldedTable`.
  public init(_ settings: RegularisationSettings, seed: UInt64) throws {
    try settings.check()
    self.settings = settings
    let table = try FoldedTable(settings, seed: seed)
    self.table = table
    trainings = FoldTrainings(table)
    let lowerModel = try Model(seed: seed) { p in
      settings.network.layers(p, table.inputs, hidden: settings.hidden, table.outputs)
    }
    self.lowerModel = lowerModel
    let groups = settings.grouping.groups(of: lowerModel.parameters)
    group = groups.numbers
    let penalties = try Self.penalties(table, trainings, settings, groups: groups.count)
    self.penalties = penalties
    let layers = settings.network == .linear ? 1 : 2
    let upperModel = try Model(seed: seed) { p in
      RegularisationUpper(p, penalties, dropout: settings.dropout, layers: layers)
    }
    self.upperModel = upperModel
    firstValues = upperModel.values
    curvature = try Self.curvature(table, trainings, settings.network, seed: seed)
  }

  private static func penalties(
    _ table: FoldedTable, _ trainings: FoldTrainings, _ settings: RegularisationSettings,
    groups: Int
  ) throws -> [PenaltyPart] {
    try PenaltyPart.parts(of: settings.penalty) { penalty in
      StrengthPrior(
        first: try firstStrength(penalty, table, trainings, settings), width: settings.priorWidth,
        spread: settings.grouping.isFine ? settings.spread : 0, groups: groups,
        examples: table.trainCount)
    }
  }

  /// exp(u_0). A lasso begins at 1/32 of the strength beyond which there is nothing left of a linear model: in the middle of what
  /// scikit-learn searches, from that strength to a thousandth of it.
  private static func firstStrength(
    _ penalty: RegularisationSettings.Penalty, _ table: FoldedTable, _ trainings: FoldTrainings,
    _ settings: RegularisationSettings
  ) throws(TensorError) -> Double {
    if settings.strength > 0 { return settings.strength }
    let largest =
      penalty == .l1 && settings.network == .linear
      ? try trainings.onAll.largestStrength(in: table) : 0
    return largest > 0 ? largest / 32 : 1 / Double(table.trainCount)
  }

  /// c, of all trainings of lower models.
  private static func curvature(
    _ table: FoldedTable, _ trainings: FoldTrainings, _ network: DenseNetwork, seed: UInt64
  ) throws(TensorError) -> Double {
    // The biases' input is 1, and uncorrelated with the others.
    var spread = 1.0
    for training in [trainings.onAll] + table.split.validating.map(trainings.without) {
      spread = max(spread, try training.largestSpread(in: table, seed: seed))
    }
    // The weights behind a hidden layer multiply the curvature before it.
    return (table.isClassification ? 0.5 : 2) * spread * (network == .linear ? 1 : 4)
  }

  /// The table, where it is a user's own.
  public var data: [DataChecksum] { table.table.checksums }

  /// f.
  public func lowerObjective(_ state: ObjectiveState<RegularisationUpper, Sequential>) -> Tensor {
    let loss = loss(prediction(state), state.target)
    guard let strengths = strengths(.l2, state) else { return scaled(loss, state) }
    let penalty = 0.5 * (strengths * state.lowerParameters.squared).sum()
    return scaled(loss + state["share"] * penalty, state)
  }

  /// What the lower model says in training.
  private func prediction(_ state: ObjectiveState<RegularisationUpper, Sequential>) -> Tensor {
    guard let dropping = state.upperModel.dropping else { return state.lowerModel(state.data) }
    return dropping(state.lowerModel, state.data)
  }

  /// Those of the lasso, or of an elastic net's.
  public func lowerPenalty(_ state: ObjectiveState<RegularisationUpper, Sequential>) -> Tensor? {
    strengths(.l1, state).map { scaled($0, state) }
  }

  /// Divided by c, and by more where dropout makes inputs larger.
  private func scaled(
    _ x: Tensor, _ state: ObjectiveState<RegularisationUpper, Sequential>
  ) -> Tensor {
    state.upperModel.dropping.map { x / curvature / $0.stretch } ?? x / curvature
  }

  /// Of the first strength: what biases have where one is learnt for all weights. It hardly pulls classes towards being as
  /// frequent, but leaves one minimum.
  private static let biasShare = 0.01

  /// A strength for each lower parameter; nil where there is no such penalty.
  private func strengths(
    _ penalty: RegularisationSettings.Penalty,
    _ state: ObjectiveState<RegularisationUpper, Sequential>
  ) -> Tensor? {
    guard let part = penalties.first(where: { $0.penalty == penalty }),
      let strengths = state.upperModel.strengths(penalty)
    else { return nil }
    // One penalty of biases is enough.
    let share = penalty == penalties[0].penalty ? Self.biasShare : 0
    let biases = strengths.constant([share * exp(part.prior.first)], [1])
    return Tensor.concatenated([strengths, biases], axis: 0).rows(state["group"])
  }

  /// F.
  public func upperObjective(_ state: ObjectiveState<RegularisationUpper, Sequential>) -> Tensor {
    penalties.added(
      to: loss(state.lowerModel(state.data), state.target), state.upperParameters)
  }

  private func loss(_ prediction: Tensor, _ target: Tensor) -> Tensor {
    table.table.targets.loss(prediction, target)
  }

  /// One task's data: a fold to validate, the others to train. Each step begins one fold later, so that each fold
  /// validates as often as any other, whatever the number of tasks.
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  public func task(_ index: Int, step: Int) throws -> TaskExamples {
    try task(fold: table.split.fold(ofTask: index, step: step))
  }

  /// The fold's turn.
  public func identity(ofTask index: Int, step: Int) -> Int {
    table.split.turn(ofTask: index, step: step)
  }

  /// The rows of a table.
  public static let isOverRows = true

  func task(fold: Int) throws -> TaskExamples {
    let others = trainings.without(fold)
    return TaskExamples(
      train: try trainExamples(others),
      validate: try table.examples(table.split.folds[fold], standardisedBy: others))
  }

  func trainExamples(_ training: FoldedTable.Training) throws -> Examples {
    try table.examples(
      training.indices, standardisedBy: training,
      [
        .init("group", DataArray(indices: group)),
        .init("share", DataArray([Double(table.trainCount) / Double(training.indices.count)])),
      ])
  }
}

extension RegularisationSettings.Grouping {
  /// Whether there are as many strengths as inputs, or more.
  var isFine: Bool { self == .parameter || self == .feature }

  /// Each lower parameter's strength, and how many there are; the first parameter is a layer's weights, input by input.
  fileprivate func groups(of parameters: [Parameter]) -> (numbers: [Int], count: Int) {
    let counts = parameters.map(\.shape.count)
    let all = counts.reduce(0, +)
    switch self {
    case .parameter: return (Array(0..<all), all)
    case .feature:
      let (inputs, outputs) = (parameters[0].shape[0], parameters[0].shape[1])
      let numbers = (0..<counts[0]).map { $0 / outputs }
      return (
        numbers + Self.repeated(counts.dropFirst(), from: inputs), inputs + counts.count - 1
      )
    case .layer: return (Self.repeated(counts[...], from: 0), counts.count)
    case .one:
      return (
        parameters.flatMap { parameter in
          [Int](repeating: parameter.shape.rank > 1 ? 0 : 1, count: parameter.shape.count)
        }, 1
      )
    }
  }

  /// Numbers from one on, each as often as counts say.
  private static func repeated(_ counts: ArraySlice<Int>, from first: Int) -> [Int] {
    counts.enumerated().flatMap { [Int](repeating: first + $0, count: $1) }
  }
}
