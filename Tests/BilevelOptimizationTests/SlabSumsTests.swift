import BilevelOptimization
import Foundation
import MessagePassing
import Tensors
import TestSupport
import Testing

/// Sums over slabs: the bits of one rank on any number of them, and failures that all ranks know of.
@Suite struct SlabSumsTests {
  /// The vectors of all slabs, in double precision; of very different sizes.
  private static func vectors(_ slabs: Int, count: Int, case number: Int) -> [[Double]] {
    (0..<slabs).map { slab in
      (0..<count).map { index in
        let phase = Double(1 + index + 100 * slab + 10_000 * number)
        let size = [0, -3, 40, -300, 300][(index + slab + number) % 5]
        return number == 0
          ? 0 : sin(phase * phase) * Double(sign: .plus, exponent: size, significand: 1)
      }
    }
  }

  /// The sum of the slabs that this rank has, and of all others.
  private static func sum(
    _ values: [[Double]], _ sums: SlabSums, _ precision: Precision
  ) throws -> [Double] {
    let own = Array(values[sums.own])
    try sums.reserve(values[0].count)
    let store = try VectorStore(
      vectors: own.count + 1, count: values[0].count, precision, for: "a test")
    for (place, vector) in own.enumerated() { store[place].set(vector) }
    let weights = sums.own.map { Double($0 + 1) / 8 }
    return withExtendedLifetime(store) {
      sums.sum(own.indices.map { store[$0] }, weights: weights, into: store[own.count])
      return store[own.count].values
    }
  }

  @Test(arguments: [Precision.single, .double]) func anyTeamHasTheBitsOfOneRank(
    _ precision: Precision
  ) throws {
    for slabs in [1, 2, 3, 5, 8] {
      for number in 0..<4 {
        var values = Self.vectors(slabs, count: 37, case: number)
        if precision == .single { values = values.map { $0.map { Double(Float($0 * 1e-90)) } } }
        let alone = try Self.sum(values, SlabSums(count: slabs), precision)
        let largest = values.joined().map(\.magnitude).max() ?? 0
        for index in alone.indices {
          let plain = values.indices.reduce(0) { $0 + Double($1 + 1) / 8 * values[$1][index] }
          let rounding = (precision == .single ? 1e-6 : 0x1p-53) * plain.magnitude
          #expect(abs(alone[index] - plain) <= largest * 0x1p-54 + rounding)
        }
        for ranks in 1...min(slabs, 4) {
          let (given, precision) = (values, precision)
          let sums = try ThreadCommunicator.values(size: ranks) {
            try Self.sum(given, SlabSums(count: slabs, ThreadTeam($0)), precision)
          }
          for sum in sums { #expect(sum.map(\.bitPattern) == alone.map(\.bitPattern)) }
        }
      }
    }
  }

  @Test func aNumberThatIsNotFiniteIsKnownToAll() throws {
    for bad in [Double.nan, .infinity, -.infinity] {
      let sums = try ThreadCommunicator.values(size: 3) { communicator in
        var values = Self.vectors(3, count: 5, case: 1)
        values[1][2] = bad
        return try Self.sum(values, SlabSums(count: 3, ThreadTeam(communicator)), .double)
      }
      for sum in sums { #expect(sum.allSatisfy { $0.isNaN }) }
    }
  }

  private struct Refusal: Error, Equatable { var rank = 0 }
  /// Nothing was thrown.
  private struct Unbroken: Error {}

  /// What each rank of a task's work throws.
  private static func failures(
    _ work: @escaping @Sendable (SlabSums, Int) throws -> Void
  ) throws -> [any Error] {
    let results = ThreadCommunicator.run(size: 3) { communicator in
      let sums = SlabSums(count: 3, ThreadTeam(communicator))
      do {
        try sums.together { try work(sums, communicator.rank) }
      } catch {
        // The team goes on: another task's sums are sound.
        let sum = try sums.together {
          try Self.sum(Self.vectors(3, count: 4, case: 1), sums, .double)
        }
        try require(sum.allSatisfy(\.isFinite), "the next task is sound")
        return error
      }
      throw Unbroken()
    }
    return try results.map { try $0.get() }
  }

  @Test func aRankThatFailsEndsTheTaskOnAll() throws {
    // Before the first sum, between two, and after the last.
    for place in 0...2 {
      let errors = try Self.failures { sums, rank in
        for call in 0..<2 {
          if rank == 1, call == place { throw Refusal(rank: 1) }
          _ = try Self.sum(Self.vectors(3, count: 4, case: 2), sums, .double)
        }
        if rank == 1, place == 2 { throw Refusal(rank: 1) }
      }
      let kinds = errors.map { ($0 as? SlabTeamError)?.kind }
      #expect(kinds == [.elsewhere, .alone, .elsewhere])
      #expect((errors[1] as? SlabTeamError)?.cause as? Refusal == Refusal(rank: 1))
    }
  }

  @Test func whatFailsOnAllAlikeIsWhatItIs() throws {
    let errors = try Self.failures { _, _ in throw Refusal() }
    #expect(errors.allSatisfy { $0 as? Refusal == Refusal() })
  }

  @Test func ranksThatComputeDifferentThingsAreFound() throws {
    let errors = try Self.failures { sums, rank in
      for _ in 0..<(rank == 2 ? 1 : 2) {
        _ = try Self.sum(Self.vectors(3, count: 4, case: 2), sums, .double)
      }
    }
    #expect(errors.allSatisfy { ($0 as? SlabTeamError)?.kind == .divergence })
  }

  @Test func partsCoverAllOnce() {
    for count in 0...20 {
      for parts in 1...7 {
        let all = (0..<parts).flatMap { Array(SlabSums.part($0, of: parts, in: count)) }
        #expect(all == Array(0..<count))
        let sizes = (0..<parts).map { SlabSums.part($0, of: parts, in: count).count }
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
      }
    }
  }
}

/// Threads as a team.
final class ThreadTeam: SlabTeam {
  private let communicator: any Communicator

  init(_ communicator: any Communicator) { self.communicator = communicator }

  var rank: Int { communicator.rank }
  var size: Int { communicator.size }

  func maximum(_ values: inout [Int64]) throws { try communicator.reduce(&values, by: .maximum) }
  func sum(_ words: UnsafeMutableBufferPointer<Int64>) throws { try communicator.sum(words) }
}
