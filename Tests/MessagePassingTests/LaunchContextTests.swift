import Foundation
import MessagePassing
import Testing

@Suite struct LaunchContextTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let environment: [String: String]
    let launcher: LaunchContext.Launcher
    var rank = 0
    var size: Int? = 1
    var testDescription: String { name }
  }

  static let openMPI = ["OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "4"]
  static let pmi = ["PMI_RANK": "1", "PMI_SIZE": "2"]
  static let step = ["SLURM_PROCID": "5", "SLURM_STEP_NUM_TASKS": "8"]

  static let cases = [
    Case(name: "shell", environment: ["PATH": "/bin"], launcher: .none),
    Case(name: "mpirun", environment: openMPI, launcher: .openMPI, rank: 3, size: 4),
    Case(
      name: "mpirun of one",
      environment: ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"], launcher: .openMPI),
    Case(name: "MPICH", environment: pmi, launcher: .pmi, rank: 1, size: 2),
    Case(name: "srun", environment: step, launcher: .slurm, rank: 5, size: 8),
    Case(
      name: "srun with PMIx", environment: step.merging(["PMIX_RANK": "5"]) { $1 },
      launcher: .slurm, rank: 5, size: 8),
    Case(
      name: "srun with PMI-2",
      environment: step.merging(["PMI_RANK": "5", "PMI_SIZE": "8"]) { $1 },
      launcher: .pmi, rank: 5, size: 8),
    Case(
      name: "mpirun under srun's daemons", environment: openMPI.merging(step) { $1 },
      launcher: .openMPI, rank: 3, size: 4),
    Case(
      name: "another PMIx launcher", environment: ["PMIX_RANK": "2"], launcher: .pmix, rank: 2,
      size: nil),
    Case(
      name: "batch script",
      environment: ["SLURM_NTASKS": "8", "SLURM_PROCID": "0", "SLURM_JOB_ID": "1"],
      launcher: .none),
    Case(
      name: "interactive step", environment: ["SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"],
      launcher: .none),
    Case(
      name: "interactive step with PMIx",
      environment: ["SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1", "PMIX_RANK": "0"],
      launcher: .none),
    Case(name: "rank without size", environment: ["PMI_RANK": "0"], launcher: .none),
    Case(
      name: "no numbers", environment: ["PMI_RANK": "x", "PMI_SIZE": "2"], launcher: .none),
    Case(
      name: "rank outside size", environment: ["PMI_RANK": "2", "PMI_SIZE": "2"], launcher: .none),
    Case(
      name: "negative size", environment: ["PMI_RANK": "0", "PMI_SIZE": "-2"], launcher: .none),
  ]

  @Test(arguments: cases) func tellsWhoStarted(_ example: Case) {
    let context = LaunchContext(environment: example.environment)
    #expect(context.launcher == example.launcher)
    #expect(context.rank == example.rank)
    #expect(context.size == example.size)
  }

  @Test func aLibraryThatSeesOneOfManyIsAMismatch() {
    let context = LaunchContext(environment: Self.openMPI)
    let error = context.mismatch(reportedSize: 1, library: "Open MPI v4.1.4")
    #expect(error?.code == .wrongLauncher)
    #expect(error?.exitCode == .configuration)
    #expect(
      error?.description
        == "launched as 1 of 4, but MPI reports 1 rank: the launcher and the library differ; "
        + "start it with the mpirun of Open MPI v4.1.4")
    #expect(context.mismatch(reportedSize: 4, library: "") == nil)
  }

  @Test func oneOfOneIsRight() {
    let one = LaunchContext(
      environment: ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"])
    #expect(one.mismatch(reportedSize: 1, library: "") == nil)
    #expect(one.mismatchWithoutMPI() == nil)
    let alone = LaunchContext(environment: [:])
    #expect(alone.mismatch(reportedSize: 1, library: "") == nil)
    #expect(alone.mismatchWithoutMPI() == nil)
  }

  @Test func aRankBeyondZeroIsOneOfMany() {
    let context = LaunchContext(environment: ["PMIX_RANK": "2"])
    let error = context.mismatch(reportedSize: 1, library: "")
    #expect(error?.message.hasPrefix("launched as rank 2 of several, but") == true)
  }

  @Test func manyProcessesNeedMPI() {
    let error = LaunchContext(environment: Self.openMPI).mismatchWithoutMPI()
    #expect(error?.exitCode == .configuration)
    #expect(
      error?.message.hasPrefix("launched as 1 of 4, but this program was built without MPI")
        == true)
  }

  /// What `mpirun` leaves in a shell that saved its variables, or that it started and that has outlived it.
  @Test func anEnvironmentOfALauncherThatHasEndedIsRefused() {
    let environment = Self.openMPI.merging([
      "PMIX_SERVER_TMPDIR": "/tmp/ompi/pid.1",
      "PMIX_SERVER_URI21": "583467008.0;tcp4://127.0.0.1:34297", "PMIX_SERVER_URI": "none",
    ]) { $1 }
    func error(_ there: [LauncherTrace], _ environment: [String: String]) -> MessagePassingError? {
      LaunchContext.leftOver(environment) { there.contains($0) }
    }
    let ended = error([], environment)
    #expect(ended?.exitCode == .configuration)
    #expect(ended?.message.contains("an mpirun that has ended: its folder /tmp/ompi/pid.1") == true)
    #expect(error([.folder("/tmp/ompi/pid.1")], environment) == nil)
    // In a container that does not see the folder.
    #expect(error([.server("127.0.0.1:34297")], environment) == nil)
    #expect(error([], Self.openMPI) == nil)
    let unknown = ["PMIX_SERVER_TMPDIR": "/tmp/x", "PMIX_SERVER_URI4": "1.0;tcp6://[::1]:3"]
    #expect(error([], unknown) == nil)
  }

  @Test func serversAreAskedWhetherTheyAreThere() throws {
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(server) }
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &place) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        #expect(bind(server, address, size) == 0 && getsockname(server, address, &size) == 0)
      }
    }
    let address = "127.0.0.1:\(UInt16(bigEndian: place.sin_port))"
    #expect(!LauncherTrace.server(address).isThere)
    #expect(listen(server, 1) == 0)
    #expect(LauncherTrace.server(address).isThere)
    for wrong in ["", "nowhere", "127.0.0.1", "127.0.0.1:port", "a.b:1"] {
      #expect(!LauncherTrace.server(wrong).isThere)
    }
  }
}
