import Foundation

/// Starts programs that were built beside the tests, with a launcher or without.
package enum Launcher {
  /// Starts `size` ranks of a program under `mpirun`.
  ///
  /// - Parameters:
  ///   - size: the number of ranks; may exceed the number of cores.
  ///   - program: the name of an executable product.
  ///   - arguments: the program's arguments.
  ///   - environment: variables to add to, or replace in, the cleaned environment.
  /// - Returns: the launcher, running.
  /// - Throws: if it could not be started.
  package static func mpirun(
    _ size: Int, _ program: String, _ arguments: [String] = [],
    environment: [String: String] = [:]
  ) throws -> RunningProgram {
    // --bind-to none: two runs at once would bind to the same cores.
    let options = ["-np", "\(size)", "--oversubscribe", "--bind-to", "none", "--timeout", "60"]
    return try start(["mpirun"] + options + [path(of: program)] + arguments, environment)
  }

  /// Starts ranks of a program that differ, one of each list of options of `mpirun` and arguments.
  package static func mpirunDiffering(
    _ program: String, _ ranks: [(options: [String], arguments: [String])]
  ) throws -> RunningProgram {
    let parts = ranks.map { ["-np", "1"] + $0.options + [path(of: program)] + $0.arguments }
    return try start(
      ["mpirun", "--oversubscribe", "--bind-to", "none", "--timeout", "60"]
        + parts.joined(separator: [":"]), [:])
  }

  /// Starts one process of a program without a launcher.
  package static func alone(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> RunningProgram {
    try start([path(of: program)] + arguments, environment)
  }

  /// Starts a program by its path, or one of the system's by its name.
  package static func command(_ path: String, _ arguments: [String]) throws -> RunningProgram {
    try start([path] + arguments, [:])
  }

  /// The package's root.
  package static var root: URL {
    URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardizedFileURL
  }

  /// Starts a line of shell in which `$0` is a program's path.
  package static func shell(_ line: String, _ program: String) throws -> RunningProgram {
    try start(["bash", "-c", line, path(of: program)], [:])
  }

  private static func start(
    _ command: [String], _ additions: [String: String]
  ) throws -> RunningProgram {
    let environment = cleanEnvironment.merging(additions) { $1 }
    return try RunningProgram(command, environment: environment)
  }

  /// This process's environment without a trace of the launcher that may have started it (Open MPI
  /// refuses to nest), without settings and what tests alone are told, and with what `mpirun` needs in a container of few
  /// cores.
  private static var cleanEnvironment: [String: String] {
    let others = ["OMPI_", "PMIX_", "PMI_", "SLURM_", "IGBM_"]
    let own = ProcessInfo.processInfo.environment.filter { variable in
      ["IGBM_KERNELS", "IGBM_MPI", "IGBM_PICTURES"].contains(variable.key)
        || !others.contains { variable.key.hasPrefix($0) }
    }
    return own.merging([
      // Containers run as root.
      "OMPI_ALLOW_RUN_AS_ROOT": "1",
      "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
      // More ranks than cores: let waiting ranks give way.
      "OMPI_MCA_rmaps_base_oversubscribe": "1",
      "OMPI_MCA_mpi_yield_when_idle": "1",
      // One machine: without this mpirun fails where there is no ssh.
      "OMPI_MCA_plm_rsh_agent": "",
    ]) { $1 }
  }

  /// Where the package's products lie: beside the test bundle.
  package static var products: URL {
    #if os(macOS)
      for bundle in Bundle.allBundles where bundle.bundlePath.hasSuffix(".xctest") {
        return bundle.bundleURL.deletingLastPathComponent()
      }
    #endif
    return Bundle.main.bundleURL
  }

  private static func path(of program: String) -> String {
    products.appendingPathComponent(program).path
  }
}

/// Whether launched tests are to run: if there is an `mpirun`, and always in CI, where a machine
/// without one is a mistake and the tests must fail.
package func requireMPI() -> Bool {
  ProcessInfo.processInfo.environment["CI"] != nil || isOnPath("mpirun")
}

/// Whether the system has a program of this name.
package func isOnPath(_ program: String) -> Bool {
  let folders = ProcessInfo.processInfo.environment["PATH", default: ""].split(separator: ":")
  return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
}
