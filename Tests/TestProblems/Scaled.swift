import BilevelOptimization
import Models
import Problems
import Tensors

/// Settings of ``Scaled``.
package struct ScaledSettings<Base: SettingGroup>: SettingGroup {
  package var base = Base()
  package var exponent = 0

  package init() {}

  package mutating func declare(_ keys: inout SettingKeys) throws {
    try base.declare(&keys)
    try keys("exponent", &exponent, -1000...1000, "the upper objective is times 2 to that power")
  }
}

/// Another problem with its upper objective times a power of two.
package struct Scaled<Base: Problem>: Problem {
  package static var name: String { "scaled-\(Base.name)" }
  package static var about: String { Base.about }
  package static var defaults: TrainingSettings { get throws { try Base.defaults } }

  private let base: Base
  private let exponent: Int

  package init(_ settings: ScaledSettings<Base.Settings>, seed: UInt64) throws {
    base = try Base(settings.base, seed: seed)
    exponent = settings.exponent
  }

  package var upperModel: Model<Base.Upper> { base.upperModel }
  package var lowerModel: Model<Base.Lower> { base.lowerModel }
  package var start: AdaptationStart { base.start }

  package func lowerObjective(_ state: ObjectiveState<Base.Upper, Base.Lower>) throws -> Tensor {
    try base.lowerObjective(state)
  }

  package func upperObjective(_ state: ObjectiveState<Base.Upper, Base.Lower>) throws -> Tensor {
    try Double(sign: .plus, exponent: exponent, significand: 1) * base.upperObjective(state)
  }

  package func task(_ index: Int, step: Int) throws -> TaskExamples {
    try base.task(index, step: step)
  }
}
