import PlainText

/// Settings that know their keys. A group declares each key once, next to the variable that holds it; listing,
/// setting from text and checking all go through that declaration.
///
///     struct MySettings: SettingGroup {
///       var shots = 10
///       mutating func declare(_ keys: inout SettingKeys) throws {
///         try keys("shots", &shots, 1...1000, "examples a task")
///       }
///     }
public protocol SettingGroup: Sendable {
  /// The defaults.
  init()

  /// Declares every key, in the order in which they are shown.
  mutating func declare(_ keys: inout SettingKeys) throws
}

/// A setting as text.
public struct SettingEntry: Sendable, Equatable {
  /// The key.
  public let key: String
  /// The value.
  public let value: String
  /// What it means, in a few words.
  public let about: String
}

/// A setting that cannot be.
public struct SettingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, and what would be right.
  public let message: String

  /// An error with a message that says what is wrong, and what would be right.
  public init(_ message: String) { self.message = message }

  /// The message.
  public var description: String { message }
}

/// What a group declares its keys to: notes all of them, and sets the one that is to be set.
public struct SettingKeys {
  /// All keys declared so far, with their values after setting.
  public private(set) var entries: [SettingEntry] = []
  private let assignment: (key: String, text: String)?
  /// Whether the key to be set was among those declared.
  public private(set) var isAssigned = false

  init(assigning assignment: (key: String, text: String)? = nil) {
    self.assignment = assignment
  }

  /// A whole number within limits.
  ///
  /// - Throws: ``SettingError`` for text that is no such value, or a value outside its range.
  public mutating func callAsFunction(
    _ key: String, _ value: inout Int, _ range: ClosedRange<Int>, _ about: String
  ) throws(SettingError) {
    try declare(key, &value, about, { "\($0)" }) { text throws(SettingError) in
      guard let number = SettingNumber.whole(text) else {
        throw SettingError("\(key)=\(text.asShown): not a whole number")
      }
      return number
    }
    guard range.contains(value) else {
      throw SettingError(
        "\(key)=\(value): must be from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  /// A finite number within limits.
  ///
  /// - Throws: ``SettingError`` for text that is no such value, or a value outside its range.
  public mutating func callAsFunction(
    _ key: String, _ value: inout Double, _ range: ClosedRange<Double>, _ about: String
  ) throws(SettingError) {
    try declare(key, &value, about, { "\($0)" }) { text throws(SettingError) in
      guard let number = SettingNumber.decimal(text) else {
        throw SettingError("\(key)=\(text.asShown): not a finite number")
      }
      return number
    }
    guard range.contains(value) else {
      throw SettingError("\(key)=\(value): must be \(Self.words(range))")
    }
  }

  /// A range as people put it: the smallest and the largest number that there is are no limits to them.
  private static func words(_ range: ClosedRange<Double>) -> String {
    let isAboveZero = (.leastNonzeroMagnitude ... .leastNormalMagnitude).contains(range.lowerBound)
    guard isAboveZero else { return "from \(range.lowerBound) to \(range.upperBound)" }
    let isOpen = range.upperBound == .greatestFiniteMagnitude
    return "above 0" + (isOpen ? "" : " and at most \(range.upperBound)")
  }

  /// A finite number above 0.
  ///
  /// - Throws: ``SettingError`` for text that is no such value, or a value outside its range.
  public mutating func positive(
    _ key: String, _ value: inout Double, _ about: String
  ) throws(SettingError) {
    try self(key, &value, .leastNormalMagnitude...1e12, about)
  }

  /// Rising whole numbers above 0, separated by commas; none for an empty text.
  ///
  /// - Throws: ``SettingError`` for text that is no such value, or a value outside its range.
  public mutating func callAsFunction(
    _ key: String, _ value: inout [Int], _ about: String
  ) throws(SettingError) {
    let format = { (numbers: [Int]) in numbers.map(String.init).joined(separator: ",") }
    try declare(key, &value, about, format) { text throws(SettingError) in
      let words = text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
      let numbers = words.compactMap { SettingNumber.whole($0.filter { $0 != " " }) }
      guard numbers.count == words.count else {
        throw SettingError("\(key)=\(text.asShown): not whole numbers separated by commas")
      }
      return numbers
    }
    guard zip([0] + value, value).allSatisfy(<) else {
      throw SettingError("\(key)=\(format(value).asShown): must be rising numbers above 0")
    }
  }

  /// Any text.
  ///
  /// - Throws: ``SettingError`` for text that is no such value, or a value outside its range.
  public mutating func callAsFunction(
    _ key: String, _ value: inout String, _ about: String
  ) throws(SettingError) {
    try declare(key, &value, about, { $0 }) { text throws(SettingError) in
      guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
      else { throw SettingError("\(key): the text has control characters; leave them out") }
      return text
    }
  }

  /// Yes or no.
  ///
  /// - Throws: ``SettingError`` for text that is no such value, or a value outside its range.
  public mutating func callAsFunction(
    _ key: String, _ value: inout Bool, _ about: String
  ) throws(SettingError) {
    try declare(key, &value, about, { "\($0)" }) { text throws(SettingError) in
      guard let choice = Bool(text.lowercased()) else {
        throw SettingError("\(key)=\(text.asShown): must be one of true, false")
      }
      return choice
    }
  }

  /// One of some words.
  ///
  /// - Throws: ``SettingError`` for text that is no such value, or a value outside its range.
  public mutating func callAsFunction<Choice: RawRepresentable & CaseIterable>(
    _ key: String, _ value: inout Choice, _ about: String
  ) throws(SettingError) where Choice.RawValue == String {
    try declare(key, &value, about, { $0.rawValue }) { text throws(SettingError) in
      let choices = Choice.allCases.map(\.rawValue)
      guard
        let choice = Choice.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() })
      else {
        throw SettingError(
          "\(key)=\(text.asShown): must be one of \(choices.joined(separator: ", "))")
      }
      return choice
    }
  }

  /// A value that its text stands for.
  ///
  /// - Throws: ``SettingError`` for text that stands for none; `expected` says which do.
  public mutating func callAsFunction<Value: RawRepresentable>(
    _ key: String, _ value: inout Value, expecting expected: String, _ about: String
  ) throws(SettingError) where Value.RawValue == String {
    try declare(key, &value, about, { $0.rawValue }) { text throws(SettingError) in
      guard let value = Value(rawValue: text) else {
        throw SettingError("\(key)=\(text): must be \(expected)")
      }
      return value
    }
  }

  private mutating func declare<Value>(
    _ key: String, _ value: inout Value, _ about: String, _ format: (Value) -> String,
    _ parse: (String) throws(SettingError) -> Value
  ) throws(SettingError) {
    if let assignment, assignment.key == key {
      value = try parse(assignment.text)
      isAssigned = true
    }
    entries.append(SettingEntry(key: key, value: format(value), about: about))
  }
}

extension SettingGroup {
  /// All settings as text, in order.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public func entries() throws -> [SettingEntry] {
    var copy = self
    var keys = SettingKeys()
    try copy.declare(&keys)
    return keys.entries
  }

  /// Checks every value against its range.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public func check() throws { _ = try entries() }

  /// Sets a key from text.
  ///
  /// - Returns: Whether the group has that key.
  /// - Throws: ``SettingError`` for text that is no value of it.
  public mutating func set(_ key: String, to text: String) throws -> Bool {
    var keys = SettingKeys(assigning: (key, text))
    var copy = self
    try copy.declare(&keys)
    if keys.isAssigned { self = copy }
    return keys.isAssigned
  }
}
