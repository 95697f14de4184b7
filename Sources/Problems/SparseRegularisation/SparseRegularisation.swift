import BilevelOptimization
import Models
import Tensors

/// A linear classifier of sparse rows.
public struct SparseClassifier {
  let weight, bias: Tensor

  init(_ p: Parameters, columns: Int, classes: Int) {
    weight = p("weight", [columns, classes])
    bias = p("bias", [classes])
  }

  /// The logits of rows, `[n, classes]`.
  func callAsFunction(_ rows: SparseRows) -> Tensor { matmul(rows, weight) + bias }
}

/// Strengths of an L2 penalty on a linear classifier of sparse rows, one a column or one for all (20 newsgroups in Grazzi et al.,
/// 2020): the upper parameters u are their logarithms. With n rows that train, N with those that validate, and m the mean
/// cross-entropy,
///
///     f = (m(w) + 1/2 N/n sum_i exp(u_i) w_i^2) / c
///     F = m(w) over rows that validate - log prior(u) / N
///
/// where c bounds the curvature of m, so that lower rates suit any data. Rows are taken as they are. The only task is all rows,
/// and upper steps go on where the last one ended, from the lower parameters and from the solve's solution.
public struct SparseRegularisation: Problem {
  /// The word that the command line knows it by.
  public static let name = "sparse-regularisation"
  /// One line about it.
  public static let about =
    "L2 strengths of a linear classifier of sparse rows; upper: one a column"
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
  public let upperModel: Model<Tensor>
  /// w, with its first values: 0.
  public let lowerModel: Model<SparseClassifier>
  /// Where adaptation starts.
  public let start = AdaptationStart.lowerModel
  let settings: SparseRegularisationSettings
  let examples: SparseExamples
  let split: DataSplit
  let prior: StrengthPrior
  let firstValues: [Double]
  /// The only task.
  let whole: TaskExamples
  private let curvature: Double

  /// Reads the data.
  ///
  /// - Throws: `DataFileError` for files that cannot be read or do not fit together, `SettingError` for settings that ask for more
  ///   than there is.
  public init(_ settings: SparseRegularisationSettings, seed: UInt64) throws {
    try settings.check()
    self.settings = settings
    (examples, split) = try Self.parts(settings, seed: seed)
    let (columns, classes) = (examples.matrix.columnCount, examples.classNames.count)
    let count = split.train.count + split.validate.count
    let prior = StrengthPrior(
      first: settings.strength > 0 ? settings.strength : 1 / Double(count),
      width: settings.priorWidth, spread: settings.grouping == .feature ? settings.spread : 0,
      groups: settings.grouping == .feature ? columns + 1 : 1, examples: count)
    self.prior = prior
    let upperModel = try Model(seed: seed) { p in prior.logarithms(p) }
    self.upperModel = upperModel
    firstValues = upperModel.values
    lowerModel = try Model(seed: seed) { p in
      SparseClassifier(p, columns: columns, classes: classes)
    }
    // The biases' input is 1.
    curvature = 0.5 * max(examples.largestSpread(split.train), 1e-6) + 0.5
    whole = try Self.task(examples, train: split.train, validate: split.validate, of: count)
  }

  private static func parts(
    _ settings: SparseRegularisationSettings, seed: UInt64
  ) throws -> (SparseExamples, DataSplit) {
    let own = try SparseExamples(settings.data)
    var (all, sizes) = (own, (own: own.classes.count, validation: 0, test: 0))
    if let path = settings.validation.path {
      all = try all.followed(by: path, as: "validation")
      sizes.validation = all.classes.count - sizes.own
    }
    if let path = settings.test.path {
      let before = all.classes.count
      all = try all.followed(by: path, as: "test")
      sizes.test = all.classes.count - before
    }
    let request = DataSplit.Request(
      validation: settings.validation, test: settings.test, train: settings.train,
      isStratified: settings.stratified)
    return (all, try DataSplit(request, sizes: sizes, classes: own.classes, seed: seed))
  }

  /// Rows that train and rows that validate, where strengths count beside the sum over so many.
  static func task(
    _ examples: SparseExamples, train: [Int], validate: [Int], of count: Int
  ) throws -> TaskExamples {
    let share = DataArray([Double(count) / Double(train.count)])
    return TaskExamples(
      train: try examples.examples(train, [.init("share", share)]),
      validate: try examples.examples(validate))
  }

  /// The rows and their classes, where they are a user's own.
  public var data: [DataChecksum] { examples.checksums }

  private func loss(_ state: ObjectiveState<Tensor, SparseClassifier>) -> Tensor {
    let rows = SparseRows(
      starts: state["starts"], columns: state["columns"], values: state.data)
    return crossEntropy(state.lowerModel(rows), state.target)
  }

  /// f.
  public func lowerObjective(_ state: ObjectiveState<Tensor, SparseClassifier>) -> Tensor {
    let (strengths, model) = (exp(state.upperModel), state.lowerModel)
    let (weight, bias) = (model.weight.squared.sum(axes: [1]), model.bias.squared.sum())
    let columns = weight.shape[0]
    let penalty =
      settings.grouping == .one
      ? strengths.sum() * (weight.sum() + bias)
      : (strengths.sliced(0, 0..<columns) * weight).sum() + strengths.at(columns) * bias
    return (loss(state) + 0.5 * state["share"] * penalty).sum() / curvature
  }

  /// F.
  public func upperObjective(_ state: ObjectiveState<Tensor, SparseClassifier>) -> Tensor {
    prior.term(state.upperParameters).map { loss(state) + $0 } ?? loss(state)
  }

  /// All rows.
  public func task(_ index: Int, step: Int) throws -> TaskExamples { whole }
}
