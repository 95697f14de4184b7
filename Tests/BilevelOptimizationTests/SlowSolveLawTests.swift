import BilevelOptimization
import Tensors
import Testing

/// The laws of solves on many more systems.
struct SlowSolveLawTests {
  @Test(arguments: SolveLawTests.Kind.allCases, Precision.allCases) func whatIsClaimedIsTrue(
    kind: SolveLawTests.Kind, precision: Precision
  ) throws {
    for seed in 1000..<3000 {
      try SolveLawTests.check(.init(kind, precision, seed: seed), precision, seed: seed)
    }
  }
}
