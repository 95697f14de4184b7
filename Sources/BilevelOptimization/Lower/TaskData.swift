/// What both levels of a task see.
public struct TaskData {
  /// All of what the lower objective sees.
  public let train: Examples
  /// What the upper objective sees.
  public let validate: Examples
  /// What single lower steps and products see of it; nil: all.
  public let batches: (any Batches)?
  /// Both levels' examples in blocks, for methods that keep something of each; nil where there are none.
  public let blocks: (any Blocks)?
  /// What tolerances of the adaptation and the solve are multiplied by in this upper step (HOAG: Pedregosa, 2016).
  public let tightness: Double
  /// What the masks of its lower objective are drawn from.
  public let draws: MaskSource

  /// A task's data.
  public init(
    train: Examples, validate: Examples, batches: (any Batches)? = nil,
    blocks: (any Blocks)? = nil, tightness: Double = 1, draws: MaskSource = MaskSource()
  ) {
    self.train = train
    self.validate = validate
    self.batches = batches
    self.blocks = blocks
    self.tightness = tightness
    self.draws = draws
  }
}

/// The examples of both levels, each cut into blocks, and a block of each that an upper step has picked.
public protocol Blocks {
  /// How many blocks.
  var counts: (train: Int, validate: Int) { get }
  /// Those of this upper step, from 0.
  var picked: (train: Int, validate: Int) { get }

  /// What the lower objective sees of a block.
  func train(_ block: Int) throws -> Examples
  /// What the upper objective sees of a block.
  func validate(_ block: Int) throws -> Examples
}

/// The examples of single lower steps, and of the derivatives that the hypergradient is made of: of one task in one upper
/// step.
public protocol Batches {
  /// Whether lower steps see other examples than each other; by default they do.
  var differ: Bool { get }
  /// Whether every product of the lower objective's derivatives has examples of its own.
  var hasFreshProducts: Bool { get }

  /// What the lower objective sees in a lower step of this upper step, from 0.
  func lower(step: Int) throws -> Examples
  /// What it sees in a product of this upper step, from 0; only 0 is asked for where products are not fresh.
  func solve(product: Int) throws -> Examples
}

extension Batches {
  /// They do.
  public var differ: Bool { true }
}
