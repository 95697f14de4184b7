/// Lower parameters that take long to train, and are asked for more than once with the same upper parameters.
final class WholeModel {
  private var last: (upper: [Double], lower: [Double])?

  /// Those that go with upper parameters.
  ///
  /// - Parameters:
  ///   - upper: The upper parameters.
  ///   - train: Trains, where the last ones asked for went with others.
  /// - Returns: The lower parameters.
  /// - Throws: What training throws.
  func values(at upper: [Double], _ train: () throws -> [Double]) rethrows -> [Double] {
    if let last, last.upper == upper { return last.lower }
    let lower = try train()
    last = (upper, lower)
    return lower
  }
}
