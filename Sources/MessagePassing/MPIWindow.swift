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

  /// How many collectives each rank has entered, in the memory of the first ranks: they can tell who is late, even if
  /// one of them is.
  package struct ProgressBoard: Sendable {
    /// The ranks that are told.
    static let readers = 2
    private let window: MPIWindow?
    private let rank: Int
    private let readerCount: Int
    /// The machines of the ranks.
    package let hosts: [String]

    init(_ window: MPIWindow?, rank: Int, readers: Int, hosts: [String]) {
      self.window = window
      self.rank = rank
      readerCount = readers
      self.hosts = hosts
    }

    /// Tells the readers how many collectives this rank has entered.
    func tell(_ entered: Int) {
      for reader in 0..<readerCount { window?.set(rank, of: reader, to: entered) }
    }

    /// How many collectives each rank has entered; nil on ranks that are not told, and where there is no window.
    var entered: [Int]? {
      guard let window, rank < readerCount else { return nil }
      return hosts.indices.map { window[$0] }
    }
  }
#endif
