import BilevelOptimization

/// How a step's numbers are written as a line of text.
public enum MetricsFormat: String, Sendable, CaseIterable {
  /// An object of JSON a line.
  case jsonLines = "jsonl"
  /// Values between commas, under a line of names.
  case commaSeparated = "csv"

  /// The file's name in a run's folder.
  public var fileName: String { "metrics.\(rawValue)" }

  /// The first line, where there is one that belongs to no step; with a method's figures.
  func header(_ figures: [Figure]) -> String? {
    self == .jsonLines ? nil : Self.names(figures).joined(separator: ",")
  }

  func line(_ summary: StepSummary) -> String {
    let fixed = Self.fixed.map { ($0.name, $0.text(summary)) }
    let entries = zip(summary.figures.figures, summary.figures.values)
    switch self {
    case .jsonLines:
      let fields =
        fixed
        + entries.compactMap { figure, value in
          Self.text(figure, value).map { (figure.name, $0) }
        }
        + Self.followed(summary)
      return "{\(fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ","))}"
    case .commaSeparated:
      return (fixed.map(\.1) + entries.flatMap(Self.cells)).joined(separator: ",")
    }
  }

  /// The step of a line; nil where it is no whole line of a method with such figures.
  func step(of line: String, _ figures: [Figure]) -> Int? {
    switch self {
    case .jsonLines:
      let opening = "{\"step\":"
      guard line.hasPrefix(opening), line.hasSuffix("}") else { return nil }
      return Int(line.dropFirst(opening.count).prefix { $0 != "," })
    case .commaSeparated:
      let values = line.split(separator: ",", omittingEmptySubsequences: false)
      return values.count == Self.names(figures).count ? Int(values[0]) : nil
    }
  }

  /// The lines of a file with another first line, in the columns of a method with such figures; columns that it lacks are
  /// empty. Of lines of JSON there is no first line.
  func lines(of bytes: [UInt8], _ figures: [Figure]) -> [UInt8] {
    var rows = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: true)
      .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    guard self == .commaSeparated, !rows.isEmpty else { return [] }
    let old = rows.removeFirst()
    let places = Self.names(figures).map { name in old.firstIndex { $0 == name } }
    let lines = rows.filter { $0.count == old.count }.map { row in
      places.map { $0.map { String(row[$0]) } ?? "" }.joined(separator: ",") + "\n"
    }
    return Array(lines.joined().utf8)
  }

  private struct Column: Sendable {
    let name: String
    let text: @Sendable (StepSummary) -> String

    init(_ name: String, _ text: @escaping @Sendable (StepSummary) -> String) {
      self.name = name
      self.text = text
    }
  }

  /// What every method has.
  private static let fixed = [
    Column("step") { "\($0.step + 1)" }, Column("tasks") { "\($0.tasks)" },
    Column("skipped") { "\($0.skipped)" }, Column("upper_loss") { "\($0.upperLoss)" },
    Column("worst_upper_loss") { "\($0.worstUpperLoss)" },
    Column("worst_task") { "\($0.worstTask)" },
    Column("lower_gradient_norm") { "\($0.lowerGradientNorm)" },
    Column("unconverged") { "\($0.unconverged)" },
    Column("growing") { "\($0.growing)" },
    Column("hypergradient_norm") { "\($0.hypergradientNorm)" },
  ]

  /// The field of the problem's own numbers, where there are some. Columns are the same for all problems, and have none.
  private static func followed(_ summary: StepSummary) -> [(String, String)] {
    let known = summary.followed.filter(\.value.isFinite)
    guard !known.isEmpty else { return [] }
    return [
      (
        followedField,
        "{\(known.map { "\(TensorFile.quoted($0.name)):\($0.value)" }.joined(separator: ","))}"
      )
    ]
  }

  /// The field of the problem's own numbers.
  package static let followedField = "upper"

  /// A figure's value as JSON; nil for one of messages only.
  private static func text(_ figure: Figure, _ value: FigureValues.Value) -> String? {
    switch value {
    case .number(let number): number.map { "\($0)" } ?? "null"
    case .whole(let whole): "\(whole)"
    case .outcomes(let counts):
      "{"
        + zip(figure.outcomes, counts).filter { $1 > 0 }.map { "\"\($0.name)\":\($1)" }
        .joined(separator: ",") + "}"
    case .parameter: nil
    }
  }

  /// The same in cells.
  private static func cells(_ figure: Figure, _ value: FigureValues.Value) -> [String] {
    switch value {
    case .number(let number): [number.map { "\($0)" } ?? ""]
    case .whole(let whole): ["\(whole)"]
    case .outcomes(let counts): counts.map(String.init)
    case .parameter: []
    }
  }

  private static func names(_ figures: [Figure]) -> [String] {
    fixed.map(\.name)
      + figures.flatMap { figure in
        switch figure.combination {
        case .parameter: [String]()
        case .outcomes(let outcomes): outcomes.map { "\(figure.name)_\($0.name)" }
        case .mean, .sum, .count, .least: [figure.name]
        }
      }
  }
}
