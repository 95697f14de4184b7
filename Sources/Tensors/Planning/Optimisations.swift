/// What the planner does beyond one kernel call for each operation. Each leaves the numbers as they are, up to rounding;
/// tests plan programs without one of them and compare.
package struct Optimisations: OptionSet, CaseIterable, Sendable, Hashable {
  package let rawValue: Int

  package init(rawValue: Int) { self.rawValue = rawValue }

  /// Loops over several nodes (`Fusion`).
  package static let fusion = Optimisations(rawValue: 1 << 0)
  /// Values computed anew by the loops that read them (`Recomputation`).
  package static let recomputation = Optimisations(rawValue: 1 << 1)
  /// Values made where they are wanted: as a piece of a vector, or where something is added onto them.
  package static let placing = Optimisations(rawValue: 1 << 2)
  /// Two products with a long matrix and the loop between them as one call (`PassFinder`).
  package static let passes = Optimisations(rawValue: 1 << 3)
  /// Products and convolutions onto one another, onto biases, and their non-negative parts.
  package static let accumulation = Optimisations(rawValue: 1 << 4)
  /// A class of a classifier that is left out of its products (`ClassRows`).
  package static let classRows = Optimisations(rawValue: 1 << 5)
  /// Sums of quarters of a task's large matrices.
  package static let quarters = Optimisations(rawValue: 1 << 6)
  /// Convolutions in transformed space.
  package static let transforms = Optimisations(rawValue: 1 << 7)
  /// A convolution's mean and variance in one reading.
  package static let moments = Optimisations(rawValue: 1 << 8)
  /// Convolutions of few channels from the images' patches.
  package static let patches = Optimisations(rawValue: 1 << 9)
  /// A window's largest value found through an affine function, and with its place.
  package static let pooling = Optimisations(rawValue: 1 << 10)

  package static let allCases: [Optimisations] = (0...10).map { Optimisations(rawValue: 1 << $0) }
  /// All of them: how programs are planned.
  package static let all = Optimisations(allCases)
}
