import MessagePassing
import PlainText
import Problems
import Training

/// What a run is asked for by a file, the environment and a command line, in this order: the later
/// wins, and what none of them gives is the problem's default.
public struct Configuration: Sendable, Equatable {
  /// The key of the problem's name.
  public static let problemKey = "problem"
  /// The key of the output folder.
  public static let outputKey = "output"
  /// The keys that every run has and that are no settings of its problem.
  public static let ownKeys = [problemKey, outputKey]

  /// Everything that was given; later ones win.
  public let assignments: [SettingAssignment]

  /// A configuration.
  public init(_ assignments: [SettingAssignment]) {
    self.assignments = assignments
  }

  /// A configuration from all of its sources.
  ///
  /// - Throws: `StateError` for a file that cannot be read, ``ConfigurationError`` for one that is
  ///   no configuration, `SettingError` for an environment that contradicts itself.
  public init(_ source: ConfigurationSource, environment: [String: String]) throws {
    let file = try source.file.map { try ConfigurationFile.read($0) } ?? []
    self.init(file + (try EnvironmentSettings.assignments(in: environment)) + source.commandLine)
  }

  /// The problem; `nil` for the default one.
  public var problem: SettingAssignment? { assignments.last { $0.key == Self.problemKey } }

  /// The output folder; `nil` for the default one.
  public var output: String? { assignments.last { $0.key == Self.outputKey }?.value }

  /// The settings of the problem and of its training.
  public var request: RunRequest {
    RunRequest(
      assignments: assignments.filter { !Self.ownKeys.contains($0.key) }, otherKeys: Self.ownKeys)
  }

  /// What a run was in the end: a configuration that leaves nothing to defaults.
  public static func effective(
    problem: String, output: String, _ settings: [SettingEntry]
  ) -> Configuration {
    let own = [SettingAssignment(problemKey, problem), SettingAssignment(outputKey, output)]
    return Configuration(own + settings.map { SettingAssignment($0.key, $0.value) })
  }
}

/// A part of a configuration file that is none.
public struct ConfigurationError: ExitCoded, Hashable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// The line, from 1, where it is known.
  public let line: Int?
  /// What is wrong, and what would be right.
  public let message: String

  init(_ path: String, line: Int? = nil, _ message: String) {
    self.path = path
    self.line = line
    self.message = message
  }

  /// The code to exit with.
  public var exitCode: ExitCode { .configuration }

  /// The message after its place.
  public var description: String { "\(Self.place(path, line)): \(message)" }

  static func place(_ path: String, _ line: Int?) -> String {
    path.shownAsPath + (line.map { ", line \($0)" } ?? "")
  }
}
