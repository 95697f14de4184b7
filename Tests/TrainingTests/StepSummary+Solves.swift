import BilevelOptimization
import Training

/// Summaries of a method that solves linear systems.
extension StepSummary {
  init(
    step: Int, tasks: Int, skipped: Int, upperLoss: Double, worstUpperLoss: Double,
    worstTask: Int, lowerGradientNorm: Double, unconverged: Int, growing: Int = 0, residual: Double,
    products: Int, reasons: [SolveReport.Reason: Int], negativeCurvature: Int, diverging: Int = 0,
    flatParameter: String? = nil, smallestCurvature: Double?, hypergradientNorm: Double
  ) {
    let figures = MethodName.linearSystem.figures
    let values = figures.map { figure -> FigureValues.Value in
      switch figure.name {
      case "residual": .number(residual)
      case "smallest_curvature": .number(smallestCurvature)
      case "products": .whole(products)
      case "negative_curvature": .whole(negativeCurvature)
      case "diverging": .whole(diverging)
      case "error_estimate", "distance_estimate", "gradient_left": .number(nil)
      case "far_from_minimum": .whole(0)
      case "flat_parameter": .parameter(flatParameter)
      default: .outcomes(SolveReport.Reason.allCases.map { reasons[$0] ?? 0 })
      }
    }
    self.init(
      step: step, tasks: tasks, skipped: skipped, upperLoss: upperLoss,
      worstUpperLoss: worstUpperLoss, worstTask: worstTask, lowerGradientNorm: lowerGradientNorm,
      unconverged: unconverged, growing: growing, figures: FigureValues(figures, values),
      hypergradientNorm: hypergradientNorm)
  }

  var residual: Double { figures.number("residual") ?? .nan }
  var smallestCurvature: Double? { figures.number("smallest_curvature") }
  var products: Int { figures.whole("products") }
  var negativeCurvature: Int { figures.whole("negative_curvature") }
  var reasons: [SolveReport.Reason: Int] {
    Dictionary(
      uniqueKeysWithValues: SolveReport.Reason.allCases.map {
        ($0, figures.count($0.rawValue, of: "solves"))
      })
  }
}

extension HealthWatch {
  init(lowerTolerance: String, hosts: [String]) {
    self.init(MethodName.linearSystem.alarms, lowerTolerance: lowerTolerance, hosts: hosts)
  }
}

extension RunRecords {
  convenience init(in folder: RunFolder, _ extras: [Extra], after steps: Int) throws {
    try self.init(in: folder, extras, figures: MethodName.linearSystem.figures, after: steps)
  }
}
