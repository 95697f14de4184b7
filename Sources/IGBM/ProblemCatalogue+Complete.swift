extension ProblemCatalogue {
  /// All problems that `igbm-dist` knows: those that are written here, and those that PyTorch exported.
  public static let complete = builtIn.adding([OnnxProblem.self])
}
