import BilevelOptimization
import Randomness
import Tensors

/// Batches of a task's rows, drawn without repetition: each epoch is a permutation of the rows, cut into batches of one size,
/// or of batches of neighbouring rows; rows that fill no batch wait for the next epoch. What a lower step or a product sees
/// depends on the seed, the upper step, the task and its own number alone.
final class RowBatches: Batches {
  private let train: Examples
  private let count: Int
  private let orders: RowOrders
  private let augmentation: (any Augmentation)?
  private let task: Int
  private let sizes: (lower: Int, solve: Int)
  /// The numbers of the first lower step's batch and of the first product's, among those of all upper steps.
  private let first: (lower: Int, solve: Int)
  private var order: (lower: RowOrder?, solve: RowOrder?)
  let hasFreshProducts: Bool
  let differ: Bool

  /// A task's batches in an upper step; nil where all rows are seen always, as they are.
  init?(
    _ train: Examples, task: Int, step: Int, _ settings: TrainingSettings, _ orders: RowOrders,
    _ augmentation: (any Augmentation)? = nil
  ) {
    guard settings.batch > 0 || settings.solveBatch > 0 || augmentation != nil else { return nil }
    self.augmentation = augmentation
    self.train = train
    count = train.rowCount
    self.task = task
    self.orders = orders
    sizes = (settings.batch, settings.solveBatch)
    differ = augmentation != nil || settings.batch > 0 && settings.batch < count
    hasFreshProducts = settings.hasFreshProducts
    first = (
      step * settings.lowerSteps, step * (hasFreshProducts ? 2 * settings.k + 3 : 1)
    )
  }

  func lower(step number: Int) throws -> Examples {
    let batch = try drawn(sizes.lower, .batch, first.lower + number, &order.lower)
    guard let augmentation else { return batch }
    var stream = RandomStream(
      seed: orders.seed, purpose: .augmentation,
      step: Int(UInt32(truncatingIfNeeded: first.lower + number)),
      index: Int(UInt32(truncatingIfNeeded: task)))
    return try augmentation(batch, &stream)
  }

  func solve(product: Int) throws -> Examples {
    try drawn(sizes.solve, .solveBatch, first.solve + product, &order.solve)
  }

  private func drawn(
    _ size: Int, _ purpose: RandomPurpose, _ number: Int, _ order: inout RowOrder?
  ) throws -> Examples {
    guard size > 0, size < count else { return train }
    return try train.batch(
      orders.rows(size, of: count, purpose, batch: number, task: task, &order))
  }
}

/// An epoch's permutation: of the rows, or of batches of neighbours, the first of which begins at a row.
package struct RowOrder {
  let epoch: Int
  let places: [Int]
  let firstRow: Int
}

/// Permutations of rows or batches; the last one of each task and purpose is kept.
package final class RowOrders {
  private struct Key: Hashable {
    let purpose: RandomPurpose
    let task: Int
  }

  fileprivate let seed: UInt64
  private let rule: TrainingSettings.BatchRule
  private var kept: [Key: RowOrder] = [:]

  /// Those of a run.
  package init(seed: Int, _ rule: TrainingSettings.BatchRule = .drawn) {
    (self.seed, self.rule) = (UInt64(seed), rule)
  }

  /// The rows of a batch; `last` is an order that may be the one that is wanted, and becomes it.
  func rows(
    _ size: Int, of count: Int, _ purpose: RandomPurpose, batch number: Int, task: Int,
    _ last: inout RowOrder?
  ) -> RowNumbers {
    let (epoch, place) = number.quotientAndRemainder(dividingBy: count / size)
    let length = rule == .drawn ? count : count / size
    let wanted: RowOrder
    if let last, last.epoch == epoch, last.places.count == length {
      wanted = last
    } else {
      wanted = order(of: length, leaving: count % size, purpose, epoch: epoch, task: task)
      last = wanted
    }
    guard rule == .drawn else {
      let first = wanted.firstRow + wanted.places[place] * size
      return RowNumbers(first..<first + size)
    }
    return RowNumbers(wanted.places, place * size..<(place + 1) * size, below: count)
  }

  /// `rest` rows fill no batch: with neighbours some before the first, the others after the last one.
  private func order(
    of count: Int, leaving rest: Int, _ purpose: RandomPurpose, epoch: Int, task: Int
  ) -> RowOrder {
    let key = Key(purpose: purpose, task: task)
    if let last = kept[key], last.epoch == epoch, last.places.count == count { return last }
    var stream = RandomStream(
      seed: seed, purpose: purpose, step: Int(UInt32(truncatingIfNeeded: epoch)),
      index: Int(UInt32(truncatingIfNeeded: task)))
    let places = stream.permutation(of: count)
    let order = RowOrder(
      epoch: epoch, places: places,
      firstRow: rule == .drawn ? 0 : stream.integer(below: rest + 1))
    kept[key] = order
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
  ///   - augmentation: What becomes of those of a lower step.
  /// - Returns: Its data.
  /// - Throws: `TensorError` where rows cannot be taken apart.
  package func data(
    task: Int, step: Int, _ settings: TrainingSettings, _ orders: RowOrders, isOverRows: Bool,
    _ augmentation: (any Augmentation)? = nil
  ) throws -> TaskData {
    var validate = validate
    let (size, count) = (settings.validationBatch, validate.rowCount)
    if size > 0, size < count {
      var order: RowOrder?
      validate = try validate.batch(
        orders.rows(size, of: count, .validationBatch, batch: step, task: task, &order))
    }
    return TaskData(
      train: train, validate: validate,
      batches: RowBatches(train, task: task, step: step, settings, orders, augmentation),
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
