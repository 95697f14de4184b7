import Foundation
import Synchronization
import Testing
import Training

/// What becomes of a file whose publication fails, at every call of the operating system.
@Suite struct DurableFileFailureTests {
  private static let old: [UInt8] = [1, 2, 3]
  private static let new = [UInt8]((0..<1000).map { UInt8(truncatingIfNeeded: $0) })

  /// A folder of its own with an old file in it, for the length of a closure.
  private func inFolder(_ body: (_ path: String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try DurableFile.createFolder(folder)
    try DurableFile.publish(Self.old, at: folder + "/state")
    try body(folder + "/state")
  }

  private func names(besides path: String) throws -> [String] {
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  /// One way to fail before the file is in place, and what the message must say.
  private struct Fault: Sendable, CustomStringConvertible {
    let code: Int32
    let message: String
    let inject: @Sendable (inout FileCalls, Int) -> Void
    var description: String { message }
  }

  private static let faults: [Fault] = [
    Fault(
      code: EROFS,
      message: "Read-only file system; allow writing or choose another --output"
    ) { calls, error in calls.create = { _ in error } },
    Fault(
      code: ENOENT, message: "No such file or directory; make the folder or choose another"
    ) { calls, error in calls.create = { _ in error } },
    Fault(
      code: ENOSPC,
      message: "wrote 600 of 1000 bytes: No space left on device; make room or choose another"
    ) { calls, error in
      let write = calls.write
      let room = Mutex(600)
      calls.write = { descriptor, bytes in
        room.withLock { room in
          guard room > 0 else { return error }
          let count = write(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(room)))
          room -= count
          return count
        }
      }
    },
    Fault(code: EIO, message: "wrote 0 of 1000 bytes: Input/output error; check the disk") {
      calls, _ in calls.write = { _, _ in 0 }
    },
    Fault(code: EIO, message: "the disk did not take it: Input/output error; check the disk") {
      calls, error in calls.synchronise = { _ in error }
    },
    Fault(code: EDQUOT, message: "the disk did not take it: Disk quota exceeded; make room") {
      calls, error in
      let close = calls.close
      calls.close = { descriptor in
        _ = close(descriptor)
        return error
      }
    },
    Fault(code: EACCES, message: "cannot put it in place: Permission denied; allow writing") {
      calls, error in calls.rename = { _, _ in error }
    },
  ]

  @Test(arguments: faults.indices)
  func theOldFileStaysAndNothingIsLeft(_ index: Int) throws {
    let fault = Self.faults[index]
    try inFolder { (path: String) throws in
      var calls = FileCalls.system
      fault.inject(&calls, -Int(fault.code))
      let error = #expect(throws: StateError.self) {
        try DurableFile.publish(Self.new, at: path, calls: calls)
      }
      #expect(error?.exitCode == .inputOutput)
      #expect(error?.path == path)
      #expect(error?.message.contains(fault.message) == true, "\(error?.message ?? "")")
      #expect(try DurableFile.read(path) == Self.old)
      #expect(try names(besides: path) == ["state"])
    }
  }

  /// A process that is killed removes nothing: readers must still find the old file whole.
  @Test(arguments: faults.indices)
  func aKilledWriterHarmsNothing(_ index: Int) throws {
    try inFolder { (path: String) throws in
      var calls = FileCalls.system
      Self.faults[index].inject(&calls, -Int(EIO))
      calls.remove = { _ in 0 }
      #expect(throws: StateError.self) {
        try DurableFile.publish(Self.new, at: path, calls: calls)
      }
      #expect(try DurableFile.read(path) == Self.old)
      // And what it left is in nobody's way.
      try DurableFile.publish(Self.new, at: path)
      #expect(try DurableFile.read(path) == Self.new)
      #expect(try names(besides: path) == ["state"])
    }
  }

  @Test func signalsAndShortWritesOnlyDelay() throws {
    try inFolder { (path: String) throws in
      var calls = FileCalls.system
      let system = calls
      let count = Mutex(0)
      /// Every other call is interrupted.
      @Sendable func interrupted(_ call: () -> Int) -> Int {
        count.withLock { count in
          count += 1
          return count % 2 == 1 ? -Int(EINTR) : call()
        }
      }
      calls.create = { path in interrupted { system.create(path) } }
      calls.openFolder = { path in interrupted { system.openFolder(path) } }
      calls.synchronise = { descriptor in interrupted { system.synchronise(descriptor) } }
      calls.write = { descriptor, bytes in
        interrupted {
          system.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(7)))
        }
      }
      calls.close = { descriptor in
        _ = system.close(descriptor)
        return -Int(EINTR)
      }
      try DurableFile.publish(Self.new, at: path, calls: calls)
      #expect(try DurableFile.read(path) == Self.new)
      // Creating, two synchronisations, the folder, and 143 writes of up to 7 bytes.
      let calledTwice = 147
      #expect(count.withLock { $0 } == 2 * calledTwice)
    }
  }

  /// File systems that cannot do this for folders say so in various ways, and some mean nothing by it.
  @Test(arguments: [EOPNOTSUPP, EIO, ENOSYS, EACCES, EBADF, EINVAL])
  func foldersThatCannotBeSynchronisedAreAWarning(_ code: Int32) throws {
    try inFolder { (path: String) throws in
      for opens in [true, false] {
        var calls = FileCalls.system
        if opens {
          let synchronise = calls.synchronise
          let isFile = Mutex(true)
          calls.synchronise = { descriptor in
            let wasFile = isFile.withLock { isFile in
              defer { isFile = false }
              return isFile
            }
            return wasFile ? synchronise(descriptor) : -Int(code)
          }
        } else {
          calls.openFolder = { _ in -Int(code) }
        }
        let warning = try DurableFile.publish(Self.new, at: path, calls: calls)
        #expect(try DurableFile.read(path) == Self.new)
        let reason = String(cString: strerror(code))
        #expect(
          warning == nil ? code == EINVAL : warning?.contains(": \(reason); files are") == true)
      }
    }
  }

  @Test func bytesAreOnDiskBeforeTheyHaveTheName() throws {
    try inFolder { (path: String) throws in
      let order = Mutex<[String]>([])
      let system = FileCalls.system
      @Sendable func note(_ name: String, _ result: Int) -> Int {
        order.withLock { $0.append(name) }
        return result
      }
      var calls = system
      calls.create = { note("create", system.create($0)) }
      calls.write = { note("write", system.write($0, $1)) }
      calls.synchronise = { note("synchronise", system.synchronise($0)) }
      calls.close = { note("close", system.close($0)) }
      calls.rename = { note("rename", system.rename($0, $1)) }
      calls.remove = { note("remove", system.remove($0)) }
      calls.openFolder = { note("folder", system.openFolder($0)) }
      try DurableFile.publish(Self.new, at: path, calls: calls)
      let expected = [
        "create", "write", "synchronise", "close", "rename", "folder", "synchronise", "close",
      ]
      #expect(order.withLock { $0 } == expected)
    }
  }

  @Test func foldersAndOddPathsAreRefused() throws {
    try inFolder { (path: String) throws in
      let folder = path + ".d"
      try DurableFile.createFolder(folder)
      for wrong in [folder, folder + "/", "", path + "\0x"] {
        #expect(throws: StateError.self) { try DurableFile.publish([1], at: wrong) }
      }
      #expect(try names(besides: path) == ["state", "state.d"])
      #expect(try names(besides: folder + "/") == [])
    }
  }

  /// The super-user may write anywhere, so only others can see this.
  @Test(.enabled(if: geteuid() != 0)) func readOnlyFolders() throws {
    try inFolder { (path: String) throws in
      let folder = path + ".d"
      try DurableFile.createFolder(folder)
      #expect(chmod(folder, 0o555) == 0)
      let error = #expect(throws: StateError.self) {
        try DurableFile.publish([1], at: folder + "/x")
      }
      #expect(error?.message.contains("Permission denied; allow writing") == true)
    }
  }

  @Test func onlyRegularFilesAreRead() throws {
    try inFolder { (path: String) throws in
      let pipe = path + ".pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      for wrong in [pipe, "/dev/zero", "/"] {
        let error = #expect(throws: StateError.self) { try DurableFile.read(wrong) }
        #expect(
          error?.description == "\(wrong): cannot be read: it is no regular file; check the path")
        #expect(error?.exitCode == .noInput)
      }
      #expect(throws: StateError.self) { try DurableFile.read(path + "\0") }
    }
  }

  /// A length costs nothing to claim, and must not cost memory.
  @Test func lengthsOfFilesAreNotBelieved() throws {
    try inFolder { (path: String) throws in
      #expect(truncate(path, 1 << 40) == 0)
      let error = #expect(throws: StateError.self) { try DurableFile.read(path) }
      #expect(error?.message.contains("1099511627776 bytes are more than") == true)
    }
  }
}
