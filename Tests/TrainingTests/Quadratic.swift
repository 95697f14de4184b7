import BilevelOptimization
import MessagePassing
import Models
import Problems
import Tensors
import Training

/// A problem as a user would write one, small enough to be worked out by hand, that can be told to fail.
///
/// f(w) = 1/2 ||w - a||^2 + s/2 ||w - u||^2 and F(w) = 1/2 ||w - b||^2, so H = (1 + s) I, and the hypergradient at any w
/// is s / (1 + s) (w - b).
struct Quadratic: Problem {
  static let name = "quadratic"
  static let about = "two parameters"
  static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    settings.steps = 3
    settings.tasks = 5
    settings.method = .linearSystem
    settings.k = 3
    settings.lowerSteps = 4
    settings.upperRule = .sgd
    settings.upperRate = 0.3
    settings.precision = .double
    return settings
  }

  struct Settings: SettingGroup, Equatable {
    var strength = 0.75
    /// From which step on the faulty task, if any, throws.
    var faultyStep = 0
    var faultyTask = -1
    /// Which task's data are beyond all bounds.
    var divergentTask = -1
    var resultsFail = Switch.off

    enum Switch: String, CaseIterable { case off, on }

    mutating func declare(_ keys: inout SettingKeys) throws {
      try keys.positive("strength", &strength, "pull towards the upper parameters")
      try keys("faulty-step", &faultyStep, 0...100, "first step of the faulty task")
      try keys("faulty-task", &faultyTask, -1...100, "task that throws; -1: none")
      try keys("divergent-task", &divergentTask, -1...100, "task that diverges; -1: none")
      try keys("results-fail", &resultsFail, "whether results throw")
    }
  }

  /// What a faulty task throws.
  struct Fault: ExitCoded, CustomStringConvertible {
    var exitCode: ExitCode { .noInput }
    var description: String { "refused" }
  }

  static let firstValues = [0.5, -1.25]

  let upperModel: Model<Tensor>
  let lowerModel: Model<Tensor>
  let start = AdaptationStart.upperModel
  let settings: Settings

  init(_ settings: Settings, seed: UInt64) throws {
    self.settings = settings
    upperModel = try Model { $0("u", [2]) }
    upperModel.values = Self.firstValues
    lowerModel = try Model { $0("w", [2]) }
  }

  func lowerObjective(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
    0.5 * squaredDistance(state.lowerModel, state.data)
      + 0.5 * settings.strength * squaredDistance(state.lowerModel, state.upperModel)
  }

  func upperObjective(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
    0.5 * squaredDistance(state.lowerModel, state.data)
  }

  func task(_ index: Int, step: Int) throws -> TaskExamples {
    if index == settings.faultyTask, step >= settings.faultyStep { throw Fault() }
    let (a, b) = Self.points(index, step)
    let scale = index == settings.divergentTask ? 1e300 : 1
    return TaskExamples(
      train: Examples(data: DataArray(a.map { $0 * scale }), target: .empty),
      validate: Examples(data: DataArray(b), target: .empty))
  }

  func results(_ training: Adaptation<Tensor, Tensor>) throws -> [ResultTable] {
    if settings.resultsFail == .on { throw Fault() }
    let rows = [upperModel.values.map { "\($0)" }]
    return [ResultTable("Upper parameters", columns: ["first", "second"], rows: rows)]
  }

  /// A task's a and b: of many sizes, so that sums round.
  static func points(_ index: Int, _ step: Int) -> (a: [Double], b: [Double]) {
    let t = Double(index + 1)
    let s = Double(step + 1)
    return ([t / 3, -s / (7 * t)], [1 / (t + s), t * t / 11])
  }
}
