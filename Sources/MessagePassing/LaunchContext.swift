/// How this process was started, as its environment tells.
///
/// It decides whether MPI is started at all: a process without a launcher does without, because
/// Open MPI would fork a daemon for it.
public struct LaunchContext: Hashable, Sendable {
  /// Who started the process.
  public enum Launcher: String, Sendable {
    /// Nobody: a shell, or a batch script.
    case none
    /// Open MPI's `mpirun`.
    case openMPI
    /// A launcher that speaks PMI: MPICH's `mpirun`, or `srun --mpi=pmi2`.
    case pmi
    /// `srun`.
    case slurm
    /// Another launcher that speaks PMIx.
    case pmix
  }

  /// Who started the process.
  public let launcher: Launcher
  /// The rank the launcher gave this process; 0 without a launcher.
  public let rank: Int
  /// The number of processes started together, if the launcher tells; 1 without a launcher.
  public let size: Int?

  /// Reads the variables by which launchers number their processes.
  ///
  /// The first launcher that gives both a rank and a size wins, the innermost first: under
  /// Slurm, `mpirun` uses `srun` to start its daemons, and their variables are still there.
  /// Values that are no numbers, or a rank outside the size, are taken as absent.
  ///
  /// - Parameter environment: a process's environment variables and their values.
  public init(environment: [String: String]) {
    for candidate in Self.numberings {
      guard let rank = environment[candidate.rank].flatMap(Int.init),
        let size = environment[candidate.size].flatMap(Int.init),
        (0..<max(size, 0)).contains(rank)
      else { continue }
      // A Slurm step of one task needs no MPI, and may have none: an interactive shell is one.
      if candidate.launcher == .slurm && size == 1 { break }
      self.init(launcher: candidate.launcher, rank: rank, size: size)
      return
    }
    if let rank = environment["PMIX_RANK"].flatMap(Int.init), rank >= 0,
      environment["SLURM_STEP_NUM_TASKS"] != "1"
    {
      self.init(launcher: .pmix, rank: rank, size: nil)
    } else {
      self.init(launcher: .none, rank: 0, size: 1)
    }
  }

  private init(launcher: Launcher, rank: Int, size: Int?) {
    self.launcher = launcher
    self.rank = rank
    self.size = size
  }

  // SLURM_NTASKS is not here: a batch script has it too, and is not one of the tasks.
  private static let numberings: [(launcher: Launcher, rank: String, size: String)] = [
    (.openMPI, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    (.pmi, "PMI_RANK", "PMI_SIZE"),
    (.slurm, "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
  ]
}

extension LaunchContext {
  /// Whether the launcher certainly started several processes.
  private var isOneOfMany: Bool { (size ?? 1) > 1 || rank > 0 }

  private var place: String {
    size.map { "launched as 1 of \($0)" } ?? "launched as rank \(rank) of several"
  }

  /// The error to throw if the library, once started, knows one rank only, though several were launched.
  ///
  /// A library started by another library's launcher sees one rank. Every process would then do
  /// the whole job by itself, and all of them would write the same files.
  ///
  /// - Parameters:
  ///   - reportedSize: the size of the library's world.
  ///   - library: the library's name and version, for the message.
  /// - Returns: an error of code `wrongLauncher`; nil if the two agree.
  public func mismatch(reportedSize: Int, library: String) -> MessagePassingError? {
    guard isOneOfMany, reportedSize == 1 else { return nil }
    return MessagePassingError(
      .wrongLauncher,
      "\(place), but MPI reports 1 rank: the launcher and the library differ; "
        + "start it with the mpirun of \(library)")
  }

  /// The error to throw if several processes were launched of a program built without MPI.
  ///
  /// - Returns: an error of code `wrongLauncher`; nil if the process is alone.
  public func mismatchWithoutMPI() -> MessagePassingError? {
    guard isOneOfMany else { return nil }
    return MessagePassingError(
      .wrongLauncher,
      "\(place), but this program was built without MPI: start it without a launcher, "
        + "or build it with the package trait MPI")
  }

  /// The error to throw where the environment is that of a launcher that has ended: MPI would look for it, and end the
  /// process with a page about itself.
  ///
  /// - Parameters:
  ///   - environment: this process's environment.
  ///   - isThere: whether a folder is there, and whether a server answers at an address `HOST:PORT`.
  /// - Returns: an error of code `wrongLauncher`; nil if there is no such launcher, or it is there.
  package static func leftOver(
    _ environment: [String: String], isThere: (LauncherTrace) -> Bool
  ) -> MessagePassingError? {
    // Its folder goes with it, but need not be seen from containers.
    guard let folder = environment["PMIX_SERVER_TMPDIR"], !isThere(.folder(folder)) else {
      return nil
    }
    let marker = "tcp4://"
    let addresses = environment.filter { $0.key.hasPrefix("PMIX_SERVER_URI") }.values
      .filter { $0.contains(marker) }.compactMap {
        $0.split(separator: marker).last.map(String.init)
      }
    // Without an address that can be asked, MPI has to find out.
    guard !addresses.isEmpty, !Set(addresses).contains(where: { isThere(.server($0)) }) else {
      return nil
    }
    return MessagePassingError(
      .wrongLauncher,
      "the variables OMPI_* and PMIX_* are those of an mpirun that has ended: its folder \(folder) is gone; "
        + "start with mpirun, or in a new shell, where they are not set")
  }
}
