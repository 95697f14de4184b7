import Tensors

/// A way to a task's hypergradient: adapts the task's lower model, and says how the upper loss changes with the upper
/// parameters. An object holds the vectors that it works with, and is used by one thread at a time.
package protocol HypergradientMethod: AnyObject {
  /// Bytes of its vectors.
  var byteCount: Int { get }

  /// Adapts, and computes the hypergradient.
  ///
  /// - Parameters:
  ///   - task: The task; its point is moved to the adapted parameters.
  ///   - hypergradient: Receives the hypergradient, as many numbers as upper parameters.
  /// - Returns: What came about, with a number for each figure of the method.
  /// - Throws: ``HypergradientError`` for numbers that are not finite and what the method cannot do; what objectives and
  ///   data throw.
  func hypergradient(
    _ task: LowerTask, into hypergradient: inout [Double]
  ) throws -> MethodOutcome

  /// Keeps in a task's state what the method wants of it in the next upper step; called once the step's hypergradient is
  /// found to be good.
  func keep(in state: LowerState)

  /// What the options and the last hypergradient, if there is one, say of a run to come: each a line with its remedy.
  func advice() -> [String]

  /// What the last hypergradient's system looks like, and what would solve it: each a line.
  func recommendations() -> [String]
}

extension HypergradientMethod {
  /// Nothing is kept.
  package func keep(in state: LowerState) {}

  /// Nothing is said.
  package func advice() -> [String] { [] }

  /// Nothing is said.
  package func recommendations() -> [String] { [] }
}

/// What a task's hypergradient came about with.
package struct MethodOutcome: Sendable, Hashable {
  /// F at the adapted parameters.
  package let upperLoss: Double
  /// ||df/dw|| at the adapted parameters.
  package let lowerGradientNorm: Double
  /// The same where the adaptation started; nil where no step was made.
  package let startLowerGradientNorm: Double?
  /// The hypergradient's Euclidean norm.
  package let hypergradientNorm: Double
  /// A number for each figure that the method declares; not a number where there is none.
  package let figures: [Double]

  /// Whether the adaptation went the wrong way.
  package var isAdaptationDiverging: Bool {
    startLowerGradientNorm.map { lowerGradientNorm > 2 * $0 } ?? false
  }
}
