import Foundation
import Machine
import MessagePassing
import PlainText
import Tensors
import Training

/// What a rank runs on and with, as a list of facts for people.
public struct RankEnvironment: Sendable, Codable, Hashable {
  /// One thing that can be said of a rank.
  public struct Fact: Sendable, Codable, Hashable {
    /// What it is about.
    public let name: String
    /// What it is.
    public let value: String

    /// A fact.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The rank.
  public let rank: Int
  /// The machine that runs it.
  public let hostName: String
  /// The facts, in order.
  public let facts: [Fact]

  package init(rank: Int, hostName: String, facts: [Fact]) {
    self.rank = rank
    self.hostName = hostName
    self.facts = facts
  }

  /// This rank's environment.
  ///
  /// - Parameters:
  ///   - communicator: The ranks.
  ///   - version: The program's name and version.
  ///   - variables: The process's environment.
  public init(
    of communicator: any Communicator, version: String, variables: [String: String]
  ) {
    self.init(
      rank: communicator.rank, hostName: communicator.hostName,
      facts: Self.program(version) + Self.machine(MachineDescription.current)
        + Self.kernels(variables) + Self.messagePassing(variables)
        + Self.limits(ProcessLimits.current) + Self.settings(variables))
  }

  /// The value of a fact.
  public subscript(name: String) -> String? { facts.first { $0.name == name }?.value }

  private static func program(_ version: String) -> [Fact] {
    #if DEBUG
      let build = "debug"
    #else
      let build = "release"
    #endif
    return [
      Fact("version", version), Fact("build", build), Fact("compiler", "Swift \(swiftVersion)"),
    ]
  }

  /// The compiler's, as far as it tells: it can be asked whether it is at least some version.
  private static var swiftVersion: String {
    #if compiler(>=6.5)
      "6.5 or later"
    #elseif compiler(>=6.4)
      "6.4"
    #elseif compiler(>=6.3)
      "6.3"
    #elseif compiler(>=6.2)
      "6.2"
    #else
      "6.1"
    #endif
  }

  private static func machine(_ machine: MachineDescription) -> [Fact] {
    let cores = machine.cores.map { "\($0) cores, " } ?? ""
    return [
      Fact("system", machine.system), Fact("kernel", machine.kernel),
      Fact("processor", machine.processor),
      Fact(
        "cores", "\(cores)\(machine.threads) hardware threads, \(machine.usableThreads) usable"),
      Fact("memory", machine.memory.map(Amount.bytes) ?? "unknown"),
    ]
  }

  private static func kernels(_ variables: [String: String]) -> [Fact] {
    let chosen: String
    do {
      chosen = try KernelSet.chosen(variables).rawValue
    } catch {
      chosen = "none: \(error)"
    }
    let available = KernelSet.available.map(\.rawValue).joined(separator: ", ")
    return [Fact("compute kernels", chosen), Fact("kernels available", available)]
  }

  private static func messagePassing(_ variables: [String: String]) -> [Fact] {
    let launcher =
      switch LaunchContext(environment: variables).launcher {
      case .none: "none"
      case .openMPI: "mpirun of Open MPI"
      case .pmi: "one that speaks PMI"
      case .slurm: "srun"
      case .pmix: "one that speaks PMIx"
      }
    #if MPI
      let library = MPILibrary.name
    #else
      let library = "none: built without MPI"
    #endif
    return [Fact("MPI library", library), Fact("launcher", launcher)] + starting
  }

  /// What `mpirun` refuses to start, in words that say little of it.
  private static var starting: [Fact] {
    #if MPI
      let slots = "no more ranks than cores, unless it gets --oversubscribe"
      let root = "root, unless it gets --allow-run-as-root"
      return [
        Fact("mpirun refuses", geteuid() == 0 ? "\(slots); \(root)" : slots)
      ]
    #else
      return []
    #endif
  }

  private static func limits(_ limits: ProcessLimits) -> [Fact] {
    func bytes(_ limit: Int?) -> String { limit.map(Amount.bytes) ?? "unlimited" }
    return [
      Fact("address space (ulimit -v)", bytes(limits.addressSpace)),
      Fact("file size (ulimit -f)", bytes(limits.fileSize)),
      Fact("open files (ulimit -n)", limits.openFiles.map(String.init) ?? "unlimited"),
      Fact("locked memory (ulimit -l)", bytes(limits.lockedMemory)),
      Fact("memory of the control group", bytes(limits.controlGroupMemory)),
    ]
  }

  /// The variables that this program reads, in the order of their names.
  private static func settings(_ variables: [String: String]) -> [Fact] {
    variables.filter { $0.key.hasPrefix("IGBM_") }.sorted { $0.key < $1.key }.map {
      Fact($0.key, $0.value.asShown)
    }
  }
}
