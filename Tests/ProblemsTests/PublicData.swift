import Foundation

/// Public data beside the package.
enum PublicData {
  static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../shared/data/\(name)")
      .standardizedFileURL.path
  }

  /// Whether to run: in CI the data must be there.
  static var isAvailable: Bool {
    ProcessInfo.processInfo.environment["CI"] == "1"
      || FileManager.default.fileExists(atPath: path("omniglot"))
  }
}
