import MessagePassing

/// Why numbers could not be added exactly.
public struct ExactSumError: ExitCoded, Hashable {
  /// What kind of failure it was.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    // A wrapped enumeration, so that a new kind breaks nobody's `switch`.
    private enum Kind: String { case diverged, tooManyTerms }

    private let kind: Kind

    /// A number is not finite.
    public static let diverged = Code(kind: .diverged)
    /// More rows than the sum is for.
    public static let tooManyTerms = Code(kind: .tooManyTerms)

    /// The code's name.
    public var description: String { kind.rawValue }
  }

  /// The kind of failure.
  public let code: Code
  /// What happened, and the remedy.
  public let message: String
  /// Which number of the row it was, from 0, where one number is to blame.
  public let index: Int?
  /// That number.
  public let value: Double?

  static func diverged(index: Int, value: Double) -> ExactSumError {
    ExactSumError(
      code: .diverged,
      message: """
        element \(index) is \(value), and a sum takes only finite numbers: training diverged, \
        lower a learning rate
        """,
      index: index, value: value)
  }

  static func tooManyTerms(_ terms: Int, of most: Int) -> ExactSumError {
    ExactSumError(
      code: .tooManyTerms,
      message: "\(terms) terms are more than the \(most) that a sum is for: use fewer tasks",
      index: nil, value: nil)
  }

  /// 65: what was computed from the data is unusable.
  public var exitCode: ExitCode { .dataError }
}

extension ExactSumError: CustomStringConvertible {
  /// The message.
  public var description: String { message }
}
