/// A number of an upper model that is followed over upper steps, such as a learnt strength.
public struct FollowedNumber: Sendable, Hashable {
  /// What it is, in a word or two: the same in every step, and no other's.
  public let name: String
  /// The number; one that is not finite is left out.
  public let value: Double

  /// A number by its name.
  public init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }
}
