/// What is wrong with an objective, a model or the data given to one.
public struct TensorError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of mistakes.
  public enum Code: Hashable, Sendable {
    /// Shapes that an operation cannot combine, or data of another shape than was traced.
    case shape
    /// A value outside its range: a label that is no class, an index beyond the rows.
    case range
    /// An objective that is not one number, or does not depend on what it must depend on.
    case objective
    /// A name that is unknown or used twice.
    case name
    /// Memory that the system does not give.
    case memory
    /// Something that the engine does not offer, such as an instruction set this processor lacks.
    case unsupported
  }

  /// The kind of mistake.
  public let code: Code
  /// What happened, where, and what to do.
  public let message: String

  /// An error of a kind, with a message that says what happened, where, and what to do.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
