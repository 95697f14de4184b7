import MessagePassing

/// What program each rank runs: ranks of different programs would not compute the same.
public struct ProgramIdentity: Sendable, Hashable {
  /// The program's version.
  public let version: String
  /// The kernels in use, which round in their own way.
  public let kernels: String

  /// What this rank runs.
  public init(version: String, kernels: String) {
    self.version = version
    self.kernels = kernels
  }

  /// Compares the ranks. Collective.
  ///
  /// - Parameters:
  ///   - communicator: The ranks.
  ///   - isStrict: Whether different kernels are an error, too.
  /// - Returns: A warning where kernels differ; the same on every rank.
  /// - Throws: ``ProgramIdentityError``, the same on every rank.
  public func check(_ communicator: any Communicator, isStrict: Bool) throws -> String? {
    let versions = try Self.gathered(version, communicator)
    if let other = versions.firstIndex(where: { $0 != versions[0] }) {
      throw ProgramIdentityError(
        message: "rank \(other) runs version \(versions[other]), rank 0 version \(versions[0]); "
          + "install the same on every machine")
    }
    let kernels = try Self.gathered(kernels, communicator)
    guard let other = kernels.firstIndex(where: { $0 != kernels[0] }) else { return nil }
    let message =
      "rank \(other) has \(kernels[other]) kernels, rank 0 \(kernels[0]): bits then depend on "
      + "which rank computes what; set IGBM_KERNELS to one that all have"
    if isStrict { throw ProgramIdentityError(message: message) }
    return message
  }

  private static func gathered(
    _ text: String, _ communicator: any Communicator
  ) throws(MessagePassingError) -> [String] {
    try communicator.gather(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }
}

/// Ranks that do not run the same program.
public struct ProgramIdentityError: CommonError, Hashable, CustomStringConvertible {
  let message: String

  /// The code to exit with.
  public var exitCode: ExitCode { .configuration }

  /// The message.
  public var description: String { message }
}
