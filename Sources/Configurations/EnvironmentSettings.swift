import Training

/// Settings in a process's environment: `IGBM_LOWER_RATE=0.1` is `lower-rate=0.1`.
public enum EnvironmentSettings {
  /// What the names of their variables start with.
  public static let prefix = "IGBM_"
  /// Variables with that prefix that are no settings: they say how the program is built and which
  /// kernels it uses.
  public static let otherVariables = ["IGBM_KERNELS", "IGBM_MPI"]

  /// The settings in an environment, by key: capitals are small letters, and `_` is `-`.
  public static func assignments(in environment: [String: String]) -> [SettingAssignment] {
    let names = environment.keys.filter { $0.hasPrefix(prefix) && !otherVariables.contains($0) }
    // An environment has no order; the first of several errors should always be the same.
    return names.sorted().map { name in
      let key = name.dropFirst(prefix.count).lowercased().replacing("_", with: "-")
      return SettingAssignment(key, environment[name] ?? "", from: name)
    }
  }
}
