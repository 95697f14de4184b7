import Foundation

/// Files that are there whole or not at all, whatever dies when.
public enum DurableFile {
  /// Publishes bytes under a path: writes them beside it, has the disk take them, and renames. A reader sees
  /// the old file or the new one, never a part.
  ///
  /// - Throws: ``StateError``; the partial file is removed and the old one, if any, stays.
  public static func publish(_ bytes: [UInt8], at path: String) throws(StateError) {
    let partial = "\(path).tmp-\(getpid())"
    let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(path, "cannot create \(partial)") }
    do throws(StateError) {
      try write(bytes, to: descriptor, path)
      guard fsync(descriptor) == 0 else { throw failure(path, "the disk did not take it") }
    } catch {
      close(descriptor)
      unlink(partial)
      throw error
    }
    guard close(descriptor) == 0, rename(partial, path) == 0 else {
      let error = failure(path, "cannot put it in place")
      unlink(partial)
      throw error
    }
    try synchronise(folderOf: path)
  }

  /// Makes a folder, and those above it, if they are not there.
  ///
  /// - Throws: ``StateError``.
  public static func createFolder(_ path: String) throws(StateError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw StateError(
        .notWritten, path, "cannot make the folder: \(reason(error)); choose another --output")
    }
  }

  /// All bytes of a file.
  ///
  /// - Throws: ``StateError`` where it is not there or cannot be read.
  public static func read(_ path: String) throws(StateError) -> [UInt8] {
    do {
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw StateError(.missing, path, "cannot be read: \(reason(error)); check the path")
    }
  }

  private static func write(
    _ bytes: [UInt8], to descriptor: Int32, _ path: String
  ) throws(StateError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Foundation.write(
          descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw failure(path, "wrote \(written) of \(bytes.count) bytes")
      }
      written += count
    }
  }

  /// A rename is there to stay once its folder is on disk.
  private static func synchronise(folderOf path: String) throws(StateError) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, "cannot open its folder") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(path, "the disk did not take its folder") }
  }

  private static func failure(_ path: String, _ what: String) -> StateError {
    let text = String(cString: strerror(errno))
    return StateError(
      .notWritten, path, "\(what): \(text); make room or choose another --output")
  }

  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    let posix = underlying ?? (error as NSError)
    if posix.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(posix.code))) }
    switch (error as? CocoaError)?.code {
    case .fileReadNoSuchFile?, .fileNoSuchFile?: return "no such file"
    case .fileReadNoPermission?, .fileWriteNoPermission?: return "permission denied"
    default: return "\(error.localizedDescription)"
    }
  }
}
