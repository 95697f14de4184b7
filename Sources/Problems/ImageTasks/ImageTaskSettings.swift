/// Settings of tasks that tell a few classes of images apart, from a few images of each.
public struct ImageTaskSettings: SettingGroup, Equatable {
  /// Ways of choosing the held-out classes.
  public enum Split: String, Sendable, CaseIterable {
    /// Classes in a random order, drawn by the seed.
    case random
    /// As a table of classes says (Vinyals et al., 2016).
    case vinyals
  }

  /// The folder with the data, or `IMAGES,LABELS`; empty: pairs of the embedded digits.
  public var data = ""
  /// Where the held-out classes are, likewise; none: some of the data's own are held out.
  public var test = ""
  /// The IDX file of the images, in that folder; `.gz` may be left out.
  public var images = "omniglot-28-idx3-ubyte"
  /// The IDX file of their classes.
  public var labels = "omniglot-labels-idx1-short"
  /// The table of classes that the Vinyals split is read from.
  public var characters = "characters.tsv"
  /// Classes a task.
  public var ways = 5
  /// Support images a class.
  public var shots = 1
  /// Query images a class.
  public var query = 5
  /// How held-out classes are chosen.
  public var split = Split.random
  /// Classes that train, where the split is random; all others are held out. 0: three quarters, or as many as
  /// leave enough for a task.
  public var trainClasses = 0
  /// Whether a task turns each of its classes by a random number of quarter turns.
  public var rotations = false

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("data", &data, "folder, or IMAGES,LABELS; empty: pairs of the embedded digits")
    try keys("test", &test, "the held-out classes, likewise; empty: some of data's own")
    try keys("images", &images, "IDX file of the images, in that folder; .gz may be left out")
    try keys("labels", &labels, "IDX file of their classes")
    try keys("characters", &characters, "table of classes for split=vinyals")
    try keys("ways", &ways, 2...1000, "classes a task")
    try keys("shots", &shots, 1...1000, "support images a class")
    try keys("query", &query, 1...1000, "query images a class")
    try keys("split", &split, "held-out classes: random, or vinyals")
    try keys(
      "train-classes", &trainClasses, 0...1_000_000,
      "classes that train, where the split is random; 0: three quarters")
    try keys("rotations", &rotations, "whether a task turns its classes by quarter turns")
  }
}
