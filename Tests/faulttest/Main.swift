import CommandLineInterface
import Foundation
import IGBM
import TestProblems

/// The command line with a problem that fails on purpose, as the environment says: FAULT=KIND:STEP:NUMBER.
///
///     kill, usr1, term, int:STEP:RANK   the signal, on that rank, in that step (or the next in which it has a task)
///     prepare:0:0                       the data take a minute to read
///     intterm:STEP:RANK                 SIGINT, and SIGTERM after it
///     stop:STEP:RANK                    stops that rank, as SIGSTOP does
///     storm:STEP:RANK                   hundreds of SIGUSR1 from a thread, from that step on
///     flip:STEP:RANK                    a bit of that rank's upper parameters
///     sleep:STEP:RANK                   that rank is slow, from that step on
///     long:STEP:MILLISECONDS            every task takes so long, from that step on
///     memory:STEP:RANK                  that rank asks for more memory than there is
///     uneven:STEP:TASKS                 the first tasks take longer, from that step on
///     nan:STEP:TASK                     data of that task that are not numbers
///
/// `faulttest checkpoint FOLDER CALL` stores checkpoints 1 to 4 and is killed at the given file call of the fourth.
@main enum Program {
  static func main() {
    if CommandLine.arguments.dropFirst().first == "checkpoint" { KilledCheckpoint.run() }
    CommandLineInterface.main(problems: [FaultyWaves.self, Faulty.self])
  }
}

/// ``Sinusoid``, with faults.
struct FaultyWaves: Problem {
  static let name = "faulty-waves"
  static let about = "sine waves, with faults"
  static var defaults: TrainingSettings {
    var settings = Sinusoid.defaults
    (settings.steps, settings.tasks, settings.evaluationTasks) = (12, 5, 3)
    return settings
  }

  static let isOverRows = Sinusoid.isOverRows
  private let waves: Sinusoid
  private let fault: Fault?

  init(_ settings: SinusoidSettings, seed: UInt64) throws {
    waves = try Sinusoid(settings, seed: seed)
    fault = Fault(ProcessInfo.processInfo.environment)
    if fault?.kind == "prepare" { sleep(60) }
  }

  var upperModel: Model<Sequential> { waves.upperModel }
  var lowerModel: Model<Sequential> { waves.lowerModel }
  var start: AdaptationStart { waves.start }
  var heldOut: HeldOut<Sequential>? { waves.heldOut }

  var lowerPull: Double? { waves.lowerPull }

  func lowerObjective(_ state: ObjectiveState<Sequential, Sequential>) -> Tensor {
    waves.lowerObjective(state)
  }

  func upperObjective(_ state: ObjectiveState<Sequential, Sequential>) -> Tensor {
    waves.upperObjective(state)
  }

  func task(_ index: Int, step: Int) throws -> TaskExamples {
    let task = try waves.task(index, step: step)
    guard let fault else { return task }
    fault.delay(task: index, step: step)
    guard fault.kind == "nan" else {
      if step >= fault.step { fault.strike { upperModel.values[3] += 1e-12 } }
      return task
    }
    guard fault.step == step, fault.number == index else { return task }
    let broken = task.train.target.values.map { _ in Double.nan }
    return TaskExamples(
      train: Examples(
        data: task.train.data, target: try DataArray(task.train.target.shape, broken)),
      validate: task.validate)
  }
}

/// What goes wrong, when and where.
final class Fault {
  let step: Int
  let number: Int
  let kind: String
  private let rank: Int
  private var hasStruck = false

  init?(_ environment: [String: String]) {
    let words = environment["FAULT", default: ""].split(separator: ":")
    guard words.count == 3, let step = Int(words[1]), let number = Int(words[2]) else { return nil }
    self.step = step
    self.number = number
    kind = String(words[0])
    rank = LaunchContext(environment: environment).rank
  }

  /// Once, though a rank may have several tasks.
  func strike(flip: () -> Void) {
    guard rank == number, !hasStruck else { return }
    hasStruck = true
    switch kind {
    case "kill": raise(SIGKILL)
    case "usr1": raise(SIGUSR1)
    case "term": raise(SIGTERM)
    case "int": raise(SIGINT)
    case "intterm":
      raise(SIGINT)
      raise(SIGTERM)
    // The process, not the thread: others must stand still as well.
    case "stop": kill(getpid(), SIGSTOP)
    case "storm": Self.storm()
    case "memory": Self.exhaustMemory()
    case "flip": flip()
    default: break
    }
  }

  /// Makes tasks take longer.
  func delay(task: Int, step: Int) {
    guard step >= self.step else { return }
    if kind == "sleep", rank == number { usleep(4000) }
    if kind == "long" { usleep(UInt32(1000 * number)) }
    // Where ranks draw their tasks, the others leave it one.
    if kind == "kill", rank != number { usleep(10_000) }
    guard kind == "uneven", task < number else { return }
    let end = ContinuousClock.now + .milliseconds(20)
    while ContinuousClock.now < end {}
  }

  private static func storm() {
    Thread.detachNewThread {
      for _ in 0..<500 {
        kill(getpid(), SIGUSR1)
        usleep(100)
      }
    }
  }

  private static func exhaustMemory() {
    var arrays: [[UInt8]] = []
    while true { arrays.append([UInt8](repeating: 1, count: 1 << 28)) }
  }
}

/// Checkpoints whose writer dies at a file call.
enum KilledCheckpoint {
  static func run() -> Never {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let last = Int(arguments[3]),
      let folder = try? RunFolder(locking: arguments[2])
    else { exit(64) }
    for step in 1...4 {
      let state = TensorFile(
        metadata: [.init("format", "igbm-dist 2"), .init("step", String(step))],
        tensors: ["upper/x", "lower/0/w", "lower/1/w"].map {
          NamedTensor($0, shape: [1000], [Double](repeating: Double(step), count: 1000))
        })
      let sealed = RunState.sealed(state)
      do {
        try folder.storeCheckpoint(
          sealed, step: step, calls: step == 4 ? killing(at: last) : .system)
      } catch { exit(74) }
    }
    exit(0)
  }

  /// The system's calls, the given one of which never returns.
  private static func killing(at last: Int) -> FileCalls {
    let counter = Counter(last)
    let system = FileCalls.system
    var calls = system
    calls.create = {
      counter.next(); return system.create($0)
    }
    calls.write = { descriptor, bytes in
      counter.next()
      // Part of the bytes, so that there are calls in the middle of the file.
      let part = min(bytes.count, 4096)
      return system.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[..<part]))
    }
    calls.synchronise = {
      counter.next(); return system.synchronise($0)
    }
    calls.close = {
      counter.next(); return system.close($0)
    }
    calls.rename = {
      counter.next(); return system.rename($0, $1)
    }
    calls.remove = {
      counter.next(); return system.remove($0)
    }
    calls.openFolder = {
      counter.next(); return system.openFolder($0)
    }
    return calls
  }

  private final class Counter: @unchecked Sendable {
    private var rest: Int

    init(_ calls: Int) { rest = calls }

    func next() {
      if rest == 0 { raise(SIGKILL) }
      rest -= 1
    }
  }
}
