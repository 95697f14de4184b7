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
      "The problem, see --list; or a file or a run's folder: what ends in .yaml or .yml, or has a slash.",
      valueName: "problem"),
    completion: .custom { _, _, prefix in Completions.subjects(prefix) })
  var subject: String?

  @Option(help: "What everything random is drawn from.")
  var seed: Int?

  @Option(help: "Upper steps.")
  var steps: Int?

  @Option(help: "Tasks an upper step.")
  var tasks: Int?

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
    let configuration = try Configuration.shared(
      by: communicator, source, environment: ProcessInfo.processInfo.environment)
    let run = try communicator.agreeing { try problems.run(configuration) }
    return (run, configuration.output ?? "runs/\(run.name)", configuration)
  }

  /// What this command line says.
  private var source: ConfigurationSource {
    var words = assignments
    let options = [
      (Configuration.outputKey, output), ("seed", seed.map(String.init)),
      ("steps", steps.map(String.init)), ("tasks", tasks.map(String.init)),
      ("schedule", schedule), ("initial", initial),
    ]
    for (key, value) in options {
      if let value { words.append(SettingAssignment(key, value)) }
    }
    guard let subject else { return ConfigurationSource(file: nil, commandLine: words) }
    return ConfigurationSource(subject, commandLine: words)
  }
}

extension ConfigurationSource {
  /// A command line whose first word is a problem, or a configuration file.
  init(_ subject: String, commandLine words: [SettingAssignment]) {
    if ConfigurationFile.isName(subject) {
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
  func run(_ configuration: Configuration) throws -> any Run {
    guard let problem = configuration.problem else { return try entry().run(configuration.request) }
    return try problem.located { try entry(named: problem.value, otherWords: Command.names) }
      .run(configuration.request)
  }
}
