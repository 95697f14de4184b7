/// Reptile (Nichol, Achiam and Schulman, 2018): from the adapted parameters to the upper ones, u - w, of which the upper
/// model is to be an initialisation.
final class Reptile: HypergradientMethod {
  static let entry = MethodEntry(
    name: "reptile", about: "u - w, for upper models that are initialisations",
    check: { options, _ throws(HypergradientError) in
      try HypergradientError.require(
        options.startsAtUpper && !options.keepsPoint,
        "method reptile moves the upper parameters towards adapted ones, so that the adaptation must "
          + "be one that starts at them")
    }
  ) { levels, _, _ in Reptile(levels) }

  private let levels: any LevelPrograms

  private init(_ levels: any LevelPrograms) { self.levels = levels }

  var byteCount: Int { 0 }

  func hypergradient(
    _ task: LowerTask, into hypergradient: inout [Double]
  ) throws -> MethodOutcome {
    try task.adapt()
    let point = try AdaptedPoint(
      task.lower, task.data.validate, levels, task, isMoved: true)
    for index in hypergradient.indices {
      hypergradient[index] = task.start[index] - task.lower.point[index]
    }
    return try point.outcome(hypergradient, figures: [])
  }
}

extension MethodName {
  /// `reptile`: u - w.
  public static let reptile = MethodName(Reptile.entry)
}
