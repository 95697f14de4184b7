import Foundation

/// A run that begins in the folder of another one takes nothing of it away.
extension RunFolder {
  /// What a run leaves besides its states.
  private static let records = [
    "configuration.yaml", "metrics.jsonl", "metrics.csv", HeldOutFile.name, "timings.jsonl",
    "tensorboard", RunHistory.name, LowerFile.name, "suspects.csv", "report.html",
  ]
  /// Those of them that a run which goes on cuts to its steps.
  private static let cutRecords = ["metrics.jsonl", "metrics.csv", HeldOutFile.name]

  /// Moves what another run left into a new folder that is then its own: `earlier-1`, `earlier-2` and so on. A run that
  /// starts here anew would otherwise be taken up from its states, and take the place of its records.
  ///
  /// - Parameter step: The step that a run of this folder goes on from, whose later states are set aside, with a copy of
  ///   the records that will be cut; nil for a run that begins.
  /// - Returns: The folder that they are in now; `nil` where there is nothing to set aside.
  /// - Throws: ``StateError`` where they cannot be moved.
  public func setAside(after step: Int?) throws(StateError) -> String? {
    var states = checkpoints().filter { $0.step > step ?? -1 }.map(\.path)
    if FileManager.default.fileExists(atPath: statePath) {
      // A last state that cannot be read is none to go on from.
      let last = (try? Self.state(at: statePath))?.step ?? .max
      if last > step ?? -1 { states.append(statePath) }
    }
    let records = step == nil ? existing(Self.records) : []
    guard !states.isEmpty || (step == nil && hasMetrics) else { return nil }
    let earlier = try makeEarlierFolder()
    for name in step == nil ? [] : existing(Self.cutRecords) {
      try DurableFile.publish(DurableFile.read("\(path)/\(name)"), at: "\(earlier)/\(name)")
    }
    for file in states + records { try move(file, into: earlier) }
    for folder in [path, earlier] { _ = DurableFile.synchronise(folder: folder) }
    return earlier
  }

  /// Whether a state is one of this folder's own, by whatever path.
  public func holds(_ state: String) -> Bool {
    guard let identity = FileIdentity(state) else { return false }
    return (checkpoints().map(\.path) + [statePath]).contains { FileIdentity($0) == identity }
  }

  private func existing(_ names: [String]) -> [String] {
    names.filter { FileManager.default.fileExists(atPath: "\(path)/\($0)") }
  }

  private var hasMetrics: Bool {
    var information = stat()
    return stat(metricsPath, &information) == 0 && information.st_size > 0
  }

  /// Makes the folder after the last of its kind.
  private func makeEarlierFolder() throws(StateError) -> String {
    let prefix = "earlier-"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let numbers = names.filter { $0.hasPrefix(prefix) }.compactMap {
      Int($0.dropFirst(prefix.count))
    }
    let earlier = "\(path)/\(prefix)\((numbers.filter { $0 < .max }.max() ?? 0) + 1)"
    try DurableFile.createFolder("\(earlier)/checkpoints")
    return earlier
  }

  /// Moves a file of this folder to the same place in another.
  private func move(_ file: String, into folder: String) throws(StateError) {
    let name = file.hasPrefix("\(path)/") ? String(file.dropFirst(path.count + 1)) : file
    guard rename("\(path)/\(name)", "\(folder)/\(name)") == 0 else {
      throw StateError(
        .notWritten, "\(path)/\(name)",
        "cannot be moved to \(folder): \(String(cString: strerror(errno))); choose another --output"
      )
    }
  }
}
