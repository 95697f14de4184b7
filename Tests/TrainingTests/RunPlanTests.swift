import Machine
import MessagePassing
import Problems
import TestSupport
import Testing
import Training

struct RunPlanTests {
  /// A plan of a run of eight tasks on some ranks, each task of a second.
  private func plan(
    tasks: [Int] = [4, 4], settings: [String: String] = [:], steps: Int = 10,
    done: Int = 0, checkpoints: RunPlan.Checkpoints = .init(steps: 5),
    output: RunPlan.Output = .init("runs/x", freeBytes: nil, holdsRun: false),
    limits: ProcessLimits = ProcessLimits(), advice: [String] = [], kernels: [String] = []
  ) -> RunPlan {
    let machine = MachineDescription(
      system: "s", kernel: "k", processor: "p", cores: 4, threads: 4, usableThreads: 4,
      memory: 1_000_000_000, availableMemory: 500_000_000)
    let ranks = tasks.enumerated().map { rank, count in
      RankPlan(
        rank: rank, hostName: "node", kernels: kernels.isEmpty ? "avx2" : kernels[rank],
        firstTask: tasks[..<rank].reduce(0, +), tasks: count, upperParameters: 10,
        lowerParameters: 100,
        memory: [50, 10, 100, 1, 1, 1, 1].map { .init(name: "part", bytes: $0 << 20) },
        peakMemory: nil, sumBytes: 1, broadcastBytes: 1, stateBytes: 1000, data: [],
        virtualMemory: 80 << 20, limits: limits, machine: machine, advice: advice,
        recommendations: ["it is easy"],
        probe: .init(taskSeconds: count > 0 ? 1 : nil))
    }
    return RunPlan(
      problem: "p", settings: settings.map { .init($0, $1, from: "default") }, steps: steps,
      stepsDone: done, tasks: tasks.reduce(0, +), checkpoints: checkpoints, output: output,
      resumesFrom: done > 0 ? "runs/x/state" : nil, ranks: ranks)
  }

  @Test func timesAreThoseOfTheSlowestRank() throws {
    let plan = plan(tasks: [3, 2], settings: ["evaluation-tasks": "5"], steps: 10, done: 4)
    #expect(plan.stepSeconds == 3.5)
    // Six steps, and three held-out tasks on rank 0.
    #expect(plan.runSeconds == 6 * 3.5 + 3 * 2)
    // After steps 6 and 9, too.
    let often = self.plan(
      tasks: [3, 2], settings: ["evaluation-tasks": "5", "evaluation-every": "3"], steps: 10,
      done: 4)
    #expect(often.runSeconds == 6 * 3.5 + 3 * (3 * 2))
  }

  @Test func aPlanWithoutProblemsHasNoWarnings() {
    #expect(plan().warnings == [])
    #expect(plan().text.hasSuffix("No problems found."))
    #expect(plan().text.contains("it is easy"))
  }

  @Test func problemsAreWarnedOf() {
    let free = 10_000
    let cases: [(RunPlan, String)] = [
      (
        plan(tasks: [1, 1, 0]),
        "3 ranks for 2 tasks a step: 1 of them will have nothing to do; start 2 ranks"
      ),
      (plan(tasks: [3, 2]), "5 tasks are no multiple of 2 ranks: they will wait 17 %"),
      (
        plan(steps: 200, checkpoints: .init()),
        "the run takes about 15 min 0 s and stores no checkpoints"
      ),
      (plan(steps: 4), "checkpoints after every 5 steps, and the run has 4: none"),
      (plan(steps: 4, done: 4), "the stored run has made all 4 steps; raise --steps"),
      (
        plan(limits: ProcessLimits(addressSpace: 100 << 20)),
        "rank 0 on node will want 193 MB of address space, and its limit is 105 MB; raise ulimit"
      ),
      (
        plan(limits: ProcessLimits(controlGroupMemory: 200_000_000)),
        "node: 2 ranks of up to 172 MB are more than the memory limit of the control group"
      ),
      (plan(limits: ProcessLimits(fileSize: 999)), "files may have 999 bytes; raise ulimit -f"),
      (
        plan(steps: 100, output: .init("runs/x", freeBytes: free, holdsRun: false)),
        "runs/x will come to 64.0 kB, and 10.0 kB are free there"
      ),
      (
        plan(output: .init("runs/x", freeBytes: nil, holdsRun: true)),
        "runs/x holds a run, which this one sets aside"
      ),
      (plan(tasks: [1, 1, 1, 1, 1]), "node: 5 ranks share 4 threads of hardware"),
      (plan(kernels: ["avx2", "portable"]), "ranks have different kernels (avx2, portable)"),
      (plan(advice: ["the Neumann series grows"]), "the Neumann series grows"),
    ]
    for (plan, message) in cases {
      #expect(plan.warnings.contains { $0.contains(message) }, "\(message): \(plan.warnings)")
    }
  }

  /// AVX-512 and AVX2 give the same bits.
  @Test func kernelsOfTheSameBitsMayBeMixed() {
    #expect(plan(kernels: ["avx2", "avx512"]).warnings == [])
  }

  @Test func manyRanksAreAbridged() {
    let text = plan(tasks: [Int](repeating: 2, count: 40)).text
    #expect(text.contains("rank 11") && text.contains("... 26 more") && text.contains("rank 39"))
    #expect(!text.contains("rank 12"))
  }

  /// What is computed before anything is made is what making it takes.
  @Test func aRealRunIsPlanned() throws {
    let request = RunRequest([("tasks", "3"), ("steps", "7"), ("evaluation-tasks", "4")])
    let run = try ProblemRun<Sinusoid>(request)
    let plans = try ThreadCommunicator.values(size: 2) { ranks in
      try ProblemRun<Sinusoid>(request).plan(ranks, from: nil, allowing: [])
    }
    #expect(plans.map(\.tasks) == [2, 1] && plans.map(\.firstTask) == [0, 2])
    let first = try #require(plans.first)
    #expect(first.upperParameters == 1761 && first.lowerParameters == 1761)
    let outcome = try run.train(SoloCommunicator()) { _, _ in }
    let stored = try #require(outcome.state).encoded().count
    // The step's number has one digit in both.
    #expect(first.stateBytes == stored)
    #expect(try #require(first.probe?.taskSeconds) > 0)
    #expect(try #require(first.probe?.evaluationSeconds) > 0)
  }
}

extension RankPlan.Probe {
  fileprivate init(taskSeconds: Double?) {
    self.init(
      taskSeconds: taskSeconds, exchangeSeconds: 0.5, evaluationSeconds: 2, lowerGradientNorm: 1)
  }
}
