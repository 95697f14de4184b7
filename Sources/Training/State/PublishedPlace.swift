import Foundation

/// Where a file goes that is published under a path, and what earlier writers have left there.
enum PublishedPlace {
  /// Who may do what with a file.
  struct Access {
    private let owner: uid_t
    private let group: gid_t
    private let mode: mode_t

    fileprivate init(_ information: stat) {
      (owner, group) = (information.st_uid, information.st_gid)
      mode = information.st_mode & 0o7777
    }

    /// Gives an open file this access, as far as this process may.
    func apply(to descriptor: Int32) {
      // Changes of the owner may change the mode.
      fchown(descriptor, owner, group)
      fchmod(descriptor, mode)
    }
  }

  /// The file that a path leads to.
  ///
  /// - Parameter path: A path; links are followed, also to where there is nothing yet.
  /// - Returns: The file's own path, and its access if it is there.
  /// - Throws: ``StateError`` where there is something that no file may take the place of: a folder, pipe or device.
  static func find(_ path: String) throws(StateError) -> (path: String, access: Access?) {
    var place = path
    // As many as the system itself follows.
    for _ in 0..<40 {
      var information = stat()
      // What else may be wrong with the path shows when the file is created.
      guard lstat(place, &information) == 0 else { return (place, nil) }
      switch information.st_mode & S_IFMT {
      case S_IFREG: return (place, Access(information))
      case S_IFLNK: place = try linked(from: place, path)
      default:
        throw StateError(
          .notWritten, path,
          "there is something that is no file; remove it or choose another --output")
      }
    }
    throw StateError(.notWritten, path, "links lead in a circle; choose another --output")
  }

  /// The path that a link leads to.
  private static func linked(from link: String, _ path: String) throws(StateError) -> String {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(link, &bytes, bytes.count)
    let target = String(
      validating: bytes.prefix(max(count, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    guard let target, !target.isEmpty else {
      throw StateError(
        .notWritten, path, "the link \(link) cannot be followed; choose another --output")
    }
    return target.hasPrefix("/") ? target : "\(folder(of: link))/\(target)"
  }

  /// The folder that a file is in.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Removes partial files of writers that were killed before their files had this name.
  static func removeLeftovers(of path: String) {
    let folder = folder(of: path)
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for other in names {
      guard let writer = writer(of: other, for: name), writer == getpid() || !isAlive(writer) else {
        continue
      }
      unlink("\(folder)/\(other)")
    }
  }

  /// The process that wrote a partial file, if a name is one of such a file of a whole one.
  static func writer(of name: String, for whole: String) -> pid_t? {
    let start = whole + DurableFile.partialMark
    guard name.hasPrefix(start) else { return nil }
    let digits = name.dropFirst(start.count)
    return digits.allSatisfy { ("0"..."9").contains($0) } ? pid_t(digits) : nil
  }

  private static func isAlive(_ process: pid_t) -> Bool {
    kill(process, 0) == 0 || errno != ESRCH
  }
}
