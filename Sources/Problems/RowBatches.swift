import BilevelOptimization
import Randomness

/// Batches of a task's rows, drawn without repetition: each epoch is a permutation of the rows, cut into batches of one size;
/// rows that fill no batch wait for the next epoch. What a lower step or a product sees depends on the seed, the upper step,
/// the task and its own number alone.
final class RowBatches: Batches {
  private let train: Examples
  private let settings: TrainingSettings
  private let step: Int
  private let orders: RowOrders
  private let task: Int
  let hasFreshProducts: Bool

  /// A task's batches in an upper step; nil where all rows are seen always.
  init?(
    _ train: Examples, task: Int, step: Int, _ settings: TrainingSettings, _ orders: RowOrders
  ) {
    guard settings.batch > 0 || settings.solveBatch > 0 else { return nil }
    self.train = train
    self.task = task
    self.step = step
    self.settings = settings
    self.orders = orders
    hasFreshProducts = settings.freshProducts && settings.solveBatch > 0
  }

  func lower(step number: Int) throws -> Examples {
    try drawn(settings.batch, .batch, step * settings.lowerSteps + number)
  }

  func solve(product: Int) throws -> Examples {
    let products = hasFreshProducts ? 2 * settings.k + 3 : 1
    return try drawn(settings.solveBatch, .solveBatch, step * products + product)
  }

  private func drawn(_ size: Int, _ purpose: RandomPurpose, _ number: Int) throws -> Examples {
    let count = train.rowCount
    guard size > 0, size < count else { return train }
    let (epoch, place) = number.quotientAndRemainder(dividingBy: count / size)
    let order = orders.order(of: count, purpose, epoch: epoch, task: task)
    return try train.rows(Array(order[place * size..<(place + 1) * size]))
  }
}

/// Permutations of rows; the last one of each task and purpose is kept.
package final class RowOrders {
  private struct Key: Hashable {
    let purpose: RandomPurpose
    let task: Int
  }

  fileprivate let seed: UInt64
  private var kept: [Key: (epoch: Int, order: [Int])] = [:]

  /// Those of a run.
  package init(seed: Int) { self.seed = UInt64(seed) }

  func order(of count: Int, _ purpose: RandomPurpose, epoch: Int, task: Int) -> [Int] {
    let key = Key(purpose: purpose, task: task)
    if let last = kept[key], last.epoch == epoch, last.order.count == count { return last.order }
    var stream = RandomStream(
      seed: seed, purpose: purpose, step: Int(UInt32(truncatingIfNeeded: epoch)),
      index: Int(UInt32(truncatingIfNeeded: task)))
    let order = stream.permutation(of: count)
    kept[key] = (epoch, order)
    return order
  }
}

extension TaskExamples {
  /// What both levels of a task see in an upper step, as the settings have it.
  ///
  /// - Parameters:
  ///   - task: The task's identity.
  ///   - step: The upper step.
  ///   - settings: Batches and their sizes.
  ///   - orders: The run's permutations.
  ///   - isOverRows: Whether they are rows.
  /// - Returns: Its data.
  /// - Throws: `TensorError` where rows cannot be taken apart.
  package func data(
    task: Int, step: Int, _ settings: TrainingSettings, _ orders: RowOrders, isOverRows: Bool
  ) throws -> TaskData {
    var validate = validate
    let (size, count) = (settings.validationBatch, validate.rowCount)
    if size > 0, size < count {
      let (epoch, place) = step.quotientAndRemainder(dividingBy: count / size)
      let order = orders.order(of: count, .validationBatch, epoch: epoch, task: task)
      validate = try validate.rows(Array(order[place * size..<(place + 1) * size]))
    }
    return TaskData(
      train: train, validate: validate,
      batches: RowBatches(train, task: task, step: step, settings, orders),
      blocks: isOverRows ? RowBlocks(self, task: task, step: step, settings) : nil,
      tightness: settings.tightness(step: step),
      draws: MaskSource(seed: orders.seed, step: step, task: task))
  }
}

extension TrainingSettings {
  /// What tolerances are multiplied by in an upper step.
  fileprivate func tightness(step: Int) -> Double {
    (0..<toleranceFall).reduce(1) { tightness, _ in tightness / Double(step + 1) }
  }
}
