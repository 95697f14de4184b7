import Tensors

/// The sums over a task's slabs, wherever these are computed. How many slabs there are decides the bits; who computes which of
/// them does not.
///
/// Sums cannot throw where they are asked for: what goes wrong makes them not finite from then on, and is thrown where the task
/// ends, by ``together(_:)``.
package final class SlabSums {
  /// How many slabs.
  package let count: Int
  /// Those of this rank.
  package let own: Range<Int>
  private let team: any SlabTeam
  private let exact: ExactWords
  private var words: [Int64] = []
  /// Sums so far of the task: the same on every rank.
  private var calls: Int64 = 0
  private var interruption: (any Error)?

  /// The sums of a team; by default of this rank alone.
  ///
  /// - Parameters:
  ///   - count: How many slabs, at least as many as ranks.
  ///   - team: The ranks.
  package init(count: Int, _ team: (any SlabTeam)? = nil) {
    self.count = count
    let team = team ?? SoloTeam()
    self.team = team
    own = Self.part(team.rank, of: team.size, in: count)
    exact = ExactWords(vectors: count)
  }

  /// A part of 0 ..< `count`, cut as evenly as it goes.
  package static func part(_ index: Int, of parts: Int, in count: Int) -> Range<Int> {
    index * count / parts..<(index + 1) * count / parts
  }

  /// This rank's slabs of some rows.
  ///
  /// - Throws: `TensorError` where rows cannot be taken apart.
  func own(of examples: Examples) throws(TensorError) -> [Examples] {
    var slabs: [Examples] = []
    for number in own {
      slabs.append(
        try examples.slab(Self.part(number, of: count, in: examples.rowCount)))
    }
    return slabs
  }

  /// Makes room for sums of so many numbers.
  ///
  /// - Throws: `TensorError` where there is no memory.
  package func reserve(_ count: Int) throws(TensorError) {
    guard words.count < count else { return }
    try requireMemory(ofNumbers: count, for: "the sums over slabs")
    words = [Int64](repeating: 0, count: count)
  }

  /// Does a task's work, with which all ranks of the team begin and end: where it fails on one, it ends on all.
  ///
  /// - Parameter work: The same on every rank.
  /// - Returns: What it returns.
  /// - Throws: What it throws on every rank alike; otherwise ``SlabTeamError``.
  package func together<Outcome>(_ work: () throws -> Outcome) throws -> Outcome {
    (calls, interruption) = (0, nil)
    let outcome = Result(catching: work)
    if let interruption { throw interruption }
    switch outcome {
    case .success(let value):
      _ = agreed(.sound, for: 0)
      if let interruption { throw interruption }
      return value
    case .failure(let error):
      let all = agreed(.failed, for: 0)
      throw all.isSoundAnywhere ? SlabTeamError(.alone, error) : error
    }
  }

  /// The exact sum of what this rank's slabs and all others give, each times its weight; not a number where a number is not
  /// finite.
  ///
  /// - Parameters:
  ///   - vectors: This rank's slabs', of one length on every rank, for which there is room.
  ///   - weights: Their weights.
  ///   - result: Receives the sum; it may be one of the vectors.
  package func sum(_ vectors: [Elements], weights: [Double], into result: Elements) {
    var largest = 0.0
    for (vector, weight) in zip(vectors, weights) {
      let size = weight * vector.largestMagnitude
      largest = size.isFinite ? max(largest, size) : .infinity
      if largest == .infinity { break }
    }
    let size = agreed(.sound, for: result.count, Size(of: largest)).size
    switch size {
    case .zero: result.fill(0)
    case .notFinite: result.fill(.nan)
    case .finite(let size): add(vectors, weights, into: result, size)
    }
  }

  private func add(
    _ vectors: [Elements], _ weights: [Double], into result: Elements, _ size: Int
  ) {
    words.withUnsafeMutableBufferPointer { buffer in
      let words = UnsafeMutableBufferPointer(rebasing: buffer[..<result.count])
      words.update(repeating: 0)
      for (vector, weight) in zip(vectors, weights) {
        exact.add(vector, times: weight, to: words, size: size)
      }
      do {
        try team.sum(words)
        exact.set(result, to: words, size: size)
      } catch {
        interruption = error
        result.fill(.nan)
      }
    }
  }

  /// The largest of numbers from 0, one of each rank; 0 after a failure.
  func maximum(_ number: Int) -> Int {
    if case .finite(let size) = agreed(.sound, for: 1, .finite(number)).size { size } else { 0 }
  }

  // MARK: Before every sum

  private enum State { case sound, failed }

  /// The size of the largest of some numbers.
  private enum Size {
    case zero, finite(Int), notFinite

    init(of largest: Double) {
      self =
        largest == 0
        ? .zero : largest.isFinite ? .finite(ExactWords.size(of: largest)) : .notFinite
    }

    /// In the same order.
    init(_ word: Int64) {
      self = word == .min ? .zero : word == .max ? .notFinite : .finite(Int(word))
    }

    var word: Int64 {
      switch self {
      case .zero: .min
      case .finite(let size): Int64(size)
      case .notFinite: .max
      }
    }
  }

  /// What all ranks together are about to add up.
  private struct Agreement {
    let isSoundAnywhere: Bool
    let size: Size
  }

  /// Tells the others how this rank is, what it is about to add up (so many numbers; none at a task's end), and how large
  /// they are.
  private func agreed(_ state: State, for count: Int, _ size: Size = .zero) -> Agreement {
    guard interruption == nil else { return Agreement(isSoundAnywhere: false, size: .notFinite) }
    calls += 1
    let place = calls << 40 + Int64(count)
    var numbers = [state == .failed ? 1 : 0, state == .sound ? 1 : 0, place, -place, size.word]
    do {
      try team.maximum(&numbers)
      if numbers[0] > 0 {
        if state == .sound { interruption = SlabTeamError(.elsewhere) }
      } else if numbers[2] != -numbers[3] {
        interruption = SlabTeamError(.divergence)
      }
    } catch {
      interruption = error
    }
    return Agreement(
      isSoundAnywhere: numbers[1] > 0, size: interruption == nil ? Size(numbers[4]) : .notFinite)
  }
}
