/// Something about a step's figures that people are to be warned of, with its remedy.
public struct Alarm: Sendable {
  /// What kind of warning it is: each kind is kept from coming too often.
  public let name: String
  /// How many of a step's tasks give cause.
  public let count: @Sendable (FigureValues) -> Int
  /// What follows "step 3: 2 of 8 ".
  public let text: @Sendable (FigureValues) -> String
  /// What a whole run's number of them comes to, once it is over; nil where that need not be said.
  public let account: (@Sendable (Int) -> String)?

  init(
    _ name: String, _ count: @escaping @Sendable (FigureValues) -> Int,
    _ text: @escaping @Sendable (FigureValues) -> String,
    afterwards account: (@Sendable (Int) -> String)? = nil
  ) {
    self.name = name
    self.count = count
    self.text = text
    self.account = account
  }
}
