#if MPI
  internal import CMPI

  /// Integers of some ranks that all ranks reach.
  final class MPIWindow: @unchecked Sendable {
    // Unchecked: the stall watch's thread reads words of this rank's memory, and makes no call of MPI.
    private var window = cmpi_window()

    /// Opens a window with so many integers on this rank, all 0; nil where MPI has no one-sided communication between
    /// the ranks, as some builds over plain Ethernet. Collective; the other ranks may have another answer.
    init?(_ count: Int, _ world: cmpi_comm) {
      guard cmpi_window_open(Int32(count), world, &window) == MPI_SUCCESS else { return nil }
    }

    /// Adds to rank 0's first integer; what it was before.
    func add(_ addend: Int) throws(MessagePassingError) -> Int {
      var before: Int64 = 0
      try MPILibrary.check(cmpi_window_add(Int64(addend), &before, 0, window), "MPI_Fetch_and_op")
      return Int(before)
    }

    /// Sets an integer of a rank, some time later.
    func set(_ place: Int, of rank: Int, to value: Int) {
      // Nobody depends on it but the stall watch, which is no reason to end a run.
      _ = cmpi_window_set(Int64(value), Int32(rank), Int32(place), window)
    }

    /// An integer of this rank.
    subscript(place: Int) -> Int { Int(cmpi_window_get(Int32(place), window)) }

    /// Collective.
    func close() throws(MessagePassingError) {
      try MPILibrary.check(cmpi_window_close(&window), "MPI_Win_free")
    }
  }

  /// A counter in the memory of rank 0. Where the network cannot reach that memory by itself, a number comes when
  /// rank 0 next calls MPI.
  final class MPICounter: SharedCounter {
    private let window: MPIWindow

    init(_ window: MPIWindow) { self.window = window }

    func next() throws(MessagePassingError) -> Int { try window.add(1) }
  }
#endif
