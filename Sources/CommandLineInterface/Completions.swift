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
