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
    guard !path.utf8.contains(0), !path.isEmpty else {
      throw DataFileError(path, "is no path", remedy: "give the path of a file")
    }
    // A pipe that nobody writes to must not stop us here.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw unreadable(path, errno) }
    guard information.st_mode & S_IFMT == S_IFREG else {
      throw DataFileError(path, "is no regular file", remedy: "give the path of a file")
    }
    guard information.st_size <= limit else {
      throw DataFileError(
        path, "has \(information.st_size) bytes, and at most \(limit) are read",
        remedy: "check the path, or split the data")
    }
    var bytes = [UInt8](repeating: 0, count: Int(information.st_size))
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        read(descriptor, buffer.baseAddress! + done, buffer.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(path, errno) }
      // Somebody made it shorter since it was opened.
      if count == 0 { break }
      done += count
    }
    bytes.removeLast(bytes.count - done)
    return bytes
  }

  private static func unreadable(_ path: String, _ code: Int32) -> DataFileError {
    DataFileError(
      path, "cannot be read: \(String(cString: strerror(code)).lowercased())",
      remedy: "check the path and its permissions")
  }
}
