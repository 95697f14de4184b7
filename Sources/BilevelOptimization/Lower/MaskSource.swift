import Randomness
import Tensors

/// What the masks of a task's lower objective are drawn from. With the number of a lower step and the place of a mask in
/// the objective it fixes every element: no rank, and nothing that was drawn before, has a part in it.
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

  /// Sets the mask at a place of the objective: 0 for the part `rate`, else 1.
  package func set(_ mask: Elements, at place: Int, rate: Double) {
    var stream = stream(place)
    mask.set { stream.uniform() < rate ? 0 : 1 }
  }

  /// The numbers from 0 to 1 that the mask at a place is of: one an element.
  package func stream(_ place: Int) -> RandomStream {
    RandomStream(
      seed: draws.key, purpose: .dropout, step: Int(UInt32(truncatingIfNeeded: step)), index: place)
  }
}
