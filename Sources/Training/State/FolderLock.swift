import Foundation
import MessagePassing
import PlainText

/// Keeps a folder for one process at a time, and knows whether it is still where it was.
///
/// What is locked is the folder itself, by whatever name: a file in it can be removed. File systems that lock no folders,
/// such as NFS, lock the file `lock` in it, which says in any case who writes.
final class FolderLock: Sendable {
  /// Why nothing keeps other runs away, where the file system has no locks.
  let warning: String?
  private let path: String
  private let folder: Int32
  private let file: Int32
  private let isFolderLocked: Bool

  /// Takes the lock, which the system gives back when this process ends.
  ///
  /// - Throws: ``StateError`` where the folder cannot be written, or another process writes it.
  init(_ path: String, calls: FileCalls) throws(StateError) {
    self.path = path
    let file = "\(path)/lock"
    folder = Int32(
      try Self.check(FileCalls.uninterrupted { calls.openFolder(path) }, path))
    do throws(StateError) {
      let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
      self.file = Int32(try Self.check(FileCalls.result(open(file, flags, 0o644)), file))
    } catch {
      close(folder)
      throw error
    }
    let results = Self.lock(folder, self.file, calls)
    isFolderLocked = results[0] == 0
    let reason = String(cString: strerror(Int32(-results.last!)))
    warning =
      results.contains(0)
      ? nil : "\(path) cannot be locked: \(reason); see to it that no other run writes there"
    // All properties have their values: what was opened is closed by `deinit`.
    guard !results.contains(-Int(EWOULDBLOCK)) else {
      let holder = (try? DurableFile.read(file)).map { String(decoding: $0, as: UTF8.self).asShown }
      throw StateError(
        .inUse, path,
        "another run writes here (\(holder ?? "unknown")); wait for it or choose another --output")
    }
    let owner = "process \(getpid()) on \(localHostName())"
    ftruncate(self.file, 0)
    _ = owner.withCString { write(self.file, $0, strlen($0)) }
  }

  deinit {
    close(file)
    close(folder)
  }

  /// Locks the folder, then its file, and gives what came of each. Who does not get the first leaves the second to who
  /// has it.
  private static func lock(_ folder: Int32, _ file: Int32, _ calls: FileCalls) -> [Int] {
    let first = FileCalls.uninterrupted { calls.lock(Int(folder)) }
    guard first != -Int(EWOULDBLOCK) else { return [first] }
    return [first, FileCalls.uninterrupted { calls.lock(Int(file)) }]
  }

  /// Whether the folder, and what keeps others away from it, are at their paths.
  var isInPlace: Bool {
    FileIdentity(path) == FileIdentity(folder)
      && (isFolderLocked || FileIdentity("\(path)/lock") == FileIdentity(file))
  }

  private static func check(_ result: Int, _ path: String) throws(StateError) -> Int {
    guard result < 0 else { return result }
    throw StateError(
      .notWritten, path,
      "cannot be opened: \(String(cString: strerror(Int32(-result)))); choose another --output")
  }
}

/// What a file or folder is, by whatever name.
struct FileIdentity: Equatable {
  private let device: dev_t
  private let number: ino_t

  /// What a path leads to; nil where there is nothing.
  init?(_ path: String) {
    var information = stat()
    guard stat(path, &information) == 0 else { return nil }
    (device, number) = (information.st_dev, information.st_ino)
  }

  /// What is open.
  init?(_ descriptor: Int32) {
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { return nil }
    (device, number) = (information.st_dev, information.st_ino)
  }
}
