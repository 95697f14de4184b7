import BilevelOptimization
import DataFiles
import Models
import Onnx
import Problems
import Randomness
import Tensors
import Training

/// A problem in PyTorch, as `Launch/igbm_export.py` writes it into a folder: `lower.onnx` and `upper.onnx`, the objectives as
/// graphs of data and of named parameters; `lower.safetensors` and `upper.safetensors`, the modules' first values;
/// `tasks/0.safetensors` and so on, the data. It trains as any problem does, and leaves `lower.safetensors` and
/// `upper.safetensors` for `load_state_dict`.
public struct OnnxProblem: Problem {
  /// The word that the command line knows it by.
  public static let name = "onnx"
  /// One line about it.
  public static let about =
    "a problem in PyTorch, exported to a folder; upper and lower: its modules"
  /// What a folder holds that is one.
  public static let folderMark: String? = "lower.onnx"
  /// How it is trained unless told otherwise.
  public static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    (settings.steps, settings.tasks, settings.upperRate) = (100, 1, 0.01)
    (settings.lowerSteps, settings.lowerRate) = (100, 0.1)
    (settings.method, settings.k) = (.linearSystem, 10)
    return settings
  }

  /// The upper module's parameters, with their first values.
  public let upperModel: Model<OnnxBody>
  /// The lower module's parameters, with their first values.
  public let lowerModel: Model<OnnxBody>
  /// Where adaptation starts.
  public let start: AdaptationStart
  /// The folder.
  public let folder: String
  private let lower, upper: OnnxFunction
  private let upperFile, lowerFile: ModuleFile
  private let tasks: OnnxTasks
  private let order: OnnxSettings.Order
  private let seed: UInt64
  let score: Score?

  /// Reads a folder.
  ///
  /// - Parameter folder: What the export wrote.
  /// - Throws: As ``init(_:seed:)``.
  public init(_ folder: String) throws {
    var settings = OnnxSettings()
    settings.folder = folder
    try self.init(settings, seed: 0)
  }

  /// Reads the folder.
  ///
  /// - Throws: `DataFileError` and `StateError` for files that are missing or not as the export writes them,
  ///   `SettingError` for a start that does not fit.
  public init(_ settings: OnnxSettings, seed: UInt64) throws {
    (folder, order, self.seed) = (settings.folder, settings.order, seed)
    guard !folder.isEmpty else {
      throw SettingError("folder is empty; give the folder that Launch/igbm_export.py wrote")
    }
    lower = try OnnxFunction("\(folder)/lower.onnx")
    upper = try OnnxFunction("\(folder)/upper.onnx")
    lowerFile = try ModuleFile(
      "\(folder)/lower.safetensors", prefix: OnnxInputs.lower, [lower, upper])
    // What adaptation starts at is held as the lower model's parameters are.
    upperFile = try ModuleFile(
      "\(folder)/upper.safetensors", prefix: OnnxInputs.upper, [lower, upper],
      orders: settings.start == .upper ? lowerFile.parameters.map(\.order) : nil)
    (upperModel, lowerModel) = (try upperFile.model(), try lowerFile.model())
    tasks = try OnnxTasks("\(folder)/tasks", lower: lower, upper: upper)
    score = try Score(folder, lower: lower)
    start = settings.start == .upper ? .upperModel : .lowerModel
    guard settings.start == .lower || Self.fit(upperFile, lowerFile) else {
      throw SettingError(
        "adapt-from=upper: the upper model has not the lower one's shapes; use adapt-from=lower")
    }
  }

  private static func fit(_ a: ModuleFile, _ b: ModuleFile) -> Bool {
    a.parameters.map(\.shape) == b.parameters.map(\.shape)
      && a.parameters.map(\.order) == b.parameters.map(\.order)
  }

  /// The tasks' files.
  public var data: [DataChecksum] { [DataChecksum("tasks", tasks.checksum)] }

  /// Rows may be drawn; where a graph is for one number of them, it says so.
  public static let isOverRows = true

  /// f.
  public func lowerObjective(_ state: ObjectiveState<OnnxBody, OnnxBody>) throws -> Tensor {
    try objective(lower, state)
  }

  /// F.
  public func upperObjective(_ state: ObjectiveState<OnnxBody, OnnxBody>) throws -> Tensor {
    try objective(upper, state)
  }

  private func objective(
    _ graph: OnnxFunction, _ state: ObjectiveState<OnnxBody, OnnxBody>
  ) throws -> Tensor {
    let outputs = try graph(OnnxInputs.given(graph, state))
    guard outputs.count == 1, outputs[0].shape.count == 1 else {
      throw DataFileError(
        graph.path, "the objective is not one number", remedy: "take the mean or the sum")
    }
    return outputs[0].reshaped(.scalar)
  }

  /// One task's data.
  ///
  /// - Throws: `SettingError` where a step has more tasks than there are.
  public func task(_ index: Int, step: Int) throws -> TaskExamples {
    guard index < tasks.tasks.count else {
      throw SettingError(
        "\(folder) has \(tasks.tasks.count) tasks, and a step asks for more; set tasks to that at most"
      )
    }
    return tasks.tasks[identity(ofTask: index, step: step)]
  }

  /// The task's file.
  public func identity(ofTask index: Int, step: Int) -> Int {
    let count = tasks.tasks.count
    guard index < count, order == .drawn else { return (index + step) % count }
    var random = RandomStream(seed: seed, purpose: .task, step: step, index: 0)
    return random.choose(index + 1, of: count)[index]
  }

  /// Both modules' values, with their buffers; the lower one's where there is one task.
  ///
  /// - Throws: What adaptation throws.
  public func files(_ training: Adaptation<OnnxBody, OnnxBody>) throws -> [ResultArrays] {
    let upper = upperResults(training.implicit.upperModel.values)
    guard hasOneTask else { return [upper] }
    return [upper, lowerResults(try training.lower(ofTask: 0, tasks.tasks[0].train))]
  }

  /// Whether there is one task, whose lower model then is the run's.
  var hasOneTask: Bool { tasks.tasks.count == 1 }

  /// The upper module with other values.
  package func upperResults(_ values: [Double]) -> ResultArrays {
    upperFile.results(values, as: "upper.safetensors")
  }

  /// The lower module with other values.
  package func lowerResults(_ values: [Double]) -> ResultArrays {
    lowerFile.results(values, as: "lower.safetensors")
  }
}
