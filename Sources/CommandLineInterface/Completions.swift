import Foundation
import Training

/// What a shell offers for words that only this program knows.
enum Completions {
  /// The problems of the program that is running.
  @TaskLocal static var problems = ProblemCatalogue([])

  /// Problems, and configuration files with the folders that lead to them.
  static func subjects(_ prefix: String) -> [String] {
    problems.entries.map(\.name) + files(prefix)
  }

  /// The keys of the settings of the problem that a command line names, or of the default one.
  static func settings(_ words: [String]) -> [String] {
    let problem = problems.entries.first { words.contains($0.name) } ?? problems.entries.first
    return ((try? problem?.run(RunRequest([])).settings) ?? []).map { "\($0.key)=" }
  }

  private static func files(_ prefix: String) -> [String] {
    let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)
    return (names ?? []).sorted().compactMap { name in
      let path = folder + name
      var isFolder: ObjCBool = false
      guard !name.hasPrefix("."),
        FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      else { return nil }
      if isFolder.boolValue { return path + "/" }
      return [".yaml", ".yml"].contains { path.hasSuffix($0) } ? path : nil
    }
  }
}
