/// A lower model that a finished run leaves, to predict with and to take to other libraries.
public struct TrainedLower: Sendable {
  /// Numbers that belong to it.
  public struct Extra: Sendable, Equatable {
    /// What they are: `inputs/mean`.
    public let name: String
    /// The numbers.
    public let values: [Double]

    /// Numbers by their name.
    public init(_ name: String, _ values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  /// The lower parameters.
  public let values: [Double]
  /// Numbers that inputs and predictions go through, such as means and scales.
  public let extras: [Extra]
  /// Words about it, by keys: what inputs and classes are called.
  public let words: [(key: String, value: String)]

  /// A lower model.
  public init(
    _ values: [Double], extras: [Extra] = [], words: [(key: String, value: String)] = []
  ) {
    self.values = values
    self.extras = extras
    self.words = words
  }
}
