import BilevelOptimization

/// How a step's numbers are written as a line of text.
public enum MetricsFormat: String, Sendable, CaseIterable {
  /// An object of JSON a line.
  case jsonLines = "jsonl"
  /// Values between commas, under a line of names.
  case commaSeparated = "csv"

  /// The file's name in a run's folder.
  public var fileName: String { "metrics.\(rawValue)" }

  /// The first line, where there is one that belongs to no step.
  var header: String? {
    self == .jsonLines ? nil : Self.columns.map(\.name).joined(separator: ",")
  }

  func line(_ summary: StepSummary) -> String {
    switch self {
    case .jsonLines:
      let fields = Self.numbers.map { "\"\($0.name)\":\($0.text(summary) ?? "null")" }
      let solves = Self.reasons.compactMap { reason in
        summary.reasons[reason].flatMap { $0 > 0 ? "\"\(reason.rawValue)\":\($0)" : nil }
      }
      return "{\(fields.joined(separator: ",")),\"solves\":{\(solves.joined(separator: ","))}}"
    case .commaSeparated:
      return Self.columns.map { $0.text(summary) ?? "" }.joined(separator: ",")
    }
  }

  /// The step of a line; nil where it is no whole line.
  func step(of line: String) -> Int? {
    switch self {
    case .jsonLines:
      let opening = "{\"step\":"
      guard line.hasPrefix(opening), line.hasSuffix("}") else { return nil }
      return Int(line.dropFirst(opening.count).prefix { $0 != "," })
    case .commaSeparated:
      let values = line.split(separator: ",", omittingEmptySubsequences: false)
      return values.count == Self.columns.count ? Int(values[0]) : nil
    }
  }

  private struct Column: Sendable {
    let name: String
    let text: @Sendable (StepSummary) -> String?

    init(_ name: String, _ text: @escaping @Sendable (StepSummary) -> String?) {
      self.name = name
      self.text = text
    }
  }

  private static var reasons: [SolveReport.Reason] { SolveReport.Reason.allCases }

  private static let numbers = [
    Column("step") { "\($0.step + 1)" }, Column("tasks") { "\($0.tasks)" },
    Column("skipped") { "\($0.skipped)" }, Column("upper_loss") { "\($0.upperLoss)" },
    Column("worst_upper_loss") { "\($0.worstUpperLoss)" },
    Column("worst_task") { "\($0.worstTask)" },
    Column("lower_gradient_norm") { "\($0.lowerGradientNorm)" },
    Column("unconverged") { "\($0.unconverged)" },
    Column("growing") { "\($0.growing)" },
    Column("hypergradient_norm") { "\($0.hypergradientNorm)" },
    Column("residual") { "\($0.residual)" },
    Column("smallest_curvature") { $0.smallestCurvature.map { "\($0)" } },
    Column("products") { "\($0.products)" },
    Column("negative_curvature") { "\($0.negativeCurvature)" },
    Column("diverging") { "\($0.diverging)" },
  ]

  private static let columns =
    numbers
    + reasons.map { reason in
      Column("solves_\(reason.rawValue)") { "\($0.reasons[reason] ?? 0)" }
    }
}
