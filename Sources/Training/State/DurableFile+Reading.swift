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
    guard !path.utf8.contains(0) else { throw unreadable(path.asShown, "a path has no zeros") }
    // A pipe that nobody writes to must not stop us here.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK
    let descriptor = try check(
      FileCalls.uninterrupted { FileCalls.result(open(path, flags)) }, path)
    defer { close(Int32(descriptor)) }
    var information = stat()
    try check(FileCalls.result(fstat(Int32(descriptor), &information)), path)
    guard information.st_mode & S_IFMT == S_IFREG else {
      throw unreadable(path, "it is no regular file")
    }
    guard information.st_size <= limit else {
      throw unreadable(path, "\(information.st_size) bytes are more than \(limit)")
    }
    var failure: StateError?
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(information.st_size)) { buffer, count in
      do throws(StateError) {
        while count < Int(information.st_size) {
          let rest = UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
          let read = try check(
            FileCalls.uninterrupted {
              FileCalls.result(Foundation.read(Int32(descriptor), rest.baseAddress, rest.count))
            }, path)
          // Somebody made it shorter since it was opened.
          if read == 0 { return }
          count += read
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  @discardableResult
  private static func check(_ result: Int, _ path: String) throws(StateError) -> Int {
    guard result < 0 else { return result }
    switch Int32(-result) {
    case ENOENT, ENOTDIR: throw unreadable(path, "no such file")
    case EACCES, EPERM: throw unreadable(path, "permission denied")
    case let code: throw unreadable(path, String(cString: strerror(code)))
    }
  }

  private static func unreadable(_ path: String, _ reason: String) -> StateError {
    StateError(.missing, path, "cannot be read: \(reason); check the path")
  }
}
