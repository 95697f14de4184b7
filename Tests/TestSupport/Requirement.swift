/// What a law-book throws: which law was broken, and where.
///
/// Law-books also run in programs outside the test bundle, so they throw instead of recording
/// issues.
package struct LawBroken: Error, CustomStringConvertible {
  package let description: String
}

/// Throws ``LawBroken`` unless `condition` holds.
package func require(
  _ condition: Bool, _ law: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) throws {
  guard condition else { throw LawBroken(description: "\(law()) (\(file):\(line))") }
}

/// Throws ``LawBroken`` unless the values are equal; the error shows both.
package func requireEqual<Value: Equatable>(
  _ found: Value, _ expected: Value, _ law: @autoclosure () -> String,
  file: StaticString = #fileID, line: UInt = #line
) throws {
  try require(
    found == expected, "\(law()): found \(found), expected \(expected)", file: file, line: line)
}
