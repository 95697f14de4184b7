/// A method as the catalogue has it.
struct MethodEntry: Sendable {
  /// The word that settings know it by.
  let name: String
  /// What it is, in a few words.
  let about: String
  /// The numbers that it tells of each task.
  var figures: [Figure] = []
  /// What people are to be warned of.
  var alarms: [Alarm] = []
  /// Whether it needs df/du.
  var needsDirect = false
  /// Whether the lower level must have an objective, which a fixed point has not.
  var needsObjective = false
  /// Whether it differentiates the adaptation itself: by its rates, and by where it starts.
  var differentiatesAdaptation = false
  /// The vectors that a task keeps for it.
  var vectors: @Sendable (MethodOptions) -> [KeptVector] = { _ in [] }
  /// The solver of its linear systems, where options name none; nil for methods without.
  var solver: SolverEntry?
  /// Throws for options and lower optimisers that make no sense with it.
  var check: @Sendable (MethodOptions, any LowerOptimizer) throws(HypergradientError) -> Void = {
    _, _ in
  }
  /// Makes one.
  let make:
    @Sendable (any LevelPrograms, MethodOptions, any LowerOptimizer) throws ->
      any HypergradientMethod
}

/// All methods, by name.
public struct MethodName: RawRepresentable, Sendable, Hashable, CaseIterable {
  /// All of them: a method is a file and a row here.
  private static let entries =
    ImplicitMethod.allCases.map(ImplicitDifferentiation.entry) + [
      ImplicitDifferentiation.entry, DifferenceDifferentiation.entry, Unrolled.entry,
      FirstOrder.entry, Reptile.entry, OneStepDifference.entry, SingleLoop.entry,
      VarianceReduced.entry,
      FullyFirstOrder.entry, ValueFunction.fixed, ValueFunction.adaptive,
    ]

  /// `LS`: implicit differentiation with conjugate gradients.
  public static let linearSystem = MethodName(ImplicitDifferentiation.entry(.linearSystem))
  /// `NS`: implicit differentiation with a Neumann series.
  public static let neumannSeries = MethodName(ImplicitDifferentiation.entry(.neumannSeries))
  /// `implicit`: implicit differentiation with the solver that the options name.
  public static let implicit = MethodName(ImplicitDifferentiation.entry)

  /// The word that settings know it by.
  public let rawValue: String

  /// All names.
  public static let allCases = entries.map(MethodName.init)

  /// The name, where there is a method of it.
  public init?(rawValue: String) {
    guard Self.entries.contains(where: { $0.name == rawValue }) else { return nil }
    self.rawValue = rawValue
  }

  /// That of a method's row.
  init(_ entry: MethodEntry) { rawValue = entry.name }

  private var entry: MethodEntry {
    guard let entry = Self.entries.first(where: { $0.name == rawValue }) else {
      fatalError("a name is one of a method")
    }
    return entry
  }

  /// What it is, in a few words.
  public var about: String { entry.about }
  /// The numbers that it tells of each task.
  public var figures: [Figure] { entry.figures }
  /// What people are to be warned of.
  public var alarms: [Alarm] { entry.alarms }
  /// Whether it needs df/du of the lower objective.
  package var needsDirect: Bool { entry.needsDirect }

  /// The vectors that a task keeps for it.
  package func vectors(_ options: MethodOptions) -> [KeptVector] { entry.vectors(options) }

  /// Makes the method.
  ///
  /// - Throws: ``HypergradientError`` for options outside their range, or that make no sense with it; `TensorError` where
  ///   there is no memory.
  package func make(
    _ levels: any LevelPrograms, _ options: MethodOptions, _ optimizer: any LowerOptimizer
  ) throws -> any HypergradientMethod {
    try options.check()
    try entry.check(options, optimizer)
    try LowerLevelCheck(levels, entry, options, optimizer).check()
    return try entry.make(levels, options, optimizer)
  }
}

extension ImplicitDifferentiation {
  /// With the solver that the options name.
  static let entry = entry("implicit", "implicit differentiation, with any solver", solver: nil)

  /// A documented one, with its solver.
  static func entry(_ method: ImplicitMethod) -> MethodEntry {
    let about =
      method == .linearSystem ? "implicit: conjugate gradients" : "implicit: Neumann series"
    return entry(method.rawValue, about, solver: method.solver)
  }

  private static func entry(
    _ name: String, _ about: String, solver own: SolverName?
  ) -> MethodEntry {
    MethodEntry(
      name: name, about: about, figures: SolveFigures.all, alarms: SolveFigures.alarms,
      vectors: vectors, solver: (own ?? .conjugateGradient).entry,
      check: { options, _ throws(HypergradientError) in
        if case .interior(.ball) = options.restriction {
          throw HypergradientError(
            .parameter,
            "the lower parameters stay in a ball, whose surface curves: implicit differentiation knows "
              + "flat bounds alone; the set must be non-negative, box or simplex")
        }
        guard let own, let solver = options.solver, solver != own else { return }
        throw HypergradientError(
          .parameter,
          "method \(name) is implicit differentiation with solver \(own.rawValue), and solver is "
            + "\(solver.rawValue); with method implicit it may be that")
      },
      make: { levels, options, _ in
        var options = options
        options.solver = own ?? options.solver
        return try ImplicitDifferentiation(levels, options)
      })
  }
}
