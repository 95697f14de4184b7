#if MPI
  internal import CMPI
  import Foundation

  /// The MPI library as a whole: its start, its end, and what it says about itself.
  package enum MPILibrary {
    /// Starts MPI for calls from this thread alone.
    static func start() throws(MessagePassingError) {
      guard !isFinalized else {
        throw MessagePassingError(
          .notStarted, "MPI was shut down, and cannot be started twice in one process",
          call: "MPI_Init_thread")
      }
      var provided: Int32 = 0
      try check(cmpi_init_funneled(&provided), "MPI_Init_thread")
      guard cmpi_provides_funneled(provided) != 0 else {
        throw MessagePassingError(
          .notStarted, "\(name) was built without thread support (MPI_THREAD_FUNNELED)",
          call: "MPI_Init_thread")
      }
    }

    /// Ends MPI. Collective: waits for every rank.
    static func finish() throws(MessagePassingError) {
      try check(MPI_Finalize(), "MPI_Finalize")
    }

    /// Ends all ranks without waiting.
    static func abort(code: ExitCode) -> Never {
      _ = cmpi_abort(cmpi_comm_world(), code.rawValue)
      // The standard lets MPI_Abort return if it could not end the other ranks.
      exit(code.rawValue)
    }

    /// Throws what a call of MPI reports: the one place that looks at its status codes.
    static func check(
      _ status: Int32, _ call: StaticString, rank: Int? = nil
    ) throws(MessagePassingError) {
      guard status != MPI_SUCCESS else { return }
      throw MessagePassingError(.callFailed, errorString(status), rank: rank, call: "\(call)")
    }

    /// Whether MPI can be called now.
    static var isRunning: Bool {
      var flag: Int32 = 0
      return MPI_Initialized(&flag) == MPI_SUCCESS && flag != 0 && !isFinalized
    }

    private static var isFinalized: Bool {
      var flag: Int32 = 0
      return MPI_Finalized(&flag) == MPI_SUCCESS && flag != 0
    }

    /// Name and version, such as `Open MPI v4.1.4`. May be asked before MPI is started.
    package static var name: String {
      // Open MPI goes on with its packager, revision and date, MPICH with its compiler flags.
      let text = string(capacity: cmpi_max_library_version_string, MPI_Get_library_version)
      return String(text.prefix { $0 != "," && $0 != "\n" })
    }

    static var processorName: String {
      string(capacity: cmpi_max_processor_name, MPI_Get_processor_name)
    }

    static func errorString(_ status: Int32) -> String {
      string(capacity: cmpi_max_error_string) { MPI_Error_string(status, $0, $1) }
    }

    /// What `read` writes to a text buffer; MPI never writes more than `capacity` bytes.
    private static func string(
      capacity: Int, _ read: (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
    ) -> String {
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity + 1) { buffer in
        buffer.initialize(repeating: 0)
        var length: Int32 = 0
        guard read(buffer.baseAddress!, &length) == MPI_SUCCESS else { return "unknown" }
        return String(cString: buffer.baseAddress!)
      }
    }
  }
#endif
