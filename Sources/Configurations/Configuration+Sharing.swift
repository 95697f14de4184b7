import Foundation
import MessagePassing
import Problems
import Training

/// What a command line says about a run's configuration.
public struct ConfigurationSource: Sendable, Hashable, Codable {
  /// The configuration file.
  public let file: String?
  /// Settings given as options; later ones win.
  public let commandLine: [SettingAssignment]

  /// What a command line says.
  public init(file: String?, commandLine: [SettingAssignment]) {
    self.file = file
    self.commandLine = commandLine
  }

  /// What another command line lacks.
  fileprivate func text(notIn other: ConfigurationSource) -> String {
    let settings = commandLine.filter { !other.commandLine.contains($0) }
    let words =
      (file == other.file ? [] : [file ?? "no configuration file"])
      + settings.map { "\($0.key)=\($0.value)" }
    return words.isEmpty ? "nothing else" : words.joined(separator: " ")
  }
}

extension Configuration {
  /// Rank 0's configuration, on every rank. Only rank 0 reads the file and its environment, so that
  /// neither has to be the same, or there at all, on other machines. Collective.
  ///
  /// - Parameters:
  ///   - communicator: The ranks.
  ///   - source: What this rank's command line says; it must be the same on all.
  ///   - environment: This process's environment.
  /// - Returns: The configuration, the same on every rank.
  /// - Throws: The same error on every rank, for a file that cannot be read or is no configuration,
  ///   and for command lines that differ.
  public static func shared(
    by communicator: any Communicator, _ source: ConfigurationSource,
    environment: [String: String]
  ) throws -> Configuration {
    var bytes = try communicator.agreeing {
      guard communicator.isRoot else { return [UInt8]() }
      let configuration = try Configuration(source, environment: environment)
      return try SharedText(source: source, assignments: configuration.assignments).encoded()
    }
    try communicator.broadcast(resizing: &bytes)
    return try communicator.agreeing {
      let shared = try SharedText(decoding: bytes)
      guard shared.source == source else {
        throw SettingError(
          "was started with \(source.text(notIn: shared.source)), rank 0 with "
            + "\(shared.source.text(notIn: source)); start all ranks with the same command line")
      }
      return Configuration(shared.assignments)
    }
  }
}

/// What rank 0 sends to the others.
private struct SharedText: Codable {
  let source: ConfigurationSource
  let assignments: [SettingAssignment]

  init(source: ConfigurationSource, assignments: [SettingAssignment]) {
    self.source = source
    self.assignments = assignments
  }

  init(decoding bytes: [UInt8]) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(bytes))
  }

  func encoded() throws -> [UInt8] { Array(try JSONEncoder().encode(self)) }
}
