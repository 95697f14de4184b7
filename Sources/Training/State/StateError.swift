import MessagePassing
import PlainText

/// A file of a run that cannot be written or read.
public struct StateError: ExitCoded, Hashable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Code: Hashable, Sendable {
    /// The file is not there or cannot be opened.
    case missing
    /// The file's bytes are not what they should be.
    case malformed
    /// Writing failed.
    case notWritten
    /// Another process writes the folder.
    case inUse
    /// The folder is no longer at its path.
    case displaced
    /// It does not belong to what was asked for: another problem, other settings, other data.
    case mismatch
  }

  /// The kind of failure.
  public let code: Code
  /// The file.
  public let path: String
  /// What happened and what to do.
  public let message: String
  /// The tensor to blame, where it is one; damaged names are shortened and stripped of control characters.
  public let tensor: String?
  /// The byte of the file, from 0, where what is wrong was noticed, as far as it is known.
  public let offset: Int?

  /// A failure with a file.
  public init(
    _ code: Code, _ path: String, _ message: String, tensor: String? = nil, offset: Int? = nil
  ) {
    self.code = code
    self.path = path
    self.message = message
    self.tensor = tensor
    self.offset = offset
  }

  /// The code to exit with.
  public var exitCode: ExitCode {
    switch code {
    case .missing: .noInput
    case .malformed: .dataError
    case .notWritten, .displaced: .inputOutput
    // It may be the run that was here before, on its way out.
    case .inUse: .unavailable
    case .mismatch: .configuration
    }
  }

  /// The message.
  public var description: String { "\(path.shownAsPath): \(message)" }
}
