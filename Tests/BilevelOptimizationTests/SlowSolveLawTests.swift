import BilevelOptimization
import Foundation
import Tensors
import Testing

/// The laws of solves on many more systems: `IGBM_SOLVED_SYSTEMS=2000 Launch/test --filter SlowSolveLawTests`. CI checks
/// some.
struct SlowSolveLawTests {
  private static let count =
    ProcessInfo.processInfo.environment["IGBM_SOLVED_SYSTEMS"].flatMap { Int($0) } ?? 0

  @Test(
    .enabled(if: count > 0, "a long test: IGBM_SOLVED_SYSTEMS says how many"),
    arguments: SolveLawTests.Kind.allCases, Precision.allCases)
  func whatIsClaimedIsTrue(kind: SolveLawTests.Kind, precision: Precision) throws {
    for seed in 1000..<1000 + Self.count {
      try SolveLawTests.check(.init(kind, precision, seed: seed), precision, seed: seed)
    }
  }
}
