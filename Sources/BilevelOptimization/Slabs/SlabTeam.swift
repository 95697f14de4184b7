/// The ranks that compute one task together, each some of its slabs. Its calls are collective, and made from one thread.
package protocol SlabTeam: AnyObject {
  /// This rank's number among them, from 0.
  var rank: Int { get }
  /// How many there are.
  var size: Int { get }

  /// Replaces each number by the largest that a rank has.
  func maximum(_ values: inout [Int64]) throws
  /// Replaces each word by the sum of all ranks' words; beyond 64 bits it wraps.
  func sum(_ words: UnsafeMutableBufferPointer<Int64>) throws
}

/// A team of one.
final class SoloTeam: SlabTeam {
  var rank: Int { 0 }
  var size: Int { 1 }

  func maximum(_ values: inout [Int64]) {}
  func sum(_ words: UnsafeMutableBufferPointer<Int64>) {}
}

/// Why a task that several ranks compute together was not finished.
package struct SlabTeamError: Error, CustomStringConvertible {
  /// What kind of failure it was.
  package enum Kind: Sendable {
    /// This rank failed by itself.
    case alone
    /// Another one did, which says why.
    case elsewhere
    /// The ranks computed different things.
    case divergence
  }

  package let kind: Kind
  /// This rank's own failure.
  package let cause: (any Error)?

  init(_ kind: Kind, _ cause: (any Error)? = nil) { (self.kind, self.cause) = (kind, cause) }

  /// The message.
  package var description: String {
    switch kind {
    case .alone: cause.map { "\($0)" } ?? "a rank of the team failed"
    case .elsewhere: "another rank of the team failed"
    case .divergence:
      "the ranks of a team are at different sums: they compute with other programs, data or kernels; start the "
        + "same program on all of them, and set IGBM_KERNELS where their machines differ"
    }
  }
}
