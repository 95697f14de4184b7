import Foundation

/// Reads regular files: pipes and devices, which may never end, are refused. What its failures mean to people, callers
/// say.
package enum RegularFile {
  /// Why a file cannot be read.
  package enum Failure: Error, Hashable {
    /// The path has a zero in it.
    case zeroInPath
    /// It is a folder, pipe or device.
    case notRegular
    /// It has so many bytes, more than the limit.
    case tooLong(Int)
    /// A call of the system failed, with this `errno`.
    case system(Int32)
  }

  /// Opens a file and has its descriptor and length used; closes it then.
  static func opened<Result>(
    _ path: String, _ use: (Int32, Int) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard !path.utf8.contains(0) else { throw .zeroInPath }
    // A pipe that nobody writes to must not stop us here.
    let descriptor = try uninterrupted { Int(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) }
    defer { close(Int32(descriptor)) }
    var information = stat()
    guard fstat(Int32(descriptor), &information) == 0 else { throw .system(errno) }
    guard information.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
    return try use(Int32(descriptor), Int(information.st_size))
  }

  /// All bytes of a file, as many as there were when it was opened.
  package static func contents(
    of path: String, atMost limit: Int
  ) throws(Failure) -> [UInt8] {
    try opened(path) { descriptor, size throws(Failure) in
      guard size <= limit else { throw .tooLong(size) }
      return try contents(descriptor, size)
    }
  }

  private static func contents(_ descriptor: Int32, _ size: Int) throws(Failure) -> [UInt8] {
    var failure: Failure?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      do throws(Failure) {
        while count < size {
          let rest = UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
          let got = try uninterrupted { read(descriptor, rest.baseAddress, rest.count) }
          // Somebody made it shorter since it was opened.
          if got == 0 { return }
          count += got
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Repeats a call while signals interrupt it.
  private static func uninterrupted(_ call: () -> Int) throws(Failure) -> Int {
    while true {
      let result = call()
      if result >= 0 { return result }
      if errno != EINTR { throw .system(errno) }
    }
  }
}
