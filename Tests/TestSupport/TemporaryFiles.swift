import Foundation

/// Gives a new folder, which is there as long as the body runs.
package func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// Gives files of some texts, which are there as long as the body runs.
package func withFiles<Result>(
  _ texts: [String], _ body: ([String]) throws -> Result
) throws -> Result {
  try withFolder { folder in
    let paths = texts.indices.map { "\(folder)/\($0)" }
    for (path, text) in zip(paths, texts) {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    return try body(paths)
  }
}
