import ArgumentParser
import Benchmarks
import Foundation
import IGBM

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Times whole hypergradients on six workloads.")

  @Option(help: "Only workloads whose name contains this.")
  var only = ""

  @Option(help: "Timed runs of each; the median is given.")
  var `repeat` = 5

  @Flag(help: "One JSON object a line.")
  var json = false

  func validate() throws {
    guard `repeat` >= 1 else { throw ValidationError("--repeat must be at least 1") }
    guard Workload.all.contains(where: { $0.name.contains(only) || only.isEmpty }) else {
      throw ValidationError(
        "no workload's name contains \(only); there are "
          + Workload.all.map(\.name).joined(separator: ", "))
    }
  }

  func run() throws {
    Launch.run { communicator in
      let limits = MachineLimits.measured(try KernelSet.chosen())
      if communicator.isRoot, !json {
        Command.write(limits.description + "\n", to: .standardOutput)
      }
      for workload in Workload.all where workload.name.contains(only) || only.isEmpty {
        let timing = try communicator.agreeing { try Timing(workload, repeats: `repeat`) }
        let rates = try communicator.gather(Double(workload.tasks) / timing.median)
        let report = BenchReport(workload, timing, limits, ranks: rates)
        if communicator.isRoot {
          Command.write((json ? report.json : report.line) + "\n", to: .standardOutput)
        }
      }
      return .success
    }
  }
}

/// The time of runs, after two that are not counted.
struct Timing {
  let seconds: [Double]
  let checksum: Double

  init(_ workload: Workload, repeats: Int) throws {
    let run = try workload.prepare()
    var checksum = 0.0
    for _ in 0..<2 { checksum = try run() }
    let clock = ContinuousClock()
    seconds = try (0..<repeats).map { _ in
      let elapsed = try clock.measure { checksum = try run() }
      return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    }.sorted()
    self.checksum = checksum
  }

  var median: Double { seconds[seconds.count / 2] }
}

/// A workload's figures, a task.
struct BenchReport {
  private let workload: Workload
  private let timing: Timing
  private let limits: MachineLimits
  private let ranks: [Double]

  init(_ workload: Workload, _ timing: Timing, _ limits: MachineLimits, ranks: [Double]) {
    self.workload = workload
    self.timing = timing
    self.limits = limits
    self.ranks = ranks
  }

  private var tasks: Double { Double(workload.tasks) }
  private var seconds: Double { timing.median / tasks }
  private var gigaflops: Double { workload.operations / seconds / 1e9 }

  /// What the task's operations and bytes would take at the machine's measured limits, over what it took.
  private var fraction: Double {
    let floor = max(
      workload.operations / limits.operationsPerSecond, workload.bytes / limits.bytesPerSecond)
    return floor / seconds
  }

  var line: String {
    let name = workload.name.padding(toLength: 20, withPad: " ", startingAt: 0)
    let range = String(
      format: "%.3e s a task (%.3e to %.3e)", seconds, timing.seconds[0] / tasks,
      (timing.seconds.last ?? 0) / tasks)
    var line =
      name + range
      + String(format: "  %5.1f GFLOP/s, %2.0f %% of the limit", gigaflops, fraction * 100)
    if ranks.count > 1 {
      line += String(format: "  %.1f tasks/s over \(ranks.count) ranks", ranks.reduce(0, +))
    }
    return line
  }

  var json: String {
    let fields: [(String, String)] = [
      ("workload", "\"\(workload.name)\""), ("peer", "\"igbm-dist\""),
      ("version", "\"\(IGBM.version)\""), ("seconds", "\(seconds)"),
      ("min", "\(timing.seconds[0] / tasks)"), ("max", "\((timing.seconds.last ?? 0) / tasks)"),
      ("checksum", "\(timing.checksum)"), ("gigaflops", "\(gigaflops)"),
      ("peak_gigaflops", "\(limits.operationsPerSecond / 1e9)"),
      ("gigabytes_per_second", "\(limits.bytesPerSecond / 1e9)"), ("fraction", "\(fraction)"),
      ("ranks", "\(ranks.count)"), ("tasks_per_second", "\(ranks.reduce(0, +))"),
    ]
    return "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
  }
}
