/// A number that a method tells of each task beside its hypergradient, and how a step's tasks put theirs together. Files,
/// charts and messages go over what is declared, and know no figure by name.
public struct Figure: Sendable, Hashable {
  /// How the tasks' numbers become the step's.
  public enum Combination: Sendable, Hashable {
    /// The mean of those that have one, rounded once.
    case mean
    /// The sum of whole numbers.
    case sum
    /// The number of tasks for which it is 1, of those for which it is 1 or 0.
    case count
    /// The smallest.
    case least
    /// How many tasks have which of some outcomes; the number is an outcome's place.
    case outcomes([Outcome])
    /// The first task's number of a lower parameter; for messages only.
    case parameter
  }

  /// One of several ends that something can have.
  public struct Outcome: Sendable, Hashable {
    /// Its word in files, which stays.
    public let name: String
    /// What people read.
    public let title: String
  }

  /// Its name in files, which stays: `smallest_curvature`.
  public let name: String
  /// What people read; of a count or a sum, what is counted.
  public let title: String
  /// A chart's title; nil for none.
  public let chart: String?
  /// How the tasks' numbers become the step's.
  public let combination: Combination

  init(
    _ name: String, _ title: String, chart: String? = nil, _ combination: Combination
  ) {
    self.name = name
    self.title = title
    self.chart = chart
    self.combination = combination
  }

  /// The outcomes; none of another kind of figure.
  public var outcomes: [Outcome] {
    if case .outcomes(let outcomes) = combination { outcomes } else { [] }
  }
}

/// What a step's tasks came to in each figure of a method.
public struct FigureValues: Sendable, Hashable {
  /// A figure's value over a step.
  public enum Value: Sendable, Hashable {
    /// A mean or a smallest number; nil where no task had one.
    case number(Double?)
    /// A sum, or a number of tasks.
    case whole(Int)
    /// Tasks by outcome.
    case outcomes([Int])
    /// The name of a lower parameter.
    case parameter(String?)
  }

  /// The figures, as the method declares them.
  public let figures: [Figure]
  /// A value for each.
  public let values: [Value]

  /// Figures and as many values.
  public init(_ figures: [Figure], _ values: [Value]) {
    self.figures = figures
    self.values = values
  }

  /// Puts tasks' numbers together.
  ///
  /// - Parameters:
  ///   - figures: The figures.
  ///   - parameters: The names of the lower parameters.
  ///   - mean: Makes a mean of numbers.
  ///   - column: The tasks' numbers of a figure, not a number where a task has none.
  package init(
    _ figures: [Figure], parameters: [String], mean: ([Double]) -> Double,
    _ column: (Int) -> [Double]
  ) {
    self.figures = figures
    values = figures.enumerated().map { index, figure in
      var numbers = column(index)
      numbers.removeAll(where: \.isNaN)
      func count(_ wanted: Int) -> Int { numbers.count { $0 == Double(wanted) } }
      return switch figure.combination {
      case .mean: .number(numbers.isEmpty ? nil : mean(numbers))
      case .least: .number(numbers.min())
      case .sum: .whole(numbers.reduce(0) { $0 + Int($1) })
      case .count: .whole(count(1))
      case .outcomes(let outcomes): .outcomes(outcomes.indices.map(count))
      case .parameter: .parameter(numbers.first.map { parameters[Int($0)] })
      }
    }
  }

  private func value(_ name: String) -> Value? {
    figures.firstIndex { $0.name == name }.map { values[$0] }
  }

  /// A mean or smallest number; nil where there is none.
  public func number(_ name: String) -> Double? {
    if case .number(let number) = value(name) { number } else { nil }
  }

  /// A sum, or a number of tasks; 0 where there is no such figure.
  public func whole(_ name: String) -> Int {
    if case .whole(let whole) = value(name) { whole } else { 0 }
  }

  /// The tasks with an outcome; 0 where there is no such figure or outcome.
  public func count(_ outcome: String, of name: String) -> Int {
    guard let index = figures.firstIndex(where: { $0.name == name }),
      let place = figures[index].outcomes.firstIndex(where: { $0.name == outcome }),
      case .outcomes(let counts) = values[index]
    else { return 0 }
    return counts[place]
  }

  /// A lower parameter's name; nil where there is none.
  public func parameter(_ name: String) -> String? {
    if case .parameter(let parameter) = value(name) { parameter } else { nil }
  }
}
