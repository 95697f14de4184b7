import ArgumentParser
import Benchmarks
import Foundation
import MessagePassing
import Tensors

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Times whole hypergradients.",
    discussion: """
      On several ranks each makes its own tasks, and a step ends as a training step does: with the exact \
      sum over all ranks and the broadcast of the upper parameters.
      """)

  @Option(
    help: "Only workloads whose name contains this.",
    completion: .list(Workload.all.map(\.name)))
  var only = ""

  @Option(parsing: .unconditional, help: "Timed runs of each; the median is given.")
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
    Command.launch { communicator in
      let limits = MachineLimits.measured(try KernelSet.chosen())
      if communicator.isRoot, !json {
        StandardStream.output.write(limits.description + "\n")
      }
      for workload in Workload.all where workload.name.contains(only) || only.isEmpty {
        let timing = try WorkloadTiming(workload, repeats: `repeat`, communicator)
        let report = BenchReport(workload, timing, limits, ranks: communicator.size)
        if communicator.isRoot {
          StandardStream.output.write((json ? report.json : report.line) + "\n")
        }
      }
      return .success
    }
  }
}

/// A workload's figures, a task.
struct BenchReport {
  private let workload: Workload
  private let timing: WorkloadTiming
  private let limits: MachineLimits
  private let ranks: Int

  init(_ workload: Workload, _ timing: WorkloadTiming, _ limits: MachineLimits, ranks: Int) {
    self.workload = workload
    self.timing = timing
    self.limits = limits
    self.ranks = ranks
  }

  private var tasks: Double { Double(workload.tasks) }
  private var seconds: Double { timing.working.median / tasks }
  private var gigaflops: Double { workload.operations / seconds / 1e9 }
  private var tasksPerSecond: Double { Double(ranks) * tasks / timing.step.median }
  private var communicating: Double { timing.communicating.median / timing.step.median }

  /// What the task's operations and bytes would take at the machine's measured limits, over what it took.
  private var fraction: Double {
    let floor = max(
      workload.leastOperations / limits.operationsPerSecond,
      workload.bytes / limits.bytesPerSecond)
    return floor / seconds
  }

  var line: String {
    let name = workload.name.padding(toLength: 20, withPad: " ", startingAt: 0)
    var line =
      name
      + String(
        format: "%.3e s a task (%.3e to %.3e)", seconds, timing.working.least / tasks,
        timing.working.most / tasks)
    line += String(
      format: "  %5.1f GFLOP/s, %2.0f %% of the limit", gigaflops, fraction * 100)
    line += String(
      format: "  gradient %.2e s, Hessian product %.2f of it", timing.gradient,
      timing.product / timing.gradient)
    if ranks > 1 {
      line += String(
        format: "  %.1f tasks/s over \(ranks) ranks, %.2f %% of a step communicating",
        tasksPerSecond, communicating * 100)
    }
    return line
  }

  var json: String {
    let fields: [(String, String)] = [
      ("workload", "\"\(workload.name)\""), ("peer", "\"igbm-dist\""),
      ("version", "\"\(version)\""), ("seconds", "\(seconds)"),
      ("min", "\(timing.working.least / tasks)"), ("max", "\(timing.working.most / tasks)"),
      ("checksum", "\(timing.checksum)"), ("gigaflops", "\(gigaflops)"),
      ("peak_gigaflops", "\(limits.operationsPerSecond / 1e9)"),
      ("gigabytes_per_second", "\(limits.bytesPerSecond / 1e9)"), ("fraction", "\(fraction)"),
      ("gradient_seconds", "\(timing.gradient)"), ("product_seconds", "\(timing.product)"),
      ("ranks", "\(ranks)"), ("tasks_per_second", "\(tasksPerSecond)"),
      ("communicating_seconds", "\(timing.communicating.median)"),
      ("waiting_seconds", "\(timing.waiting.median)"),
    ]
    return "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
  }
}
