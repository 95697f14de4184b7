import BilevelOptimization
import Randomness
import Tensors

/// A task's examples of both levels, cut into blocks of successive rows whose sizes differ by one row at the most. Those that an
/// upper step picks are drawn, and depend on the seed, the upper step and the task alone.
struct RowBlocks: Blocks {
  private let examples: TaskExamples
  let counts: (train: Int, validate: Int)
  let picked: (train: Int, validate: Int)

  /// The blocks of a task in an upper step.
  init(_ examples: TaskExamples, task: Int, step: Int, _ settings: TrainingSettings) {
    self.examples = examples
    counts = (settings.blocks, settings.validationBlocks)
    var stream = RandomStream(
      seed: UInt64(settings.seed), purpose: .block, step: Int(UInt32(truncatingIfNeeded: step)),
      index: Int(UInt32(truncatingIfNeeded: task)))
    picked = (stream.integer(below: counts.train), stream.integer(below: counts.validate))
  }

  func train(_ block: Int) throws -> Examples {
    try examples.train.block(block, of: counts.train, "blocks")
  }

  func validate(_ block: Int) throws -> Examples {
    try examples.validate.block(block, of: counts.validate, "validation-blocks")
  }
}

extension Examples {
  fileprivate func block(_ block: Int, of count: Int, _ setting: String) throws -> Examples {
    guard count <= rowCount else {
      throw SettingError(
        "\(setting)=\(count): the task has \(rowCount) rows; set as many blocks or fewer")
    }
    return try batch(RowNumbers(SlabSums.part(block, of: count, in: rowCount)))
  }
}
