import MessagePassing

/// Something that must hold where this program is installed.
public struct Check: Sendable {
  /// What was found, and what it may be.
  public struct Figure: Sendable, Hashable {
    /// The figure seen; the largest over ranks.
    public var seen: Double
    /// What it may be at most.
    public let bound: Double
    /// Why nothing was checked, where nothing could be.
    public let skipped: String?
    /// What else is to be known, if anything is.
    public let note: String?

    /// A figure and its bound.
    public init(_ seen: Double, atMost bound: Double, note: String? = nil) {
      self.init(seen: seen, bound: bound, skipped: nil, note: note)
    }

    private init(seen: Double, bound: Double, skipped: String?, note: String? = nil) {
      self.seen = seen
      self.bound = bound
      self.skipped = skipped
      self.note = note
    }

    /// Nothing to check here.
    public static func skipped(_ reason: String) -> Figure {
      Figure(seen: 0, bound: 0, skipped: reason)
    }

    /// Whether it is within its bound; what is not a number is not.
    public var isRight: Bool { seen <= bound }
  }

  /// How it is checked.
  public enum Method: Sendable {
    /// On each rank by itself.
    case alone(@Sendable () throws -> Figure)
    /// By all ranks together; throws on all or on none, unless ranks cannot talk at all.
    case together(@Sendable (any Communicator) throws -> Figure)
  }

  /// What must hold, in a few words.
  public let name: String
  let method: Method

  /// Something to check.
  public init(_ name: String, _ method: Method) {
    self.name = name
    self.method = method
  }

  /// Checks it. Collective.
  ///
  /// - Returns: The figure, the same on every rank, or why there is none.
  /// - Throws: `MessagePassingError` where ranks cannot talk.
  public func result(
    _ communicator: any Communicator
  ) throws(MessagePassingError) -> Result<Figure, CheckFailure> {
    do {
      var figure =
        switch method {
        case .alone(let body): try communicator.agreeing { try body() }
        case .together(let body): try body(communicator)
        }
      let all = try communicator.gather(figure.seen)
      figure.seen = all.contains { $0.isNaN } ? .nan : all.max() ?? .nan
      return .success(figure)
    } catch let error as MessagePassingError {
      throw error
    } catch {
      return .failure(CheckFailure(message: "\(error)"))
    }
  }
}

/// A check that could not be made.
public struct CheckFailure: Error, Hashable, CustomStringConvertible {
  /// What went wrong.
  public let message: String

  /// The message.
  public var description: String { message }
}
