import Foundation
import Synchronization
import Testing
import Training

/// Who may write a run's folder, whatever the file system thinks of locks and whatever becomes of the folder.
@Suite struct FolderLockTests {
  private let path = FileManager.default.temporaryDirectory
    .appendingPathComponent(UUID().uuidString).path

  private var state: TensorFile {
    RunState.sealed(
      TensorFile(
        metadata: [.init("format", "igbm-dist 2"), .init("step", "1")],
        tensors: [NamedTensor("upper/x", shape: [1], [1])]))
  }

  /// Lustre without -o flock, NFS without lockd, FUSE: no lock is no other run.
  @Test(arguments: [ENOSYS, ENOLCK, EOPNOTSUPP, EBADF, EINVAL, EIO])
  func fileSystemsWithoutLocksAreWarnedOf(_ code: Int32) throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    var calls = FileCalls.system
    calls.lock = { _ in -Int(code) }
    let folder = try RunFolder(locking: path, calls: calls)
    let reason = String(cString: strerror(code))
    #expect(
      folder.warning
        == "\(path) cannot be locked: \(reason); see to it that no other run writes there")
    #expect(folder.isInPlace)
  }

  /// NFS locks files, but no folders.
  @Test func filesAreLockedWhereFoldersCannotBe() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let first = try onNFS()
    #expect(first.warning == nil && first.isInPlace)
    #expect(throws: StateError.self) { try onNFS() }
    // Whoever removes the lock's file lets a second run in: the first one notices.
    try FileManager.default.removeItem(atPath: "\(path)/lock")
    let second = try onNFS()
    #expect(second.isInPlace && !first.isInPlace)
  }

  private func onNFS() throws -> RunFolder {
    var calls = FileCalls.system
    let system = calls.lock
    calls.lock = { descriptor in
      var information = stat()
      fstat(Int32(descriptor), &information)
      return information.st_mode & S_IFMT == S_IFDIR ? -Int(EBADF) : system(descriptor)
    }
    return try RunFolder(locking: path, calls: calls)
  }

  @Test func interruptedLocksAreAskedForAgain() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    var calls = FileCalls.system
    let system = calls.lock
    let count = Mutex(0)
    calls.lock = { descriptor in
      let isOdd = count.withLock { count in
        count += 1
        return count % 2 == 1
      }
      return isOdd ? -Int(EINTR) : system(descriptor)
    }
    let folder = try RunFolder(locking: path, calls: calls)
    #expect(folder.warning == nil)
    #expect(throws: StateError.self) { try RunFolder(locking: path) }
  }

  /// Two that begin at once: one of them gets the folder, and must get the file.
  @Test func whoComesSecondLeavesTheFileAlone() {
    defer { try? FileManager.default.removeItem(atPath: path) }
    var calls = FileCalls.system
    let count = Mutex(0)
    calls.lock = { _ in
      count.withLock { $0 += 1 }
      return -Int(EWOULDBLOCK)
    }
    #expect(throws: StateError.self) { try RunFolder(locking: path, calls: calls) }
    #expect(count.withLock { $0 } == 1)
  }

  @Test func aRemovedLockFileLetsNobodyIn() throws {
    let first = try RunFolder(locking: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try FileManager.default.removeItem(atPath: "\(path)/lock")
    let error = #expect(throws: StateError.self) { try RunFolder(locking: path) }
    #expect(error?.code == .inUse && first.isInPlace)
  }

  /// Nothing is written into what has taken the folder's place.
  @Test(arguments: ["moved", "removed", "replaced", "link"])
  func aFolderThatIsGoneIsNotWritten(_ fate: String) throws {
    let other = path + "-other"
    defer { for path in [path, other] { try? FileManager.default.removeItem(atPath: path) } }
    var locked = path
    if fate == "link" {
      try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
      locked = path + "-link"
      #expect(symlink(other, locked) == 0)
    }
    defer { unlink(path + "-link") }
    let folder = try RunFolder(locking: locked)
    try folder.storeCheckpoint(state, step: 1)
    switch fate {
    case "moved": #expect(rename(path, other) == 0)
    case "removed": try FileManager.default.removeItem(atPath: path)
    case "replaced":
      #expect(rename(path, other) == 0)
      try DurableFile.createFolder("\(path)/checkpoints")
    default:
      unlink(locked)
      try DurableFile.createFolder("\(path)/checkpoints")
      #expect(symlink(path, locked) == 0)
    }
    #expect(!folder.isInPlace)
    for store in [
      { try folder.storeCheckpoint(self.state, step: 2) }, { try folder.storeLast(self.state) },
    ] {
      let error = #expect(throws: StateError.self) { try store() }
      #expect(error?.code == .displaced && error?.exitCode == .inputOutput)
    }
    let there = FileManager.default.enumerator(atPath: path)?.allObjects as? [String]
    #expect((there ?? []).filter { $0.hasSuffix("safetensors") } == [])
  }

  /// A folder that goes while a checkpoint is stored is missed, whatever fails by it; another run's checkpoints, which
  /// are there by then, are not taken for old ones of this run.
  @Test(arguments: ["create", "rename", "synchronise"], [false, true])
  func aFolderThatGoesMeanwhileIsMissed(_ call: String, isReplaced: Bool) throws {
    let (path, other) = (path, path + "-other")
    defer { for path in [path, other] { try? FileManager.default.removeItem(atPath: path) } }
    let folder = try RunFolder(locking: path)
    let theirs = (1...3).map(folder.checkpointPath)
    @Sendable func move() {
      #expect(rename(path, other) == 0)
      guard isReplaced else { return }
      try? FileManager.default.createDirectory(
        atPath: "\(path)/checkpoints", withIntermediateDirectories: true)
      for file in theirs {
        #expect(FileManager.default.createFile(atPath: file, contents: Data([1])))
      }
    }
    var calls = FileCalls.system
    switch call {
    case "create":
      calls.create = {
        move()
        return FileCalls.system.create($0)
      }
    case "rename":
      calls.rename = {
        let result = FileCalls.system.rename($0, $1)
        move()
        return result
      }
    default:
      calls.openFolder = {
        move()
        return FileCalls.system.openFolder($0)
      }
    }
    let error = #expect(throws: StateError.self) {
      try folder.storeCheckpoint(state, step: 9, calls: calls)
    }
    #expect(error?.code == .displaced, "\(String(describing: error))")
    #expect(theirs.allSatisfy { FileManager.default.fileExists(atPath: $0) == isReplaced })
  }
}
