/// A group of ranks, and the collective calls by which they exchange data.
///
/// A rank is one of `size` processes (or, in tests, threads) that run the same program. The laws
/// that every conformer keeps, and that every caller may rely on:
///
/// - **Numbers.** Ranks are numbered `0 ..< size`, each number once, and the numbers never change.
/// - **In step.** All ranks make the same collective calls in the same order, with the same counts,
///   the same root and the same operation. Who does not breaks the laws: a communicator may
///   detect it and throw, or hang.
/// - **Synchronous.** A call returns when this rank's part is done: its buffer may be read and
///   reused at once. Only ``barrier()`` promises that every other rank has arrived as well.
/// - **Same answer.** After a reduction, a broadcast or a gather every rank holds the same bits.
/// - **Any count.** Zero elements are allowed, and so are more than 2^31: long buffers are sent
///   in pieces.
/// - **One thread.** Calls are made from the thread that opened the communicator. A communicator is
///   therefore not `Sendable`.
/// - **Errors are local.** A call that throws on one rank may return on another. Failures of the
///   ranks' own work are made common with ``agreeing(_:)``; after a failed collective the only
///   safe call is ``abort(code:)``.
public protocol Communicator: AnyObject {
  /// This rank's number, in `0 ..< size`.
  var rank: Int { get }

  /// The number of ranks, at least 1.
  var size: Int { get }

  /// The name of the machine that runs this rank, for messages; it may differ between ranks.
  var hostName: String { get }

  /// Returns when every rank has called it. Collective.
  ///
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  func barrier() throws(MessagePassingError)

  /// Replaces `bytes` on every rank by those of the root. Collective.
  ///
  /// - Parameters:
  ///   - bytes: as many on every rank.
  ///   - root: the rank that gives, in `0 ..< size`; the others receive.
  /// - Throws: ``MessagePassingError`` where a call of the library fails, or
  ///   (code `noSuchRank`) the root is no rank.
  func broadcast(
    _ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws(MessagePassingError)

  /// Replaces each integer on every rank by the ranks' sum, maximum or minimum at its index. Collective.
  ///
  /// Integers make this exact: any order of adding gives the same bits, so the result does not
  /// depend on how many ranks the addends are spread over. A sum beyond 64 bits wraps; keeping
  /// it within is the caller's business.
  ///
  /// - Parameters:
  ///   - values: as many on every rank.
  ///   - operation: what to combine them by, the same on every rank.
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  func reduce(
    _ values: UnsafeMutableBufferPointer<Int64>, by operation: Reduction)
    throws(MessagePassingError)

  /// Replaces each number on every rank by the ranks' floating-point sum at its index.
  ///
  /// All ranks get the same bits, but these bits depend on the number of ranks and on the library.
  ///
  /// - Parameter values: as many on every rank.
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  func sum(_ values: UnsafeMutableBufferPointer<Double>) throws(MessagePassingError)

  /// Replaces each number on every rank by the ranks' floating-point sum at its index.
  ///
  /// All ranks get the same bits, but these bits depend on the number of ranks and on the library.
  ///
  /// - Parameter values: as many on every rank.
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  func sum(_ values: UnsafeMutableBufferPointer<Float>) throws(MessagePassingError)

  /// Collects every rank's bytes, on every rank. Collective.
  ///
  /// - Parameter bytes: what this rank gives; ranks may give different numbers of bytes.
  /// - Returns: `size` arrays in rank order.
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  func gather(_ bytes: UnsafeRawBufferPointer) throws(MessagePassingError) -> [[UInt8]]

  /// A counter that all ranks draw numbers from. Collective.
  ///
  /// - Returns: the ranks' common counter, at 0, for as long as the communicator is open; nil on every rank where they
  ///   cannot reach each other's memory.
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  func counter() throws(MessagePassingError) -> (any SharedCounter)?

  /// The ranks of one color, as a communicator of their own: numbered anew, in the order of their numbers here. It may be used
  /// as long as this one. Collective.
  ///
  /// - Parameter color: any number from 0; ranks that give the same one come together.
  /// - Returns: this rank's part.
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  func split(by color: Int) throws(MessagePassingError) -> any Communicator

  /// Ends this rank and, as far as the launcher can, all others at once, without waiting for them. Not collective.
  ///
  /// - Parameter code: what the job exits with.
  func abort(code: ExitCode) -> Never
}

/// Numbers that each go to one rank only. Drawing is no collective: a rank draws when it likes.
public protocol SharedCounter: AnyObject {
  /// The next number that no rank has drawn yet, from 0.
  ///
  /// - Returns: 0, 1, 2 and so on over all ranks.
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  func next() throws(MessagePassingError) -> Int
}

/// How ``Communicator/reduce(_:by:)`` combines the ranks' integers.
public enum Reduction: Sendable, CaseIterable {
  /// The sum over ranks; beyond 64 bits it wraps.
  case sum
  /// The largest over ranks.
  case maximum
  /// The smallest over ranks.
  case minimum
}

extension Communicator {
  /// Whether this is rank 0, which speaks for all where only one should.
  public var isRoot: Bool { rank == 0 }

  /// Throws unless `root` is a rank; all ranks name the same root, so all of them throw.
  package func checkRoot(_ root: Int) throws(MessagePassingError) {
    guard (0..<size).contains(root) else {
      throw MessagePassingError(
        .noSuchRank, "root \(root) is not one of the \(size) ranks", rank: rank, call: "broadcast")
    }
  }
}
