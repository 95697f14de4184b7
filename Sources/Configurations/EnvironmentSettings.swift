import PlainText
import Problems
import Training

/// Settings in a process's environment: `IGBM_LOWER_RATE=0.1` is `lower-rate=0.1`.
public enum EnvironmentSettings {
  /// What the names of their variables start with.
  public static let prefix = "IGBM_"
  /// Variables with that prefix that are no settings: they say how the program is built and which
  /// kernels it uses.
  public static let otherVariables = ["IGBM_KERNELS", "IGBM_MPI", "IGBM_PICTURES"]

  /// The settings in an environment, by key: capitals are small letters, and `_` is `-`.
  ///
  /// - Throws: `SettingError` where two variables are the same key, or a value is no UTF-8.
  public static func assignments(
    in environment: [String: String]
  ) throws(SettingError) -> [SettingAssignment] {
    let names = environment.keys.filter { $0.hasPrefix(prefix) && !otherVariables.contains($0) }
    var assignments: [SettingAssignment] = []
    // An environment has no order; the first of several errors should always be the same.
    for name in names.sorted() {
      let key = name.dropFirst(prefix.count).lowercased().replacing("_", with: "-")
      if let other = assignments.first(where: { $0.key == key }) {
        throw SettingError("\(other.origin ?? "") and \(name) are both \(key.asShown); unset one")
      }
      let value = environment[name] ?? ""
      // What stands for bytes that are no text.
      guard !value.unicodeScalars.contains("\u{FFFD}") else {
        throw SettingError("\(name)=\(value.asShown) is no UTF-8; correct it")
      }
      assignments.append(SettingAssignment(key, value, from: name))
    }
    return assignments
  }
}
