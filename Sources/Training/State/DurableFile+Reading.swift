import DataFiles
import Foundation

extension DurableFile {
  /// The longest file that is read, 16 GiB: what claims to be longer is none of ours.
  package static let longestFile = 1 << 34

  /// All bytes of a file.
  ///
  /// - Parameter path: A regular file; pipes and devices, which may never end, are refused.
  /// - Returns: The bytes, as many as there were when it was opened.
  /// - Throws: ``StateError`` where it is not there, is no regular file, is too long or cannot be read.
  public static func read(_ path: String) throws(StateError) -> [UInt8] {
    try read(path, atMost: longestFile)
  }

  /// All bytes of a file that may be no longer than a limit.
  package static func read(_ path: String, atMost limit: Int) throws(StateError) -> [UInt8] {
    do throws(RegularFile.Failure) {
      return try RegularFile.contents(of: path, atMost: limit)
    } catch {
      switch error {
      case .zeroInPath: throw unreadable(path, "a path has no zeros")
      case .notRegular: throw unreadable(path, "it is no regular file")
      case .tooLong(let size): throw unreadable(path, "\(size) bytes are more than \(limit)")
      case .system(ENOENT), .system(ENOTDIR): throw unreadable(path, "no such file")
      case .system(EACCES), .system(EPERM): throw unreadable(path, "permission denied")
      case .system(let code): throw unreadable(path, String(cString: strerror(code)))
      }
    }
  }

  private static func unreadable(_ path: String, _ reason: String) -> StateError {
    StateError(.missing, path, "cannot be read: \(reason); check the path")
  }
}
