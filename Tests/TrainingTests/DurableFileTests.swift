import Foundation
import Testing
import Training

@Suite struct DurableFileTests {
  @Test func filesArePublishedWhole() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
      .path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try DurableFile.createFolder("\(folder)/a/b")
    try DurableFile.createFolder("\(folder)/a/b")
    for content in [[UInt8](), [1, 2, 3], [UInt8](repeating: 7, count: 1 << 20)] {
      try DurableFile.publish(content, at: "\(folder)/a/b/x")
      #expect(try DurableFile.read("\(folder)/a/b/x") == content)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/a/b") == ["x"])
  }

  @Test func failuresNamePathReasonAndRemedy() {
    for path in ["/nowhere/at/all", "/dev/null/x"] {
      let error = #expect(throws: StateError.self) { try DurableFile.publish([1], at: path) }
      #expect(error?.code == .notWritten)
      #expect(error?.description.contains(path) == true)
      #expect(error?.message.contains("choose another --output") == true)
      #expect(error?.exitCode == .inputOutput)
    }
    let read = #expect(throws: StateError.self) { try DurableFile.read("/nowhere") }
    #expect(read?.description == "/nowhere: cannot be read: no such file; check the path")
    #expect(throws: StateError.self) { try DurableFile.createFolder("/dev/null/x") }
  }

  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
      .path
    try DurableFile.createFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func mode(_ path: String) -> mode_t? {
    var information = stat()
    return lstat(path, &information) == 0 ? information.st_mode & 0o7777 : nil
  }

  @Test func linksAreFollowed() throws {
    try inFolder { folder in
      try DurableFile.createFolder("\(folder)/there")
      for (name, target) in [
        ("a", "\(folder)/there/x"), ("b", "there/y"), ("c", "b"),
        ("d", "../\(folder.split(separator: "/").last!)/z"),
      ] {
        let link = "\(folder)/\(name)"
        #expect(symlink(target, link) == 0)
        // At first there is nothing where it leads.
        for byte in [UInt8(1), 2] {
          try DurableFile.publish([byte], at: link)
          #expect(try DurableFile.read(link) == [byte])
          #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
        }
      }
      let there = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/there")
      #expect(there.sorted() == ["x", "y"])
    }
  }

  @Test func modesAreKept() throws {
    try inFolder { folder in
      for wanted in [mode_t(0o600), 0o640, 0o444, 0o755] {
        let path = "\(folder)/\(wanted)"
        try DurableFile.publish([1], at: path)
        #expect(chmod(path, wanted) == 0)
        try DurableFile.publish([2], at: path)
        #expect(mode(path) == wanted)
        #expect(try DurableFile.read(path) == [2])
      }
    }
  }

  /// Only the super-user may give files away.
  @Test(.enabled(if: geteuid() == 0)) func ownersAreKept() throws {
    try inFolder { folder in
      let path = "\(folder)/x"
      try DurableFile.publish([1], at: path)
      #expect(chown(path, 12_345, 23_456) == 0 && chmod(path, 0o640) == 0)
      try DurableFile.publish([2], at: path)
      var information = stat()
      #expect(stat(path, &information) == 0)
      #expect(information.st_uid == 12_345 && information.st_gid == 23_456)
      #expect(mode(path) == 0o640)
    }
  }

  /// What is no file is left as it is.
  @Test func onlyFilesAreReplaced() throws {
    try inFolder { (folder: String) throws in
      let (pipe, device, one, two) = ("\(folder)/p", "\(folder)/d", "\(folder)/1", "\(folder)/2")
      #expect(mkfifo(pipe, 0o600) == 0)
      #expect(symlink("/dev/null", device) == 0)
      #expect(symlink(one, two) == 0 && symlink(two, one) == 0)
      for (path, reason) in [
        (pipe, "that is no file; remove it"), (device, "that is no file; remove it"),
        ("/dev/null", "that is no file; remove it"), (one, "links lead in a circle"),
      ] {
        let error = #expect(throws: StateError.self) { try DurableFile.publish([1], at: path) }
        #expect(error?.code == .notWritten && error?.message.contains(reason) == true)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 4)
    }
  }

  /// Wherever it was killed: what a writer left is removed by the next one, unless it may still be writing.
  @Test func leftoversOfKilledWritersGo() throws {
    try inFolder { folder in
      let dead = Process()
      dead.executableURL = URL(fileURLWithPath: "/bin/true")
      try dead.run()
      dead.waitUntilExit()
      let names = [
        "x.tmp-\(dead.processIdentifier)", "x.tmp-\(getppid())", "x.tmp-", "x.tmp-draft",
        "y.tmp-\(dead.processIdentifier)",
      ]
      for name in names { try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
      try DurableFile.publish([2], at: "\(folder)/x")
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(Set(left) == Set(names.dropFirst() + ["x"]))
    }
  }
}
