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

  /// A run that starts anew must not be taken up from the states of the one before.
  @Test(arguments: [nil, 2, 4, 9]) func laterStatesAreSetAside(step: Int?) throws {
    let folder = try RunFolder(locking: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try folder.setAside(after: step) == nil)
    for step in [2, 4] { try folder.storeCheckpoint(state(step), step: step) }
    try DurableFile.publish(state(6).encoded(), at: folder.statePath)
    let kept = [2, 4].filter { $0 <= step ?? -1 }
    #expect(try folder.setAside(after: step) == (step == 9 ? nil : "\(path)/earlier"))
    #expect(folder.checkpoints().map(\.step) == kept)
    let newest = folder.newestState().state?.path
    #expect(newest == (step == 9 ? folder.statePath : kept.last.map(folder.checkpointPath)))
    if step == nil {
      let moved = try FileManager.default.contentsOfDirectory(atPath: "\(path)/earlier")
      #expect(Set(moved).isSuperset(of: ["state.safetensors", "step-000000004.safetensors"]))
      // The next time takes the place of this one.
      try folder.storeCheckpoint(state(1), step: 1)
      #expect(try folder.setAside(after: 0) != nil)
      let again = try FileManager.default.contentsOfDirectory(atPath: "\(path)/earlier")
      #expect(again == ["step-000000001.safetensors"])
    }
  }

  /// A last state that cannot be read is no reason to lose it.
  @Test func aDamagedLastStateIsSetAside() throws {
    let folder = try RunFolder(locking: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("garbage".utf8).write(to: URL(fileURLWithPath: folder.statePath))
    #expect(try folder.setAside(after: 3) == "\(path)/earlier")
    #expect(FileManager.default.fileExists(atPath: "\(path)/earlier/state.safetensors"))
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
