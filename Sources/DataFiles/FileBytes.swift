import Foundation

/// A file's bytes in memory, inflated where they were gzipped, with the path that errors name.
public struct FileBytes: Sendable {
  /// The file's path.
  public let path: String
  /// The bytes.
  public let bytes: [UInt8]

  /// The CRC-32 of the bytes, inflated: the same for a file and its gzipped copy.
  public var checksum: UInt32 { Gzip.checksum(bytes) }

  /// Bytes from anywhere. Whether they are gzipped shows in the first two, not in the name.
  ///
  /// - Parameters:
  ///   - path: What errors call them.
  ///   - bytes: The bytes.
  ///   - limit: The most bytes to inflate to.
  /// - Throws: ``DataFileError`` for gzipped bytes that are damaged or inflate to more than the limit.
  public init(
    _ path: String, _ bytes: [UInt8], limit: Int = FileBytes.limit
  ) throws(DataFileError) {
    self.path = path
    self.bytes = Gzip.isGzip(bytes) ? try Gzip.inflated(bytes, path, limit: limit) : bytes
  }

  /// The most bytes that a file may have, 4 GiB.
  public static let limit = 1 << 32

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: A regular file; pipes and devices, which may never end, are refused.
  ///   - limit: The most bytes to read, and to inflate to.
  /// - Throws: ``DataFileError`` where it is not there, is no regular file, is too long, cannot be read, or is
  ///   gzipped and damaged.
  public init(reading path: String, limit: Int = FileBytes.limit) throws(DataFileError) {
    try self.init(path, try Self.contents(path, limit), limit: limit)
  }

  private static func contents(_ path: String, _ limit: Int) throws(DataFileError) -> [UInt8] {
    guard !path.isEmpty else { throw noPath(path) }
    do throws(RegularFile.Failure) {
      return try RegularFile.contents(of: path, atMost: limit)
    } catch {
      throw Self.error(error, path, limit)
    }
  }

  /// What a failure means to people.
  static func error(_ failure: RegularFile.Failure, _ path: String, _ limit: Int) -> DataFileError {
    switch failure {
    case .zeroInPath: noPath(path)
    case .notRegular:
      DataFileError(path, "is no regular file", remedy: "give the path of a file", isMissing: true)
    case .tooLong(let size):
      DataFileError(
        path, "has \(size) bytes, and at most \(limit) are read",
        remedy: "check the path, or split the data")
    case .system(let code): unreadable(path, code)
    }
  }

  private static func noPath(_ path: String) -> DataFileError {
    DataFileError(path, "is no path", remedy: "give the path of a file", isMissing: true)
  }

  private static func unreadable(_ path: String, _ code: Int32) -> DataFileError {
    DataFileError(
      path, "cannot be read: \(String(cString: strerror(code)).lowercased())",
      remedy: "check the path and its permissions", isMissing: true)
  }
}
