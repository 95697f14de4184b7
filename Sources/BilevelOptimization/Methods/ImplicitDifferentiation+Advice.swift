import Foundation

/// What a solve says of a run to come.
extension ImplicitDifferentiation {
  func advice() -> [String] {
    let lower = levels.counts.lower
    var list: [String] = []
    if needsCurvature, options.k > lower {
      list.append(
        "k=\(options.k) is more than the \(lower) lower parameters: conjugate gradients end after "
          + "that many steps; set k=\(lower) or less")
    }
    guard let solve else { return list }
    if solve.residual > solve.initialResidual {
      list.append(
        solve.isDiverging
          ? "the Neumann series of the first task grows: the lower learning rate is above 2 / "
            + "the largest curvature, or curvature is negative; lower lower-rate, or set method=LS"
          : "the linear solve of the first task ends further from its solution than it began; "
            + "raise damping")
    }
    if let curvature = solve.smallestCurvature, curvature < 0 {
      list.append(
        "the first task's solve met negative curvature (\(String(format: "%.3g", curvature))): "
          + "raise damping or lower-steps, or set negative-curvature=truncate")
    }
    return list
  }

  func recommendations() -> [String] {
    guard let solve, let smallest = solve.smallestCurvature, let largest = solve.largestCurvature
    else { return [] }
    return Spectrum(smallest: smallest, largest: max(largest, solve.hessianNorm))
      .recommendations(parameters: levels.counts.lower)
  }
}
