extension Communicator {
  /// Runs `body` on each rank, then makes any failure common: either every rank goes on, or every
  /// rank throws the same error.
  ///
  /// For work that may fail on some ranks only, such as opening a file. Without it the failing
  /// rank leaves and the others wait for it in their next collective.
  ///
  /// - Parameter body: this rank's work. It makes no collective calls: a rank that fails would
  ///   skip those the others wait in.
  /// - Returns: what `body` returned on this rank.
  /// - Throws: ``AgreementError``, equal on all ranks, if `body` threw on any;
  ///   ``MessagePassingError`` if the ranks could not be asked.
  public func agreeing<Value>(_ body: () throws -> Value) throws -> Value {
    let outcome = Result(catching: body)
    let report = outcome.failure.map { RankFailure($0, rank: rank, hostName: hostName) }
    let reports = try gather(report?.encoded ?? [])
    let failures = reports.enumerated().compactMap { RankFailure(decoding: $1, rank: $0) }
    // This rank's own failure is among those gathered.
    guard failures.isEmpty else { throw AgreementError(failures: failures, size: size) }
    return try outcome.get()
  }

  /// Runs `body` on rank 0 alone; where it fails, every rank throws the same error.
  ///
  /// - Parameter body: rank 0's work. It makes no collective calls: the others would not join in.
  /// - Throws: as ``agreeing(_:)``.
  public func onRoot(_ body: () throws -> Void) throws {
    try agreeing { if isRoot { try body() } }
  }
}

/// What went wrong on one rank.
public struct RankFailure: Hashable, Sendable {
  /// The rank, in `0 ..< size`.
  public let rank: Int
  /// The machine that runs it.
  public let hostName: String
  /// The error's text.
  public let message: String
  /// The error's exit code; 70 (`software`) if it has none of its own.
  public let exitCode: ExitCode

  package init(rank: Int, hostName: String, message: String, exitCode: ExitCode) {
    self.rank = rank
    self.hostName = hostName
    self.message = message
    self.exitCode = exitCode
  }
}

/// The failures of all ranks in one error, equal on every rank.
public struct AgreementError: CommonError, Hashable {
  /// The ranks that failed, in rank order; at least one.
  public let failures: [RankFailure]
  /// How many ranks were asked.
  public let size: Int

  package init(failures: [RankFailure], size: Int) {
    self.failures = failures
    self.size = size
  }

  /// The code of the lowest failing rank.
  public var exitCode: ExitCode { failures.first?.exitCode ?? .software }
}

extension AgreementError: CustomStringConvertible {
  /// Each distinct message once, with the ranks it came from: `no such file (rank 1 on hostname)`.
  public var description: String {
    guard size > 1 else { return failures.map(\.message).joined(separator: "; ") }
    var messages: [String] = []
    for failure in failures where !messages.contains(failure.message) {
      messages.append(failure.message)
    }
    return messages.map { message in
      "\(message) (\(Self.places(of: failures.filter { $0.message == message })))"
    }.joined(separator: "; ")
  }

  /// The first few ranks by name, and the number of the others: a file that is missing everywhere
  /// must not fill the screen.
  private static func places(of failures: [RankFailure]) -> String {
    let named = 4
    let list = failures.prefix(named).map { "rank \($0.rank) on \($0.hostName)" }
    let others = failures.count - list.count
    return (list + (others > 0 ? ["\(others) more"] : [])).joined(separator: ", ")
  }
}

extension RankFailure {
  fileprivate init(_ error: any Error, rank: Int, hostName: String) {
    self.init(
      rank: rank, hostName: hostName, message: "\(error)", exitCode: ExitCode(for: error))
  }

  /// Code, machine and message in lines of text, the message last because it may have several.
  /// Never empty, which is how a rank reports success.
  fileprivate var encoded: [UInt8] {
    Array("\(exitCode.rawValue)\n\(hostName)\n\(message)".utf8)
  }

  fileprivate init?(decoding bytes: [UInt8], rank: Int) {
    guard !bytes.isEmpty else { return nil }
    let newline = UInt8(ascii: "\n")
    let parts = bytes.split(separator: newline, maxSplits: 2, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    self.init(
      rank: rank,
      hostName: parts.count > 1 ? parts[1] : "unknown",
      message: parts.count > 2 ? parts[2] : "unknown",
      exitCode: Int32(parts[0]).flatMap(ExitCode.init(rawValue:)) ?? .software)
  }
}

extension Result {
  fileprivate var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}
