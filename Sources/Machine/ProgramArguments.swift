import CEntry

/// What this process was started with, as the program's entry got it: nothing depends on `/proc`, where the standard
/// library looks.
package enum ProgramArguments {
  /// The program's name and its arguments.
  ///
  /// - Throws: ``ArgumentError`` for one that is no UTF-8: two such paths might become one.
  package static func all() throws(ArgumentError) -> [String] {
    let count = centry_count()
    guard count > 0 else { return CommandLine.arguments }
    var arguments: [String] = []
    for index in 0..<count {
      arguments.append(try text(centry_argument(index), number: Int(index)))
    }
    return arguments
  }

  /// What the program is called: the last part of its path.
  package static var programName: String? {
    let path =
      centry_count() > 0 ? String(cString: centry_argument(0)) : CommandLine.arguments.first
    return path?.split(separator: "/").last.map(String.init)
  }

  private static func text(
    _ argument: UnsafePointer<CChar>?, number: Int
  ) throws(ArgumentError) -> String {
    guard let argument else { return "" }
    guard let text = String(validatingCString: argument) else {
      throw ArgumentError(number: number, shown: String(cString: argument))
    }
    return text
  }
}

/// An argument that is no text.
package struct ArgumentError: Error, Hashable, CustomStringConvertible {
  /// Which one, from 1.
  package let number: Int
  /// What can be shown of it.
  package let shown: String

  /// The message.
  package var description: String {
    "argument \(number) (\(shown)) is no UTF-8: rename the file or folder, or correct the argument"
  }
}
