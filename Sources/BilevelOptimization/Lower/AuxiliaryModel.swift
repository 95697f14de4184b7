/// A lower model after adaptation: what hypergradients are taken at.
public struct AuxiliaryModel: Sendable, Equatable {
  /// The adapted lower parameters, in the order of the lower model.
  public var values: [Double]
  /// The lower loss before each step, and where a small gradient ended the adaptation; empty where it was not asked
  /// for.
  public var losses: [Double] = []
  /// The steps made: fewer than scheduled where a small gradient ended the adaptation.
  public var steps = 0

  /// A lower model at given parameters, however they were found.
  ///
  /// - Parameter values: The lower parameters, as many as the lower model has; checked where they are used.
  public init(values: [Double]) {
    self.values = values
  }
}
