import IGBM

struct RidgeSettings: SettingGroup {
  var noise = 2.0
  mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("noise", &noise, 0...10, "noise of the targets")
  }
}

struct Ridge: Problem {
  static let name = "ridge"
  static let about = "ridge regression; upper: the logarithm of its strength"
  static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    (settings.steps, settings.tasks, settings.lowerSteps) = (100, 8, 300)
    (settings.method, settings.k, settings.upperRate) = (.linearSystem, 20, 0.1)
    return settings
  }
  let upperModel: Model<Tensor>, lowerModel: Model<Tensor>
  let start = AdaptationStart.lowerModel
  let noise: Double, seed: UInt64

  init(_ settings: RidgeSettings, seed: UInt64) throws {
    (noise, self.seed) = (settings.noise, seed)
    upperModel = try Model { p in p("log-strength", [1], .constant(-5)) }
    lowerModel = try Model { p in p("weights", [20, 1]) }
  }
  func lowerObjective(_ s: ObjectiveState<Tensor, Tensor>) -> Tensor {
    squaredError(matmul(s.data, s.lowerModel), s.target)
      + (exp(s.upperModel) * s.lowerParameters.squared).mean()
  }
  func upperObjective(_ s: ObjectiveState<Tensor, Tensor>) -> Tensor {
    squaredError(matmul(s.data, s.lowerModel), s.target)
  }
  func task(_ index: Int, step: Int) throws -> TaskExamples {
    var random = RandomStream(seed: seed, purpose: .task, step: step, index: index)
    let truth = (0..<20).map { _ in random.normal() }
    func draw(_ count: Int) throws -> Examples {
      let x = (0..<count * 20).map { _ in random.normal() }
      let y = (0..<count).map { row in
        (0..<20).reduce(noise * random.normal()) { $0 + x[row * 20 + $1] * truth[$1] }
      }
      return Examples(data: try DataArray([count, 20], x), target: try DataArray([count, 1], y))
    }
    return TaskExamples(train: try draw(30), validate: try draw(30))
  }
}

@main enum Program {
  static func main() { IGBM.main(problems: [Ridge.self]) }
}
