/// Numbers as people write them in settings: decimal digits with a sign, a point and an exponent, and nothing else.
package enum SettingNumber {
  /// The number that a text is; nil for any other text, hexadecimal digits and names of no numbers among them.
  package static func decimal(_ text: String) -> Double? {
    let pattern = /[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/
    // More digits than any number needs would only take time.
    guard text.utf8.count <= 1000, text.wholeMatch(of: pattern) != nil else { return nil }
    return Double(text).flatMap { $0.isFinite ? $0 : nil }
  }

  /// The whole number that a text is, `1e3` among them.
  package static func whole(_ text: String) -> Int? {
    if let number = Int(text) { return number }
    // Beyond, not every whole number is one of these.
    return decimal(text).flatMap { $0.magnitude <= 0x1p53 ? Int(exactly: $0) : nil }
  }
}
