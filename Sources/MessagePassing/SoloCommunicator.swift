import Foundation

/// One rank and no library: what a program gets that was started without a launcher.
///
/// Every collective is the identity.
public final class SoloCommunicator: Communicator {
  /// Creates the communicator.
  public init() {}

  /// Always 0.
  public var rank: Int { 0 }

  /// Always 1.
  public var size: Int { 1 }

  /// The name of this machine.
  public var hostName: String { localHostName() }

  /// Returns at once.
  public func barrier() {}

  /// Changes nothing.
  ///
  /// - Throws: ``MessagePassingError`` of code `noSuchRank` if `root` is not 0.
  public func broadcast(
    _ bytes: UnsafeMutableRawBufferPointer, from root: Int
  ) throws(MessagePassingError) {
    try checkRoot(root)
  }

  /// Changes nothing.
  public func reduce(_ values: UnsafeMutableBufferPointer<Int64>, by operation: Reduction) {}

  /// Changes nothing.
  public func sum(_ values: UnsafeMutableBufferPointer<Double>) {}

  /// Changes nothing.
  public func sum(_ values: UnsafeMutableBufferPointer<Float>) {}

  /// The bytes given, as the only array.
  public func gather(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]] { [Array(bytes)] }

  /// A plain counter, at 0.
  public func counter() -> (any SharedCounter)? { SoloCounter() }

  /// Itself, as it is.
  public func split(by color: Int) -> any Communicator { self }

  /// Exits the process with the code.
  public func abort(code: ExitCode) -> Never { exit(code.rawValue) }
}

private final class SoloCounter: SharedCounter {
  private var drawn = 0

  func next() -> Int {
    defer { drawn += 1 }
    return drawn
  }
}
