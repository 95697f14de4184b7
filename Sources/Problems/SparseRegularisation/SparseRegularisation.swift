import BilevelOptimization
import Foundation
import Models
import Tensors

/// A linear model of sparse rows.
public struct SparseClassifier {
  let weight, bias: Tensor

  init(_ p: Parameters, columns: Int, outputs: Int) {
    weight = p("weight", [columns, outputs])
    bias = p("bias", [outputs])
  }

  /// The outputs of rows, `[n, outputs]`: logits, or a quantity.
  func callAsFunction(_ rows: SparseRows) -> Tensor { matmul(rows, weight) + bias }
}

/// Strengths of penalties of a linear model of sparse rows, one a column, one a class, or one for all (20 newsgroups in Grazzi et
/// al., 2020; a lasso as in Bertrand et al., 2020): the upper parameters u are their logarithms. With n rows that train, N with
/// those that validate, and m the mean cross-entropy of classes, or the mean squared error of standardised quantities,
///
///     f = (m(w) + 1/2 N/n sum_i exp(u_i) w_i^2) / c
///     F = m(w) over rows that validate - log prior(u) / N
///
/// or, for a lasso, with |w_i| in place of N/n w_i^2 / 2, and for an elastic net with both, by strengths of their own; where c
/// bounds the curvature of m, so that lower rates suit any data. Rows are taken as they are. A task is all rows, or all folds but
/// one, which validates; upper steps go on where the last one ended, from the lower parameters and from the solve's solution.
public struct SparseRegularisation: Problem {
  /// The word that the command line knows it by.
  public static let name = "sparse-regularisation"
  /// One line about it.
  public static let about =
    "L2 and L1 strengths of a linear model of sparse rows; upper: one a column"
  /// How it is trained unless told otherwise.
  public static var defaults: TrainingSettings {
    get throws {
      var settings = TrainingSettings()
      (settings.steps, settings.tasks) = (100, 1)
      (settings.method, settings.k) = (.linearSystem, 10)
      settings.start = .previous
      settings.warmSolve = true
      (settings.lowerRule, settings.lowerRate, settings.lowerSteps) = (.momentum, 3, 10)
      settings.upperRate = 0.1
      return settings
    }
  }

  /// u, with its first values.
  public let upperModel: Model<RegularisationUpper>
  /// w, with its first values: 0.
  public let lowerModel: Model<SparseClassifier>
  /// Where adaptation starts.
  public let start = AdaptationStart.lowerModel
  let settings: SparseRegularisationSettings
  let examples: SparseExamples
  let split: FoldedSplit
  /// The penalties, and what u is thought to be before anything is seen.
  let penalties: [PenaltyPart]
  let firstValues: [Double]
  /// A task for each fold that validates.
  let folds: [TaskExamples]
  /// The lower model of all rows that do not test, once it is trained.
  let whole = WholeModel()
  private let curvature: Double

  /// Reads the data.
  ///
  /// - Throws: `DataFileError` for files that cannot be read or do not fit together, `SettingError` for settings that ask for more
  ///   than there is.
  public init(_ settings: SparseRegularisationSettings, seed: UInt64) throws {
    try settings.check()
    self.settings = settings
    let (examples, split) = try Self.parts(settings, seed: seed)
    (self.examples, self.split) = (examples, split)
    let (columns, outputs) = (examples.matrix.columnCount, examples.targets.outputs)
    let penalties = PenaltyPart.parts(of: settings.penalty) { penalty in
      StrengthPrior(
        first: Self.firstStrength(penalty, examples, split, settings), width: settings.priorWidth,
        spread: settings.grouping == .feature ? settings.spread : 0,
        groups: settings.strengths(columns: columns, outputs: outputs), examples: split.trainCount)
    }
    self.penalties = penalties
    let upperModel = try Model(seed: seed) { p in
      RegularisationUpper(p, penalties, dropout: 0, layers: 1)
    }
    self.upperModel = upperModel
    firstValues = upperModel.values
    lowerModel = try Model(seed: seed) { p in
      SparseClassifier(p, columns: columns, outputs: outputs)
    }
    curvature = Self.curvature(examples, split)
    folds = try split.validating.map { fold in
      try Self.task(
        examples, train: split.without(fold), validate: split.folds[fold], of: split.trainCount)
    }
  }

  private static func parts(
    _ settings: SparseRegularisationSettings, seed: UInt64
  ) throws -> (SparseExamples, FoldedSplit) {
    // A configuration may leave it to the command line where the data are.
    guard !settings.data.isEmpty || settings.kind != .regression else {
      throw SettingError(
        "kind=regression: the digits that come with the program have classes; set data to other rows"
      )
    }
    let own = try SparseExamples(settings.data, settings.kind)
    var (all, sizes) = (own, (own: own.targets.count, validation: 0, test: 0))
    if let path = settings.validation.path {
      all = try all.followed(by: path, as: "validation")
      sizes.validation = all.targets.count - sizes.own
    }
    if let path = settings.test.path {
      let before = all.targets.count
      all = try all.followed(by: path, as: "test")
      sizes.test = all.targets.count - before
    }
    let request = DataSplit.Request(
      validation: settings.validation, test: settings.test, train: settings.train,
      isStratified: settings.stratified)
    let split = try FoldedSplit(
      request, folds: settings.folds, sizes: sizes, classes: own.targets.classes, seed: seed)
    return (all, split)
  }

  /// exp(u_0), as in ``Regularisation``.
  private static func firstStrength(
    _ penalty: RegularisationSettings.Penalty, _ examples: SparseExamples, _ split: FoldedSplit,
    _ settings: SparseRegularisationSettings
  ) -> Double {
    if settings.strength > 0 { return settings.strength }
    let all = split.all
    let largest =
      penalty == .l1
      ? examples.largestStrength(all, standardisedBy: examples.targets.standard(all)) : 0
    return largest > 0 ? largest / 32 : 1 / Double(split.trainCount)
  }

  /// c, of all trainings of lower models. The biases' input is 1.
  private static func curvature(_ examples: SparseExamples, _ split: FoldedSplit) -> Double {
    let parts = split.validating.map(split.without)
    guard examples.targets.isClassification else {
      // The power method finds a little less.
      return 2.1
        * (parts + [split.all]).reduce(1) {
          max($0, examples.largestSpread($1, constant: 1))
        }
    }
    return parts.reduce(0) { max($0, 0.5 * max(examples.largestSpread($1), 1e-6) + 0.5) }
  }

  /// Rows that train and rows that validate, where strengths count beside the sum over so many.
  static func task(
    _ examples: SparseExamples, train: [Int], validate: [Int], of count: Int
  ) throws -> TaskExamples {
    let share = DataArray([Double(count) / Double(train.count)])
    let standard = examples.targets.standard(train)
    return TaskExamples(
      train: try examples.examples(train, standardisedBy: standard, [.init("share", share)]),
      validate: try examples.examples(validate, standardisedBy: standard))
  }

  /// The rows and their targets, where they are a user's own.
  public var data: [DataChecksum] { examples.checksums }

  private func loss(
    _ state: ObjectiveState<RegularisationUpper, SparseClassifier>
  ) -> Tensor {
    let rows = SparseRows(
      starts: state["starts"], columns: state["columns"], values: state.data)
    return examples.targets.loss(state.lowerModel(rows), state.target)
  }

  /// f.
  public func lowerObjective(
    _ state: ObjectiveState<RegularisationUpper, SparseClassifier>
  ) -> Tensor {
    guard let strengths = state.upperModel.strengths(.l2) else { return loss(state) / curvature }
    let penalty = squares(strengths, state.lowerModel)
    return (loss(state) + 0.5 * state["share"] * penalty).sum() / curvature
  }

  /// sum s w^2.
  private func squares(_ strengths: Tensor, _ model: SparseClassifier) -> Tensor {
    let columns = model.weight.shape[0]
    let biases = model.bias.squared
    let own = settings.penalty == .l2
    let weights: Tensor
    switch settings.grouping {
    case .one:
      let sum = model.weight.squared.sum(axes: [1]).sum()
      weights = strengths.sum() * (own ? sum + biases.sum() : sum)
    case .ofClass:
      let squares = model.weight.squared.sum(axes: [0])
      weights = (strengths * (own ? squares + biases : squares)).sum()
    case .feature:
      let squares = model.weight.squared.sum(axes: [1])
      let sum = (strengths.sliced(0, 0..<columns) * squares).sum()
      weights = own ? sum + strengths.at(columns) * biases.sum() : sum
    }
    return own ? weights : weights + Self.biasShare * exp(penalties[0].prior.first) * biases.sum()
  }

  /// Of the first strength: what biases have of a lasso or an elastic net.
  private static var biasShare: Double { 0.01 }

  /// Those of the lasso, or of an elastic net's.
  public func lowerPenalty(
    _ state: ObjectiveState<RegularisationUpper, SparseClassifier>
  ) -> Tensor? {
    guard let strengths = state.upperModel.strengths(.l1) else { return nil }
    let shape = state.lowerModel.weight.shape
    let isFeature = settings.grouping == .feature
    let weights = (isFeature ? strengths.reshaped([shape[0], 1]) : strengths).broadcast(to: shape)
    // One penalty of biases is enough.
    let share = settings.penalty == .l1 ? Self.biasShare * exp(penalties[0].prior.first) : 0
    let biases = strengths.constant([Double](repeating: share, count: shape[1]), [shape[1]])
    return Tensor.concatenated([weights.reshaped([shape.count]), biases], axis: 0) / curvature
  }

  /// F.
  public func upperObjective(
    _ state: ObjectiveState<RegularisationUpper, SparseClassifier>
  ) -> Tensor {
    penalties.added(to: loss(state), state.upperParameters)
  }

  /// All rows, or a fold's turn to validate.
  public func task(_ index: Int, step: Int) throws -> TaskExamples {
    folds[split.turn(ofTask: index, step: step)]
  }

  /// The fold's turn.
  public func identity(ofTask index: Int, step: Int) -> Int {
    split.turn(ofTask: index, step: step)
  }
}

extension SparseRegularisationSettings {
  /// How many strengths a penalty has.
  fileprivate func strengths(columns: Int, outputs: Int) -> Int {
    switch grouping {
    case .one: 1
    case .ofClass: outputs
    // Biases have one of a penalty of squares alone.
    case .feature: penalty == .l2 ? columns + 1 : columns
    }
  }
}
