import ArgumentParser
import Configurations
import Foundation
import MessagePassing
import Problems
import Training

/// What a command line says about a run: the same for training it and for planning it.
struct RunOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The problem, see --list; a folder that is one; or a file or a run's folder: what ends in .yaml or .yml, or has a slash.",
      valueName: "problem"),
    completion: .custom { _, _, prefix in Completions.subjects(prefix) })
  var subject: String?

  @Option(parsing: .unconditional, help: "What everything random is drawn from.")
  var seed: WholeNumber?

  @Option(parsing: .unconditional, help: "Upper steps.")
  var steps: WholeNumber?

  @Option(parsing: .unconditional, help: "Tasks an upper step.")
  var tasks: WholeNumber?

  @Option(
    help: "The folder that the run is stored in (default: runs/PROBLEM).",
    completion: .directory)
  var output: String?

  @Option(help: "How tasks get to ranks: static or dynamic; changes no bit of the result.")
  var schedule: String?

  @OptionGroup var session: SessionOptions

  @Option(
    help: ArgumentHelp(
      "Upper parameters to start from: a .safetensors or .npz file, see convert.",
      valueName: "file"),
    completion: .file(extensions: ["safetensors", "npz"]))
  var initial: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("A setting; may be given again.", valueName: "key=value"),
    completion: .custom { words, _, _ in Completions.settings(words) })
  var assignments: [SettingAssignment] = []

  /// The run that is asked for, its folder, and what asked for it. Collective.
  func run(
    _ problems: ProblemCatalogue, _ communicator: any Communicator
  ) throws -> (run: any Run, folder: String, configuration: Configuration) {
    let source = source(problems)
    let configuration = try Configuration.shared(
      by: communicator, source, environment: ProcessInfo.processInfo.environment)
    let run = try communicator.agreeing { try problems.run(configuration, from: source.file) }
    return (run, configuration.output ?? "runs/\(run.name)", configuration)
  }

  /// What this command line says.
  private func source(_ problems: ProblemCatalogue) -> ConfigurationSource {
    var words = assignments
    let options = [
      (Configuration.outputKey, output), ("seed", seed?.text),
      ("steps", steps?.text), ("tasks", tasks?.text),
      ("schedule", schedule), ("initial", initial),
    ]
    for (key, value) in options {
      if let value { words.append(SettingAssignment(key, value)) }
    }
    guard let subject else { return ConfigurationSource(file: nil, commandLine: words) }
    return ConfigurationSource(subject, problems, commandLine: words)
  }
}

extension ConfigurationSource {
  /// A command line whose first word is a problem, a folder that holds one, or a configuration file.
  init(
    _ subject: String, _ problems: ProblemCatalogue, commandLine words: [SettingAssignment]
  ) {
    let files = FileManager.default
    if let entry = problems.entries.first(where: { entry in
      entry.folderMark.map { files.fileExists(atPath: "\(subject)/\($0)") } ?? false
    }) {
      let file = ConfigurationFile.path(subject)
      let own = [
        SettingAssignment(Configuration.problemKey, entry.name),
        SettingAssignment("folder", subject),
      ]
      self.init(file: files.fileExists(atPath: file) ? file : nil, commandLine: own + words)
    } else if ConfigurationFile.isName(subject) {
      self.init(file: ConfigurationFile.path(subject), commandLine: words)
    } else {
      let problem = SettingAssignment(Configuration.problemKey, subject)
      self.init(file: nil, commandLine: [problem] + words)
    }
  }
}

extension SettingAssignment: ExpressibleByArgument {
  /// KEY=VALUE.
  public init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    self.init(String(parts[0]), String(parts[1]))
  }
}

/// A whole number as settings have it: `1e3` is one, too.
struct WholeNumber: ExpressibleByArgument, Sendable {
  let value: Int

  init?(argument: String) {
    guard let value = SettingNumber.whole(argument) else { return nil }
    self.value = value
  }

  /// The number as a setting's value.
  var text: String { String(value) }
}

extension ProblemCatalogue {
  /// The run that a stored state is of.
  ///
  /// - Throws: `SettingError` for a state of no known problem, or settings that it does not have.
  func run(
    of state: TensorFile, at path: String, changing assignments: [SettingAssignment] = []
  ) throws -> any Run {
    guard let problem = state["problem"] else {
      throw SettingError("\(path) does not say which problem's state it is; give a run's state")
    }
    return try entry(named: problem)
      .run(RunRequest(assignments: RunRequest(of: state).assignments + assignments))
  }

  /// The run that a configuration asks for.
  ///
  /// - Parameters:
  ///   - configuration: What was given.
  ///   - file: The configuration file, if there was one. It says which problem it is for, where there are several: the
  ///     first of them is for command lines that ask for nothing.
  /// - Returns: The run.
  /// - Throws: `SettingError` for a problem that is unknown, or settings that are none of it.
  func run(_ configuration: Configuration, from file: String?) throws -> any Run {
    guard let problem = configuration.problem else {
      if let file, entries.count > 1 {
        throw SettingError(
          "\(file) names no problem; give it a line problem: NAME, one of "
            + entries.map(\.name).joined(separator: ", "))
      }
      return try entry().run(configuration.request)
    }
    return try problem.located { try entry(named: problem.value, otherWords: Command.names) }
      .run(configuration.request)
  }
}
