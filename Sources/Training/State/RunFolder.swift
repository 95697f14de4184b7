import Foundation

/// Where a run is stored: its checkpoints, its last state, its metrics. One process writes it at a time.
///
///     RUN/state.safetensors                      what the run ended with
///     RUN/checkpoints/step-000000120.safetensors what it can go on from; the newest two are kept
///     RUN/lower.safetensors                      the lower model that it ended with, where tasks have one in common
///     RUN/metrics.jsonl                          a line a step
///     RUN/history.jsonl                          who ran it when and how, what was warned of
///     RUN/timings.jsonl                          a line a step: where its time went
///     RUN/earlier/                               states that were set aside when another run began here
///     RUN/lock                                   who is writing
public final class RunFolder {
  /// The folder.
  public let path: String
  /// Checkpoints that are kept.
  public static let kept = 2
  private static let prefix = "step-"
  private static let suffix = ".safetensors"
  private let lock: Int32

  /// Makes the folder if need be, and takes its lock, which the system gives back when this process ends.
  ///
  /// - Throws: ``StateError`` where it cannot be written, or another process writes it.
  public init(locking path: String) throws(StateError) {
    self.path = path
    try DurableFile.createFolder(path)
    try DurableFile.createFolder("\(path)/checkpoints")
    let file = "\(path)/lock"
    lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard lock >= 0 else {
      throw StateError(
        .notWritten, file,
        "cannot be opened: \(String(cString: strerror(errno))); choose another --output")
    }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      let holder = (try? DurableFile.read(file)).map { String(decoding: $0, as: UTF8.self).asShown }
      // The lock's file is closed by `deinit`: all properties have their values.
      throw StateError(
        .inUse, path,
        "another run writes here (\(holder ?? "unknown")); wait for it or choose another --output")
    }
    let owner = "process \(getpid()) on \(ProcessInfo.processInfo.hostName)"
    ftruncate(lock, 0)
    _ = owner.withCString { write(lock, $0, strlen($0)) }
  }

  /// A folder that is only looked at, if it is there.
  package init(reading path: String) {
    self.path = path
    lock = -1
  }

  deinit { if lock >= 0 { close(lock) } }

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
    let digits = String(step)
    let padded = String(repeating: "0", count: max(0, 9 - digits.count)) + digits
    return "\(path)/checkpoints/\(Self.prefix)\(padded)\(Self.suffix)"
  }

  /// Publishes a checkpoint, reads it back, and only then removes those before the last two.
  ///
  /// - Throws: ``StateError``; the checkpoints that were there are kept then.
  public func storeCheckpoint(_ state: TensorFile, step: Int) throws(StateError) {
    try storeCheckpoint(state, step: step, calls: .system)
  }

  package func storeCheckpoint(
    _ state: TensorFile, step: Int, calls: FileCalls
  ) throws(StateError) {
    let target = checkpointPath(step)
    let bytes = state.encoded()
    try DurableFile.publish(bytes, at: target, calls: calls)
    guard try Self.isSame(DurableFile.read(target), bytes) else {
      throw StateError(.notWritten, target, "reads back other than it was written; check the disk")
    }
    for old in checkpoints().dropLast(Self.kept) where old.step < step {
      _ = calls.remove(old.path)
    }
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
      guard let step = Int(digits), step >= 0 else { return nil }
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

  /// Moves states into the folder `earlier`, in the place of what was set aside before: all of them, or those after a
  /// step. A run that starts here anew, or goes on from an older state, would otherwise be taken up from them.
  ///
  /// - Returns: The folder that they are in now; `nil` where there are none.
  /// - Throws: ``StateError`` where they cannot be moved.
  public func setAside(after step: Int?) throws(StateError) -> String? {
    var late = checkpoints().filter { $0.step > step ?? -1 }.map(\.path)
    if FileManager.default.fileExists(atPath: statePath) {
      // A last state that cannot be read is none to go on from.
      let last = (try? Self.state(at: statePath))?.step ?? .max
      if last > step ?? -1 { late.append(statePath) }
    }
    guard !late.isEmpty else { return nil }
    let earlier = "\(path)/earlier"
    try? FileManager.default.removeItem(atPath: earlier)
    try DurableFile.createFolder(earlier)
    for file in late {
      let target = "\(earlier)/\(file.split(separator: "/").last ?? "")"
      guard rename(file, target) == 0 else {
        throw StateError(
          .notWritten, file,
          "cannot be moved to \(earlier): \(String(cString: strerror(errno))); "
            + "choose another --output")
      }
    }
    return earlier
  }

  /// A stored state's step and bytes, if it is whole.
  private static func state(at path: String) throws(StateError) -> (step: Int, bytes: [UInt8]) {
    let bytes = try DurableFile.read(path)
    return (try RunState.step(of: try RunState.decoded(bytes, path), at: path), bytes)
  }

  /// Removes what processes that were killed left half written.
  ///
  /// - Returns: The paths.
  public func removeIncomplete() -> [String] {
    let partial = checkpointNames.filter { $0.contains(DurableFile.partialMark) }
      .sorted()
      .map { "\(path)/checkpoints/\($0)" }
    for path in partial { unlink(path) }
    return partial
  }
}
