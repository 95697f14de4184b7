/// Why ranks could not talk to each other.
///
/// After a collective throws one, the ranks may be out of step: no further collective is safe on
/// that communicator, and what remains is to leave with ``Communicator/abort(code:)``.
public struct MessagePassingError: ExitCoded, Hashable {
  /// What kind of failure it was.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    // A wrapped enumeration, so that a new kind breaks nobody's `switch`.
    private enum Kind: String {
      case wrongLauncher, notStarted, callFailed, peerLeft, callsDiffer, noSuchRank
    }

    private let kind: Kind

    /// The launcher's environment and the library disagree about the number of ranks.
    public static let wrongLauncher = Code(kind: .wrongLauncher)
    /// The library could not be started, or was shut down before.
    public static let notStarted = Code(kind: .notStarted)
    /// A call of the library returned an error.
    public static let callFailed = Code(kind: .callFailed)
    /// A rank left while others waited for it.
    public static let peerLeft = Code(kind: .peerLeft)
    /// Ranks called different collectives, or the same one with different arguments.
    public static let callsDiffer = Code(kind: .callsDiffer)
    /// A root was named that is not a rank of the communicator.
    public static let noSuchRank = Code(kind: .noSuchRank)

    /// The code's name.
    public var description: String { kind.rawValue }
  }

  /// The kind of failure.
  public var code: Code
  /// What happened, and the remedy where there is one.
  public var message: String
  /// The rank on which it happened, if that rank knows its number, else nil.
  public var rank: Int?
  /// The call that failed, in the words of the library (`MPI_Bcast`), if it was one, else nil.
  public var call: String?

  /// Creates an error from its parts.
  public init(_ code: Code, _ message: String, rank: Int? = nil, call: String? = nil) {
    self.code = code
    self.message = message
    self.rank = rank
    self.call = call
  }

  /// 78 for a wrong launch, 70 for calls that broke the communicator's laws, 69 for the rest.
  public var exitCode: ExitCode {
    switch code {
    case .wrongLauncher: .configuration
    case .callsDiffer, .noSuchRank: .software
    default: .unavailable
    }
  }
}

extension MessagePassingError: CustomStringConvertible {
  /// The message, after the call and the rank where known, in one line.
  public var description: String {
    let place = [call, rank.map { "rank \($0)" }].compactMap(\.self).joined(separator: " on ")
    return place.isEmpty ? message : "\(place): \(message)"
  }
}
