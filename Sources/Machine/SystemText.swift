import Foundation

/// The system's own description of itself as text: `/proc`, `/sys` and `/etc` on Linux.
struct SystemText {
  /// What stands before every path; another folder in tests.
  let root: String

  /// A file's text; `nil` where there is none, as on other systems.
  func callAsFunction(_ path: String) -> String? {
    try? String(contentsOfFile: root + path, encoding: .utf8)
  }

  /// The value after `key:` on a line of its own.
  func value(of key: String, in path: String) -> String? {
    for line in self(path)?.split(separator: "\n") ?? [] {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == key {
        return parts[1].trimmingCharacters(in: .whitespaces)
      }
    }
    return nil
  }

  /// A value such as `1234 kB`, in bytes.
  func bytes(of key: String, in path: String) -> Int? {
    guard let number = value(of: key, in: path)?.split(separator: " ").first else { return nil }
    return Int(number).map { $0 * 1024 }
  }
}
