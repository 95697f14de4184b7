import Foundation

/// The figures and alarms of methods that solve a linear system.
enum SolveFigures {
  static let all = [
    Figure(
      "residual", "residual", chart: "Residual, or last term, that solves ended with", .mean),
    Figure(
      "smallest_curvature", "smallest curvature", chart: "Smallest curvature of a step", .least),
    Figure("products", "products a solve", .sum),
    Figure("negative_curvature", "met negative curvature", .count),
    Figure("diverging", "Neumann terms grew", .count),
    Figure(
      "error_estimate", "error estimate",
      chart: "Estimate of the solve's error in the hypergradient",
      .mean),
    Figure("flat_parameter", "parameter without curvature", .parameter),
    Figure("solves", "How solves ended", .outcomes(outcomes)),
  ]

  private static let outcomes = SolveReport.Reason.allCases.map { reason in
    let title =
      switch reason {
      case .converged: "converged"
      case .stepLimit: "all k steps"
      case .negativeCurvature: "negative curvature"
      case .breakdown: "breakdown"
      case .inconsistent: "no solution"
      case .precisionLimit: "limit of precision"
      }
    return Figure.Outcome(name: reason.rawValue, title: title)
  }

  /// A solve's numbers in the order of ``all``; `error` is an estimate of what it leaves wrong in the hypergradient, `flat` the
  /// number of the lower parameter without curvature.
  static func values(_ solve: SolveReport, error: Double, flat: Int?) -> [Double] {
    let reason = SolveReport.Reason.allCases.firstIndex(of: solve.reason) ?? 0
    return [
      solve.residual, solve.smallestCurvature ?? .nan, Double(solve.products),
      solve.negativeCurvatureSteps > 0 ? 1 : 0, solve.isDiverging ? 1 : 0, error,
      flat.map(Double.init) ?? .nan, Double(reason),
    ]
  }

  static let alarms = [
    Alarm(
      "breakdown", { $0.count("breakdown", of: "solves") },
      { _ in "solves broke down (no curvature, or numbers that are not finite); raise damping" },
      afterwards: {
        "\($0) solves broke down: there was no curvature, or numbers were not finite."
      }),
    Alarm(
      "inconsistent", { $0.count("inconsistent", of: "solves") },
      {
        let place =
          $0.parameter("flat_parameter").map { " in lower parameter '\($0)', perhaps others" } ?? ""
        return "solves found no solution: there is no curvature\(place); raise damping, or "
          + "see that the lower objective curves in every lower parameter, as with an L2 term"
      },
      afterwards: {
        "\($0) linear systems had no solution: lower parameters had no curvature in the lower objective."
      }),
    Alarm(
      "curvature", { $0.whole("negative_curvature") },
      {
        let smallest =
          $0.number("smallest_curvature").map { String(format: ", down to %.3g", $0) } ?? ""
        return "solves met negative curvature\(smallest); raise damping or the "
          + "proximal strength, or adapt for longer (negative-curvature says what a solve does)"
      }),
    Alarm(
      "diverging", { $0.whole("diverging") },
      { _ in
        "Neumann series grew from term to term: lower-rate is above 2 / the "
          + "largest curvature, or curvature is negative; lower it, or set method=LS"
      },
      afterwards: {
        "The terms of \($0) Neumann series grew: lower-rate was above 2 / the largest curvature, or "
          + "curvature was negative."
      }),
  ]
}
