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
    // The run that was here before may be on its way out.
    #expect(error?.exitCode == .unavailable)
    #expect(first?.path == path)
    first = nil
    #expect(throws: Never.self) { try RunFolder(locking: path) }
  }

  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  /// A run that starts anew must not be taken up from the states of the one before.
  @Test(arguments: [nil, 2, 4, 9]) func laterStatesAreSetAside(step: Int?) throws {
    let folder = try RunFolder(locking: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try folder.setAside(after: step) == nil)
    for step in [2, 4] { try folder.storeCheckpoint(state(step), step: step) }
    try folder.storeLast(state(6))
    let kept = [2, 4].filter { $0 <= step ?? -1 }
    #expect(try folder.setAside(after: step) == (step == 9 ? nil : "\(path)/earlier-1"))
    #expect(folder.checkpoints().map(\.step) == kept)
    let newest = folder.newestState().state?.path
    #expect(newest == (step == 9 ? folder.statePath : kept.last.map(folder.checkpointPath)))
    guard step != 9 else { return }
    // What was set aside is a run's folder itself.
    let earlier = RunFolder(reading: "\(path)/earlier-1")
    #expect(earlier.newestState().state?.path == "\(path)/earlier-1/state.safetensors")
    #expect(earlier.checkpoints().map(\.step) == [2, 4].filter { !kept.contains($0) })
  }

  /// Runs in one folder, one after another: each finds it empty, and all are kept, with what was never of any run.
  @Test func noRunTakesThePlaceOfAnother() throws {
    let folder = try RunFolder(locking: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let own = ["earlier/notes.txt", "earlier-x", "checkpoints/step-5.safetensors", "notes.txt"]
    let records = [
      "configuration.yaml", "held-out.jsonl", "history.jsonl", "lower.safetensors",
      "metrics.jsonl", "suspects.csv", "timings.jsonl",
    ]
    try DurableFile.createFolder("\(path)/earlier")
    for name in own { try DurableFile.publish(Array("mine".utf8), at: "\(path)/\(name)") }
    for run in 1...3 {
      for step in [1, 2, 3] { try folder.storeCheckpoint(state(10 * run + step), step: step) }
      for name in records {
        try DurableFile.publish(Array("run \(run)".utf8), at: "\(path)/\(name)")
      }
      #expect(try folder.setAside(after: nil) == "\(path)/earlier-\(run)")
      #expect(try names("\(path)/checkpoints") == ["step-5.safetensors"])
    }
    for run in 1...3 {
      let earlier = RunFolder(reading: "\(path)/earlier-\(run)")
      #expect(
        try names(earlier.path)
          == (["checkpoints"] + records))
      #expect(earlier.checkpoints().map(\.step) == [2, 3])
      #expect(try DurableFile.read(earlier.checkpointPath(3)) == state(10 * run + 3).encoded())
      #expect(try DurableFile.read(earlier.metricsPath) == Array("run \(run)".utf8))
    }
    for name in own { #expect(try DurableFile.read("\(path)/\(name)") == Array("mine".utf8)) }
  }

  /// Metrics alone are a run's, too; an empty file is that of a start that failed.
  @Test func metricsWithoutStatesAreSetAside() throws {
    let folder = try RunFolder(locking: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try DurableFile.publish([], at: folder.metricsPath)
    #expect(try folder.setAside(after: nil) == nil)
    try DurableFile.publish([1], at: folder.metricsPath)
    #expect(try folder.setAside(after: nil) == "\(path)/earlier-1")
    #expect(try DurableFile.read("\(path)/earlier-1/metrics.jsonl") == [1])
  }

  /// A run that goes on from an older state cuts the metrics: the lines that go are kept with the states that go.
  @Test func metricsThatWillBeCutAreCopied() throws {
    let folder = try RunFolder(locking: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try DurableFile.publish([7], at: folder.metricsPath)
    for step in [2, 4] { try folder.storeCheckpoint(state(step), step: step) }
    #expect(try folder.setAside(after: 4) == nil)
    #expect(try folder.setAside(after: 2) == "\(path)/earlier-1")
    #expect(try DurableFile.read(folder.metricsPath) == [7])
    #expect(try DurableFile.read("\(path)/earlier-1/metrics.jsonl") == [7])
  }

  @Test func statesOfOtherFoldersAreNotItsOwn() throws {
    let folder = try RunFolder(locking: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try folder.storeCheckpoint(state(2), step: 2)
    try DurableFile.publish(state(2).encoded(), at: "\(path)/copy.safetensors")
    #expect(
      folder.holds(
        "\(path)/../\(path.split(separator: "/").last!)/checkpoints/step-000000002.safetensors"))
    #expect(!folder.holds("\(path)/copy.safetensors"))
    #expect(!folder.holds("\(path)/nothing"))
  }

  /// A last state that cannot be read is no reason to lose it.
  @Test func aDamagedLastStateIsSetAside() throws {
    let folder = try RunFolder(locking: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("garbage".utf8).write(to: URL(fileURLWithPath: folder.statePath))
    #expect(try folder.setAside(after: 3) == "\(path)/earlier-1")
    #expect(FileManager.default.fileExists(atPath: "\(path)/earlier-1/state.safetensors"))
  }

  @Test func partialFilesAreRemoved() throws {
    let folder = try RunFolder(locking: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let partial = folder.checkpointPath(9) + ".tmp-4711"
    try Data([1]).write(to: URL(fileURLWithPath: partial))
    #expect(folder.checkpoints().isEmpty)
    #expect(folder.removeIncomplete() == [partial])
    #expect(!FileManager.default.fileExists(atPath: partial))
    for name in ["notes.tmp-4711", "step-000000009.safetensors.tmp-draft"] {
      let own = "\(path)/checkpoints/\(name)"
      try Data([1]).write(to: URL(fileURLWithPath: own))
      #expect(folder.removeIncomplete() == [] && FileManager.default.fileExists(atPath: own))
    }
  }
}
