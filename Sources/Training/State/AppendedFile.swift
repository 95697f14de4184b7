import Foundation
import Synchronization

/// A file that a run adds to while it goes on: whole lines or records, or nothing.
final class AppendedFile: Sendable {
  let path: String
  private let descriptor: Int32
  private let lostCount = Atomic<Int>(0)
  private let didLoseLast = Atomic<Bool>(false)
  /// Lines or records that could not be written.
  var lost: Int { lostCount.load(ordering: .relaxed) }
  /// Whether the last one could not.
  var isLosing: Bool { didLoseLast.load(ordering: .relaxed) }

  /// Opens a file, and makes it if it is not there; links are followed.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - emptied: Whether what is in it goes.
  /// - Throws: ``StateError`` where it cannot be written; pipes and devices, which may never take anything, are refused.
  init(_ path: String, emptied: Bool = false) throws(StateError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o666)
    var reason = descriptor < 0 ? String(cString: strerror(errno)) : nil
    var information = stat()
    if reason == nil,
      fstat(descriptor, &information) != 0 || information.st_mode & S_IFMT != S_IFREG
    {
      reason = "it is no regular file"
    }
    if let reason {
      throw StateError(
        .notWritten, path, "cannot be opened: \(reason); remove it or choose another --output")
    }
    if emptied { ftruncate(descriptor, 0) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Appends a line or record: all of it, or, as on a full disk, nothing, which ``lost`` counts.
  func append(_ bytes: [UInt8]) {
    let isWritten = write(bytes)
    if !isWritten { lostCount.add(1, ordering: .relaxed) }
    didLoseLast.store(!isWritten, ordering: .relaxed)
  }

  private func write(_ bytes: [UInt8]) -> Bool {
    let end = lseek(descriptor, 0, SEEK_END)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Foundation.write(descriptor, $0.baseAddress! + done, bytes.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        // Half a line would spoil the next one.
        ftruncate(descriptor, end)
        return false
      }
      done += count
    }
    return true
  }

  /// Has the disk take what was written.
  ///
  /// - Returns: What is wrong: the disk did not take it, or the file is no longer at its path.
  func synchronise(_ calls: FileCalls = .system) -> String? {
    let result = FileCalls.uninterrupted { calls.synchronise(Int(descriptor)) }
    if result < 0 {
      return "\(path): the disk did not take it: \(String(cString: strerror(Int32(-result))))"
    }
    guard FileIdentity(path) != FileIdentity(descriptor) else { return nil }
    return "\(path) was removed or replaced while the run goes on: its lines are lost"
  }
}
