import Benchmarks
import MessagePassing
import Training

/// The times of a workload's runs, after two that are not counted; every run is a step of all ranks.
struct WorkloadTiming {
  /// Seconds, sorted.
  struct Seconds {
    private let values: [Double]

    init(_ values: [Double]) { self.values = values.sorted() }

    var median: Double { values[values.count / 2] }
    var least: Double { values[0] }
    var most: Double { values[values.count - 1] }
  }

  /// This rank's tasks.
  let working: Seconds
  /// From there until the last rank was done.
  let waiting: Seconds
  /// The exact sum and the broadcast.
  let communicating: Seconds
  /// All of it.
  let step: Seconds
  /// One gradient of the lower objective, and one Hessian-vector product.
  let gradient: Double
  let product: Double
  /// The sum of the hypergradients.
  let checksum: Double

  /// Times a workload. Collective.
  init(_ workload: Workload, repeats: Int, _ communicator: any Communicator) throws {
    let prepared = try communicator.agreeing { try workload.prepare() }
    var exchange = Exchange(
      parameters: prepared.parameters, tasks: workload.tasks * communicator.size, communicator)
    var checksum = 0.0
    var (working, waiting, communicating) = ([Double](), [Double](), [Double]())
    for repetition in -2..<repeats {
      try communicator.barrier()
      let own = try Self.seconds {
        checksum = try prepared.run()
      }
      let wait = try Self.seconds { try communicator.barrier() }
      let exchanged = try Self.seconds { try exchange.run() }
      guard repetition >= 0 else { continue }
      working.append(own)
      waiting.append(wait)
      communicating.append(exchanged)
    }
    self.checksum = checksum
    self.working = Seconds(working)
    self.waiting = Seconds(waiting)
    self.communicating = Seconds(communicating)
    step = Seconds(working.indices.map { working[$0] + waiting[$0] + communicating[$0] })
    gradient = Self.median(repeats, prepared.gradient)
    product = Self.median(repeats, prepared.product)
  }

  private static func seconds(_ body: () throws -> Void) throws -> Double {
    let elapsed = try ContinuousClock().measure(body)
    return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
  }

  /// The median time of a call, over groups of calls that take some milliseconds.
  private static func median(_ repeats: Int, _ call: () -> Void) -> Double {
    func time(_ count: Int) -> Double {
      (try? seconds { for _ in 0..<count { call() } }) ?? 0
    }
    _ = time(1)
    let count = max(1, Int(0.005 / max(time(1), 1e-9)))
    return Seconds((0..<max(repeats, 3)).map { _ in time(count) / Double(count) }).median
  }
}
