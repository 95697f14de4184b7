import Foundation
import Testing
import Training

@Suite struct RunFolderTests {
  private let path = FileManager.default.temporaryDirectory
    .appendingPathComponent(UUID().uuidString).path

  private func state(_ step: Int) -> TensorFile {
    RunState.sealed(
      TensorFile(
        metadata: [.init("format", "igbm-dist 2"), .init("step", String(step))],
        tensors: [NamedTensor("upper/x", shape: [3], [1, 2, Double(step)])]))
  }

  @Test func theNewestTwoAreKept() throws {
    let folder = try RunFolder(locking: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    for step in [2, 4, 6] { try folder.storeCheckpoint(state(step), step: step) }
    #expect(folder.checkpoints().map(\.step) == [4, 6])
    #expect(folder.newestState().state?.path == folder.checkpointPath(6))
    #expect(folder.newestState().ignored.isEmpty)
  }

  @Test func theLastStateCountsByItsStep() throws {
    let folder = try RunFolder(locking: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try folder.storeCheckpoint(state(6), step: 6)
    try DurableFile.publish(state(5).encoded(), at: folder.statePath)
    #expect(folder.newestState().state?.path == folder.checkpointPath(6))
    try DurableFile.publish(state(7).encoded(), at: folder.statePath)
    #expect(folder.newestState().state?.path == folder.statePath)
  }

  /// Every byte of a checkpoint, one after another.
  @Test func anyFlippedBitIsNoticed() throws {
    let bytes = state(3).encoded()
    #expect(throws: Never.self) { try RunState.decoded(bytes, "state") }
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 1 << UInt8(index % 8)
      #expect(throws: StateError.self, "byte \(index)") { try RunState.decoded(damaged, "state") }
    }
    for count in 0..<bytes.count {
      #expect(throws: StateError.self) { try RunState.decoded(Array(bytes[..<count]), "state") }
    }
  }

  @Test func row10_aNewerFormatIsRefused() {
    let file = RunState.sealed(TensorFile(metadata: [.init("format", "igbm-dist 3")], tensors: []))
    let error = #expect(throws: StateError.self) { try RunState.decoded(file.encoded(), "state") }
    #expect(error?.code == .mismatch)
  }

  /// Row 29: one writer at a time.
  @Test func row29_aFolderInUseIsRefused() throws {
    var first: RunFolder? = try RunFolder(locking: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let error = #expect(throws: StateError.self) { try RunFolder(locking: path) }
    #expect(error?.code == .inUse && error?.message.contains("process \(getpid())") == true)
    #expect(first?.path == path)
    first = nil
    #expect(throws: Never.self) { try RunFolder(locking: path) }
  }

  @Test func partialFilesAreRemoved() throws {
    let folder = try RunFolder(locking: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let partial = folder.checkpointPath(9) + ".tmp-4711"
    try Data([1]).write(to: URL(fileURLWithPath: partial))
    #expect(folder.checkpoints().isEmpty)
    #expect(folder.removeIncomplete() == [partial])
    #expect(!FileManager.default.fileExists(atPath: partial))
  }
}
