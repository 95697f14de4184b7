import Problems

/// What a run is asked for: settings as text, in the order in which they were given.
public struct RunRequest: Sendable {
  /// What was given; later ones win.
  public let assignments: [SettingAssignment]
  /// Keys that are no settings of a run but may stand beside them: what was meant may be one of
  /// these.
  public let otherKeys: [String]

  /// A request of keys and values.
  public init(_ assignments: [(key: String, value: String)]) {
    self.init(assignments: assignments.map { SettingAssignment($0.key, $0.value) })
  }

  /// A request.
  public init(assignments: [SettingAssignment], otherKeys: [String] = []) {
    self.assignments = assignments
    self.otherKeys = otherKeys
  }
}

/// A setting that was given, and where.
public struct SettingAssignment: Sendable, Hashable, Codable {
  /// The key.
  public let key: String
  /// The value as text.
  public let value: String
  /// Where it was given, for messages: `run.yaml, line 3`; `nil` where key and value tell.
  public let origin: String?

  /// A setting that was given.
  public init(_ key: String, _ value: String, from origin: String? = nil) {
    self.key = key
    self.value = value
    self.origin = origin
  }

  /// Does something with it, and puts its origin before what is wrong.
  ///
  /// - Throws: What `body` throws.
  public func located<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as SettingError {
      throw origin.map { SettingError("\($0): \(error.message)") } ?? error
    }
  }
}
