import Problems

/// A setting that a run is to be taken up with, other than it was stored with.
public struct SettingChange: Sendable, Hashable {
  /// What a change means for a run that goes on.
  public enum Kind: Sendable, Hashable {
    /// The steps are the same as without it.
    case free
    /// The steps that follow are other ones; must be allowed by name.
    case declarable
    /// It would be another run.
    case fatal
  }

  /// The setting.
  public let key: String
  /// The value that the run was stored with.
  public let stored: String
  /// The value that is asked for.
  public let now: String
  /// What the change means.
  public let kind: Kind

  /// The steps to come depend on none of these. `data` is where the data are; what they are is checked by itself.
  private static let free = [
    "steps", "evaluation-tasks", "evaluation-every", "data", "schedule", "team", "initial",
  ]
  /// Of the settings that all problems have, those that cannot change on the way: what is random, and whose state the
  /// upper optimiser has.
  private static let fatal = ["seed", "upper-rule"]

  /// The changes between a stored state and the settings that a run is asked for, in the settings' order. A setting that
  /// the state does not know, because an older program wrote it, had what is the problem's default now.
  ///
  /// - Parameters:
  ///   - file: The state.
  ///   - run: What is asked for.
  /// - Returns: The changes.
  public static func all(from file: TensorFile, to run: any Run) -> [SettingChange] {
    all(from: file, to: run.settings, defaults: run.defaults)
  }

  private static func all(
    from file: TensorFile, to settings: [SettingEntry], defaults: SettingDefaults
  ) -> [SettingChange] {
    settings.compactMap { entry in
      let stored = file[RunState.settingPrefix + entry.key] ?? defaults[entry.key]
      guard stored != entry.value else { return nil }
      let kind: Kind =
        if free.contains(entry.key) {
          .free
        } else if defaults.isOfAllProblems(entry.key), !fatal.contains(entry.key) {
          .declarable
        } else {
          .fatal
        }
      return SettingChange(
        key: entry.key, stored: stored ?? "unset", now: entry.value, kind: kind)
    }
  }

  /// Whether the run can go on with it.
  func isAllowed(_ allowed: [String]) -> Bool {
    switch kind {
    case .free: true
    case .declarable: allowed.contains(key)
    case .fatal: false
    }
  }

  /// What would make it possible.
  public var remedy: String {
    switch kind {
    case .free: "no harm"
    case .declarable: "--allow-change \(key)"
    case .fatal: "only in a new run"
    }
  }

  /// The changes as people read them.
  public static func table(_ changes: [SettingChange]) -> ResultTable {
    ResultTable(
      "Settings that differ", columns: ["setting", "stored", "now", "to go on"],
      rows: changes.map { [$0.key, $0.stored, $0.now, $0.remedy] })
  }
}

/// What a problem's settings are unless told otherwise.
public struct SettingDefaults: Sendable, Equatable {
  /// Those that all problems have, as this one has them, and the problem's own.
  let common, own: [SettingEntry]

  /// The default of a setting; nil where there is no such setting.
  subscript(key: String) -> String? {
    (common.first { $0.key == key } ?? own.first { $0.key == key })?.value
  }

  /// Whether it is a setting that all problems have.
  func isOfAllProblems(_ key: String) -> Bool { common.contains { $0.key == key } }
}

/// How a state came about where settings changed on the way: in its metadata, oldest change first.
enum Lineage {
  static let key = "lineage"

  /// The lineage of a run that goes on from a state with changed settings.
  static func continued(from file: TensorFile, step: Int, _ changes: [SettingChange]) -> [String] {
    let earlier = (file[key] ?? "").split(separator: ";").map {
      $0.trimmingPrefix(" ").description
    }
    return earlier
      + changes.filter { $0.kind == .declarable }.map {
        "step \(step): \($0.key) \($0.stored) -> \($0.now)"
      }
  }

  /// What stands in the metadata; nothing where nothing changed.
  static func words(_ lineage: [String]) -> [TensorFile.Word] {
    lineage.isEmpty ? [] : [TensorFile.Word(key, lineage.joined(separator: "; "))]
  }
}
