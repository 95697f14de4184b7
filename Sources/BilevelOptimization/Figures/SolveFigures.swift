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
    Figure(
      "distance_estimate", "distance from the minimum",
      chart: "Estimate of the lower parameters' distance from their minimum", .mean),
    Figure("gradient_left", "part of the lower gradient left", .mean),
    Figure("far_from_minimum", "hardly adapted", .count),
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

  /// What a hypergradient can be trusted by.
  struct Trust {
    /// An estimate of what the solve leaves wrong in the hypergradient.
    let error: Double
    /// An estimate of the distance to the minimum: the lower gradient's norm over the smallest curvature that was met, which
    /// bounds it where that is the smallest there is. The hypergradient's error grows with it (Pedregosa, 2016).
    let distance: Double
    /// The part of the lower gradient's norm at the start that is left.
    let left: Double

    /// Nothing is known.
    static let unknown = Trust(error: .nan, gradient: .nan, startGradient: nil, curvature: nil)

    init(error: Double, gradient: Double, startGradient: Double?, curvature: Double?) {
      self.error = error
      distance = curvature.flatMap { $0 > 0 ? gradient / $0 : nil } ?? .nan
      left = startGradient.flatMap { $0 > 0 ? gradient / $0 : nil } ?? .nan
    }

    /// Whether the adaptation has left most of the way to go.
    var isFar: Bool { left > 0.5 }
  }

  /// A solve's numbers in the order of ``all``; `flat` is the number of the lower parameter without curvature.
  static func values(_ solve: SolveReport, _ trust: Trust, flat: Int?) -> [Double] {
    let reason = SolveReport.Reason.allCases.firstIndex(of: solve.reason) ?? 0
    return [
      solve.residual, solve.smallestCurvature ?? .nan, Double(solve.products),
      solve.negativeCurvatureSteps > 0 ? 1 : 0, solve.isDiverging ? 1 : 0, trust.error,
      trust.distance.isFinite ? trust.distance : .nan, trust.left.isFinite ? trust.left : .nan,
      trust.isFar ? 1 : 0, flat.map(Double.init) ?? .nan, Double(reason),
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
    Alarm(
      "far",
      { ($0.number("gradient_left") ?? 0) > 0.5 ? $0.whole("far_from_minimum") : 0 },
      {
        let left = $0.number("gradient_left").map {
          String(format: " (%.2g of it in the mean)", $0)
        }
        return "adaptations left more than half of the lower gradient\(left ?? ""), which implicit "
          + "differentiation takes to be 0: raise lower-steps, or set method=unrolled"
      }),
  ]
}
