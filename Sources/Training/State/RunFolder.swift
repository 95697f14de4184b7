import Foundation

/// Where a run is stored: its checkpoints, its last state, its metrics. One process writes it at a time.
///
///     RUN/state.safetensors                      what the run ended with
///     RUN/checkpoints/step-000000120.safetensors what it can go on from; the newest two are kept
///     RUN/lower.safetensors                      the lower model that it ended with, where tasks have one in common
///     RUN/metrics.jsonl                          a line a step
///     RUN/held-out.jsonl                         held-out scores on the way
///     RUN/history.jsonl                          who ran it when and how, what was warned of
///     RUN/timings.jsonl                          a line a step: where its time went
///     RUN/earlier-1/                             what another run had left when this one began here; then earlier-2
///     RUN/lock                                   who is writing
public final class RunFolder: Sendable {
  /// The folder.
  public let path: String
  /// Checkpoints that are kept.
  public static let kept = 2
  private static let prefix = "step-"
  private static let suffix = ".safetensors"
  private let lock: FolderLock?

  /// Makes the folder if need be, and takes its lock, which the system gives back when this process ends.
  ///
  /// - Throws: ``StateError`` where it cannot be written, or another process writes it.
  public convenience init(locking path: String) throws(StateError) {
    try self.init(locking: path, calls: .system)
  }

  package init(locking path: String, calls: FileCalls) throws(StateError) {
    self.path = path
    try DurableFile.createFolder(path)
    lock = try FolderLock(path, calls: calls)
    try DurableFile.createFolder("\(path)/checkpoints")
  }

  /// A folder that is only looked at, if it is there.
  package init(reading path: String) {
    self.path = path
    lock = nil
  }

  /// What there is to know about the lock: why nothing keeps other runs away, where the file system has none.
  public var warning: String? { lock?.warning }

  /// Whether the folder that was locked is still at its path: another one there is none of this run's business.
  public var isInPlace: Bool { lock?.isInPlace ?? true }

  /// The path of a state that people name by its own path or by its run's folder.
  package static func state(at path: String) -> String {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return exists && isFolder.boolValue ? "\(path)/\(RunState.fileName)" : path
  }

  /// The last state's path.
  public var statePath: String { "\(path)/\(RunState.fileName)" }
  /// The lower model's path.
  public var lowerPath: String { "\(path)/\(LowerFile.name)" }
  /// The metrics' path.
  public var metricsPath: String { "\(path)/metrics.jsonl" }

  /// The timings' path.
  public var timingsPath: String { "\(path)/timings.jsonl" }

  /// The path of a step's checkpoint.
  public func checkpointPath(_ step: Int) -> String {
    "\(path)/checkpoints/\(Self.checkpointName(step))"
  }

  private static func checkpointName(_ step: Int) -> String {
    let digits = String(step)
    return prefix + String(repeating: "0", count: max(0, 9 - digits.count)) + digits + suffix
  }

  /// Publishes a checkpoint, reads it back, and only then removes those before the last two.
  ///
  /// - Returns: A warning, as ``DurableFile/publish(_:at:)`` has it.
  /// - Throws: ``StateError``; the checkpoints that were there are kept then.
  @discardableResult
  public func storeCheckpoint(_ state: TensorFile, step: Int) throws(StateError) -> String? {
    try storeCheckpoint(state, step: step, calls: .system)
  }

  @discardableResult
  package func storeCheckpoint(
    _ state: TensorFile, step: Int, calls: FileCalls
  ) throws(StateError) -> String? {
    let target = checkpointPath(step)
    let bytes = state.encoded()
    let warning = try publish(bytes, at: target, calls: calls)
    try whereItWas { () throws(StateError) in
      guard try Self.isSame(DurableFile.read(target), bytes) else {
        throw StateError(
          .notWritten, target, "reads back other than it was written; check the disk")
      }
    }
    for old in checkpoints().dropLast(Self.kept) where old.step < step {
      _ = calls.remove(old.path)
    }
    return warning
  }

  /// Publishes what the run ended with.
  ///
  /// - Returns: A warning, as ``DurableFile/publish(_:at:)`` has it.
  /// - Throws: ``StateError``.
  @discardableResult
  public func storeLast(_ state: TensorFile) throws(StateError) -> String? {
    try publish(state.encoded(), at: statePath)
  }

  /// Publishes a file of the run.
  ///
  /// - Returns: A warning, as ``DurableFile/publish(_:at:)`` has it.
  /// - Throws: ``StateError``, also where the folder is no longer at its path.
  @discardableResult
  package func publish(
    _ bytes: [UInt8], at path: String, calls: FileCalls = .system
  ) throws(StateError) -> String? {
    try whereItWas { () throws(StateError) in
      try DurableFile.publish(bytes, at: path, calls: calls)
    }
  }

  /// Does something with the run's files if the folder is at its path, before and after: what fails because it no longer
  /// is, is that mistake.
  private func whereItWas<Result>(
    _ body: () throws(StateError) -> Result
  ) throws(StateError) -> Result {
    try requirePlace()
    let result: Result
    do throws(StateError) {
      result = try body()
    } catch {
      try requirePlace()
      throw error
    }
    try requirePlace()
    return result
  }

  private func requirePlace() throws(StateError) {
    guard !isInPlace else { return }
    throw StateError(
      .displaced, path,
      "was moved, removed or replaced while the run writes there; what was stored is where the "
        + "folder is now: put it back, and start again with --resume auto")
  }

  /// Compares at the speed of memory; arrays compare byte by byte.
  private static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.count == other.count
      && one.withUnsafeBytes { one in
        other.withUnsafeBytes { memcmp(one.baseAddress!, $0.baseAddress!, one.count) == 0 }
      }
  }

  /// What is in the checkpoints' folder, in no order.
  private var checkpointNames: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/checkpoints")) ?? []
  }

  /// The checkpoints there are, oldest first, valid or not.
  public func checkpoints() -> [(step: Int, path: String)] {
    checkpointNames.compactMap { name -> (step: Int, path: String)? in
      guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
      let digits = name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count)
      // Other names are not this program's.
      guard let step = Int(digits), name == Self.checkpointName(step) else { return nil }
      return (step, "\(path)/checkpoints/\(name)")
    }.sorted { $0.step < $1.step }
  }

  /// The newest state that can be gone on from, the last one or a checkpoint, and what was passed over: what is wrong
  /// with files that are whole by their names.
  public func newestState() -> (state: (bytes: [UInt8], path: String)?, ignored: [StateError]) {
    var ignored: [StateError] = []
    var best: (step: Int, bytes: [UInt8], path: String)?
    var candidates = checkpoints().map(\.path)
    if FileManager.default.fileExists(atPath: statePath) { candidates.append(statePath) }
    for candidate in candidates.reversed() {
      do throws(StateError) {
        let (step, bytes) = try Self.state(at: candidate)
        if step > best?.step ?? -1 { best = (step, bytes, candidate) }
        // Older checkpoints have smaller numbers.
        if best != nil, candidate != statePath { break }
      } catch {
        ignored.append(error)
      }
    }
    return (best.map { ($0.bytes, $0.path) }, ignored)
  }

  /// A stored state's step and bytes, if it is whole.
  static func state(at path: String) throws(StateError) -> (step: Int, bytes: [UInt8]) {
    let bytes = try DurableFile.read(path)
    return (try RunState.step(of: try RunState.decoded(bytes, path), at: path), bytes)
  }

  /// Removes checkpoints that processes left half written when they were killed.
  ///
  /// - Returns: The paths.
  public func removeIncomplete() -> [String] {
    let partial = checkpointNames.filter { name in
      let whole = name.split(separator: DurableFile.partialMark, maxSplits: 1).first.map(
        String.init)
      guard let whole, whole.hasPrefix(Self.prefix), whole.hasSuffix(Self.suffix) else {
        return false
      }
      return PublishedPlace.writer(of: name, for: whole) != nil
    }
    let paths = partial.sorted().map { "\(path)/checkpoints/\($0)" }
    for path in paths { unlink(path) }
    return paths
  }
}
