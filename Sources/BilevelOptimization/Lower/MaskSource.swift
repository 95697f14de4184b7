import Randomness
import Tensors

/// What the masks and the noise of a task's lower objective are drawn from. With the number of a lower step and the place of a
/// mask in the objective it fixes every element: no rank, and nothing that was drawn before, has a part in it.
public struct MaskSource: Sendable, Hashable {
  /// The run's seed.
  public let seed: UInt64
  /// The upper step, from 0.
  public let step: Int
  /// The task's number among those of its step.
  public let task: Int

  /// Those of a task in an upper step; by default those of adaptations that belong to no run.
  public init(seed: UInt64 = 0, step: Int = 0, task: Int = 0) {
    (self.seed, self.step, self.task) = (seed, step, task)
  }

  /// The draws of one lower step.
  package func lower(_ step: Int) -> LowerMaskSource { LowerMaskSource(draws: self, step: step) }

  /// Places of masks that an objective has at the most; those of further slabs follow.
  fileprivate static var mostPlaces: Int { 1 << 16 }

  /// The seed of all masks of a task in an upper step.
  fileprivate var key: UInt64 {
    var stream = RandomStream(
      seed: seed, purpose: .dropout, step: Int(UInt32(truncatingIfNeeded: step)),
      index: Int(UInt32(truncatingIfNeeded: task)))
    return stream.next()
  }
}

/// The draws of one lower step.
package struct LowerMaskSource: Hashable {
  fileprivate let draws: MaskSource
  fileprivate let step: Int
  /// The slab of the task's rows that they are for.
  private var slab = 0

  fileprivate init(draws: MaskSource, step: Int) { (self.draws, self.step) = (draws, step) }

  /// The draws of one slab of the rows; those of the first are the whole's.
  func ofSlab(_ slab: Int) -> LowerMaskSource {
    var source = self
    source.slab = slab
    return source
  }

  /// Sets the numbers at a place of the objective.
  package func set(_ numbers: Elements, at place: Int, _ law: DrawnInput.Law) {
    var stream = stream(place)
    switch law {
    case .mask(let rate): numbers.set { stream.uniform() < rate ? 0 : 1 }
    case .noise(let law): numbers.set { stream.noise(law) }
    }
  }

  /// What the numbers at a place are made of: one draw an element.
  package func stream(_ place: Int) -> RandomStream {
    RandomStream(
      seed: draws.key, purpose: .dropout, step: Int(UInt32(truncatingIfNeeded: step)),
      index: slab * MaskSource.mostPlaces + place)
  }
}

extension RandomStream {
  /// A number of a law; one draw.
  package mutating func noise(_ law: NoiseLaw) -> Double {
    switch law {
    case .normal: normal()
    case .uniform: uniform(in: -1..<1)
    }
  }
}
