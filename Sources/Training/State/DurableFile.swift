import Foundation

/// Files that are there whole or not at all, whatever dies when.
public enum DurableFile {
  /// What stands between a file's name and the number of the process that is still writing it.
  static let partialMark = ".tmp-"

  /// Publishes bytes under a path: writes them beside it, as NAME.tmp-PID, has the disk take them, and renames. A
  /// reader sees the old file or the new one, never a part. A link is followed, and a file keeps its mode
  /// and, where that may be, its owner.
  ///
  /// A process killed meanwhile leaves the partial file, which no reader takes for a whole one; the next one to publish
  /// there removes it. Only one process at a time may publish under a path from several machines, for they might have
  /// the same number.
  ///
  /// - Parameters:
  ///   - bytes: The new content.
  ///   - path: Where to, in a folder that is there.
  /// - Returns: A warning where the file is in place, but the disk did not take its folder: some file systems cannot, and
  ///   a machine that loses its power may then lose the file's name. Nil where all is on disk.
  /// - Throws: ``StateError``; the partial file is removed and the old one, if any, stays.
  @discardableResult
  public static func publish(_ bytes: [UInt8], at path: String) throws(StateError) -> String? {
    try publish(bytes, at: path, calls: .system)
  }

  @discardableResult
  package static func publish(
    _ bytes: [UInt8], at path: String, calls: FileCalls
  ) throws(StateError) -> String? {
    guard !path.utf8.contains(0) else {
      throw StateError(.notWritten, path, "a path has no zeros; choose another --output")
    }
    let (target, access) = try PublishedPlace.find(path)
    PublishedPlace.removeLeftovers(of: target)
    let partial = "\(target)\(partialMark)\(getpid())"
    let descriptor = try check(
      FileCalls.uninterrupted { calls.create(partial) }, path, "cannot create \(partial)")
    do throws(StateError) {
      do throws(StateError) {
        // Before there is anything to read in it.
        access?.apply(to: Int32(descriptor))
        try write(bytes, to: descriptor, path, calls)
        try check(
          FileCalls.uninterrupted { calls.synchronise(descriptor) }, path,
          "the disk did not take it")
      } catch {
        _ = calls.close(descriptor)
        throw error
      }
      // Network file systems report a full disk here. Linux closes even where a signal interrupts.
      let closed = calls.close(descriptor)
      if closed != -Int(EINTR) { try check(closed, path, "the disk did not take it") }
      try check(calls.rename(partial, target), path, "cannot put it in place")
    } catch {
      _ = calls.remove(partial)
      throw error
    }
    return synchronise(folder: PublishedPlace.folder(of: target), calls)
  }

  /// Makes a folder, and those above it, if they are not there.
  ///
  /// - Parameter path: The folder.
  /// - Throws: ``StateError``.
  public static func createFolder(_ path: String) throws(StateError) {
    guard !path.isEmpty else {
      throw StateError(.notWritten, path, "is no folder; give --output a name")
    }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw StateError(
        .notWritten, path, "cannot make the folder: \(reason(error)); choose another --output")
    }
  }

  private static func write(
    _ bytes: [UInt8], to descriptor: Int, _ path: String, _ calls: FileCalls
  ) throws(StateError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        FileCalls.uninterrupted {
          calls.write(descriptor, UnsafeRawBufferPointer(rebasing: buffer[written...]))
        }
      }
      // A call that neither writes nor fails would be repeated for ever.
      try check(
        count == 0 ? -Int(EIO) : count, path, "wrote \(written) of \(bytes.count) bytes")
      written += count
    }
  }

  /// Has the disk take a folder: a rename in it is there to stay then.
  ///
  /// - Returns: A warning where it did not. Some file systems cannot do this for folders, and say so in various ways.
  static func synchronise(folder: String, _ calls: FileCalls = .system) -> String? {
    var result = FileCalls.uninterrupted { calls.openFolder(folder) }
    if result >= 0 {
      let descriptor = result
      result = FileCalls.uninterrupted { calls.synchronise(descriptor) }
      _ = calls.close(descriptor)
    }
    guard result < 0, result != -Int(EINVAL) else { return nil }
    return "the disk did not confirm the folder \(folder): "
      + "\(String(cString: strerror(Int32(-result)))); files are in place, but may not outlast a loss of power"
  }

  @discardableResult
  private static func check(
    _ result: Int, _ path: String, _ what: String
  ) throws(StateError) -> Int {
    guard result < 0 else { return result }
    let code = Int32(-result)
    let remedy =
      switch code {
      case ENOENT, ENOTDIR: "make the folder or choose another --output"
      case EACCES, EPERM, EROFS: "allow writing or choose another --output"
      case ENOSPC, EDQUOT, EFBIG: "make room or choose another --output"
      case EISDIR, EEXIST, ELOOP: "remove what has its name or choose another --output"
      default: "check the disk or choose another --output"
      }
    throw StateError(.notWritten, path, "\(what): \(String(cString: strerror(code))); \(remedy)")
  }

  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    let posix = underlying ?? (error as NSError)
    if posix.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(posix.code))) }
    return (error as? CocoaError)?.code == .fileWriteNoPermission
      ? "permission denied" : error.localizedDescription
  }
}
