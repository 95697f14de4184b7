import IGBM

struct ClassifierSettings: SettingGroup {
  var inputs = "inputs.npy", classes = "classes.npy"
  mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("inputs", &inputs, "rows of numbers")
    try keys("classes", &classes, "the class of each row, from 0")
  }
}

struct Classifier: Problem {
  static let name = "classifier"
  static let about = "a small network; upper: the logarithm of its L2 strength"
  static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    (settings.steps, settings.tasks, settings.upperRate) = (50, 4, 0.1)
    (settings.lowerSteps, settings.lowerRate) = (200, 0.3)
    (settings.method, settings.k, settings.damping) = (.linearSystem, 20, 0.1)
    return settings
  }
  let upperModel: Model<Tensor>, lowerModel: Model<Sequential>
  let start = AdaptationStart.lowerModel
  let inputs: FileArray, classes: [Int], data: [DataChecksum], seed: UInt64

  init(_ settings: ClassifierSettings, seed: UInt64) throws {
    let (inputs, labels) = (try NPY.read(settings.inputs), try NPY.read(settings.classes))
    let classes = try labels.labels(count: inputs.rows, of: settings.inputs)
    (self.inputs, self.classes, self.seed) = (inputs, classes, seed)
    data = [DataChecksum("inputs", inputs.checksum), DataChecksum("classes", labels.checksum)]
    upperModel = try Model { p in p("log-strength", [1], .constant(-2)) }
    lowerModel = try Model(seed: seed) { p in
      Sequential(
        Dense(p.part("hidden"), inputs.rowCount, 16), Activation.tanh,
        Dense(p.part("output"), 16, (classes.max() ?? 0) + 1))
    }
  }
  func lowerObjective(_ s: ObjectiveState<Tensor, Sequential>) -> Tensor {
    upperObjective(s) + (exp(s.upperModel) * s.lowerParameters.squared).sum()
  }
  func upperObjective(_ s: ObjectiveState<Tensor, Sequential>) -> Tensor {
    crossEntropy(s.lowerModel(s.data), s.target)
  }
  func task(_ index: Int, step: Int) throws -> TaskExamples {
    var random = RandomStream(seed: seed, purpose: .task, step: step, index: index)
    let rows = random.permutation(of: inputs.rows)
    func examples(_ rows: ArraySlice<Int>) throws -> Examples {
      let values = rows.flatMap { inputs.row($0) }
      return Examples(
        data: try DataArray([rows.count, inputs.rowCount], values),
        target: DataArray(indices: rows.map { classes[$0] }))
    }
    let half = rows.count / 2
    return TaskExamples(train: try examples(rows[..<half]), validate: try examples(rows[half...]))
  }
}

@main enum Program {
  static func main() { IGBM.main(problems: [Classifier.self]) }
}
