/// What random numbers are drawn for: streams of different purposes are independent.
///
/// The raw values are part of every recorded result and never change. Those below 65 536 are for
/// this package; programs that use it may take any other:
///
///     extension RandomPurpose {
///       static let shuffling = RandomPurpose(rawValue: 65_536)
///     }
public struct RandomPurpose: RawRepresentable, Sendable, Hashable {
  /// The number that enters the generator.
  public let rawValue: UInt32

  /// A purpose by its number; take 65 536 or more for one of your own.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// First values of parameters.
  public static let initialisation = RandomPurpose(rawValue: 1)
  /// The examples of a training task.
  public static let task = RandomPurpose(rawValue: 2)
  /// Damage done to data on purpose, such as wrong labels.
  public static let corruption = RandomPurpose(rawValue: 3)
  /// Which examples train, validate and test.
  public static let split = RandomPurpose(rawValue: 4)
  /// Tasks that only measure and never train.
  public static let evaluation = RandomPurpose(rawValue: 5)
  /// What linear solvers draw.
  public static let solve = RandomPurpose(rawValue: 6)
  /// The rows of lower steps.
  public static let batch = RandomPurpose(rawValue: 7)
  /// The rows of products of the lower objective's derivatives.
  public static let solveBatch = RandomPurpose(rawValue: 8)
  /// The rows of upper objectives.
  public static let validationBatch = RandomPurpose(rawValue: 9)
  /// The blocks of rows that upper steps pick.
  public static let block = RandomPurpose(rawValue: 10)
  /// The masks of dropout.
  public static let dropout = RandomPurpose(rawValue: 11)
  /// How the examples of lower steps are changed.
  public static let augmentation = RandomPurpose(rawValue: 12)
}
