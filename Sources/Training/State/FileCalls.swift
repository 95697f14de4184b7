import Foundation

/// The calls of the operating system that files and folders of runs are written with, so that tests can have any of
/// them fail.
///
/// Each gives what the call gives, or the negative of `errno`, which is taken before anything else can change it.
package struct FileCalls: Sendable {
  /// Opens a file for writing, made new or emptied; gives the descriptor.
  package var create: @Sendable (_ path: String) -> Int
  /// Writes some of the bytes, at least one; gives how many.
  package var write: @Sendable (_ descriptor: Int, _ bytes: UnsafeRawBufferPointer) -> Int
  /// Has the disk take what was written.
  package var synchronise: @Sendable (_ descriptor: Int) -> Int
  /// Closes a file or folder.
  package var close: @Sendable (_ descriptor: Int) -> Int
  /// Gives a file another name, in place of any file that had it.
  package var rename: @Sendable (_ old: String, _ new: String) -> Int
  /// Removes a file.
  package var remove: @Sendable (_ path: String) -> Int
  /// Opens a folder for ``synchronise``; gives the descriptor.
  package var openFolder: @Sendable (_ path: String) -> Int
  /// Takes the lock of an open file or folder, if no other process has it.
  package var lock: @Sendable (_ descriptor: Int) -> Int

  /// The operating system's own.
  package static let system = FileCalls(
    create: { path in
      // No link is followed: the partial file's name can be guessed.
      let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
      return result(open(path, flags, 0o644))
    },
    write: { descriptor, bytes in
      result(Foundation.write(Int32(descriptor), bytes.baseAddress, bytes.count))
    },
    synchronise: { result(fsync(Int32($0))) },
    close: { result(Foundation.close(Int32($0))) },
    rename: { result(Foundation.rename($0, $1)) },
    remove: { result(unlink($0)) },
    openFolder: { result(open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) },
    lock: { result(flock(Int32($0), LOCK_EX | LOCK_NB)) })

  /// Repeats a call while signals interrupt it.
  static func uninterrupted(_ call: () -> Int) -> Int {
    while true {
      let result = call()
      if result != -Int(EINTR) { return result }
    }
  }

  static func result(_ value: some BinaryInteger) -> Int { value < 0 ? -Int(errno) : Int(value) }
}
