import Foundation
import Tensors
import Testing

/// Hundreds of random programs against the law.
@Suite struct RandomProgramTests {
  @Test(arguments: 0..<4)
  func programsObeyTheLaw(_ part: Int) throws {
    var tally = ProgramTally()
    for seed in part * 100..<part * 100 + 80 { try tally.check(seed) }
    tally.conclude()
  }
}

/// As many as one likes: `IGBM_RANDOM_PROGRAMS=20000 Launch/test --filter SlowRandomProgramTests`; from seed
/// `IGBM_FIRST_PROGRAM` on. CI checks some.
@Suite struct SlowRandomProgramTests {
  private static let count =
    ProcessInfo.processInfo.environment["IGBM_RANDOM_PROGRAMS"].flatMap { Int($0) } ?? 0
  private static let first =
    ProcessInfo.processInfo.environment["IGBM_FIRST_PROGRAM"].flatMap { Int($0) } ?? 1000

  @Test(
    .enabled(if: count > 0, "a long test: IGBM_RANDOM_PROGRAMS says how many"),
    arguments: [0, 1])
  func programsObeyTheLaw(_ half: Int) throws {
    var tally = ProgramTally()
    for seed in stride(from: Self.first + half, to: Self.first + Self.count, by: 2)
    where tally.faults < 10 {
      try tally.check(seed)
      if seed / 2 % 500 == 0 { print("seed \(seed): \(tally.faults) faults") }
    }
    tally.conclude()
  }
}

/// Checks programs one after another, and keeps count.
struct ProgramTally {
  private var programs = 0
  /// Those of which less is said than not.
  private var undecided = 0
  private(set) var faults = 0

  /// The plans of a seed: all instruction sets in both precisions; in turns of these an audited one, and one without each
  /// optimisation, and without any.
  static func plans(_ seed: Int) -> [ProgramLaw.Plan] {
    let sets = KernelSet.available
    let whole = sets.flatMap { set in
      Precision.allCases.map { ProgramLaw.Plan(precision: $0, set: set) }
    }
    let audited = ProgramLaw.Plan(
      precision: seed % 5 == 0 ? .single : .double, set: sets[seed % sets.count], isAudited: true)
    let without = (Optimisations.allCases + [.all]).enumerated().map { turn, leftOut in
      ProgramLaw.Plan(set: sets[(seed + turn) % sets.count], leftOut: leftOut)
    }
    return whole + [audited] + without
  }

  mutating func check(_ seed: Int) throws {
    var law = ProgramLaw(plans: Self.plans(seed))
    let program = ProgramGenerator.program(seed: seed)
    let fault = try law.fault(of: program, seed: seed)
    programs += 1
    if law.undecided > law.compared { undecided += 1 }
    guard let fault else { return }
    faults += 1
    let plans = law.plans
    let smallest = program.shrunk { candidate in
      var law = ProgramLaw(plans: plans)
      return (try? law.fault(of: candidate, seed: seed)) ?? nil != nil
    }
    var again = ProgramLaw(plans: plans)
    let reason = (try? again.fault(of: smallest, seed: seed)) ?? fault
    Issue.record("seed \(seed): \(fault)\nand of less: \(reason)\n\(smallest)")
  }

  /// Programs of which nothing can be said show nothing; of some few it may be so.
  func conclude() {
    #expect(programs < 20 || programs > 5 * undecided, "\(undecided) of \(programs) are undecided")
  }
}
