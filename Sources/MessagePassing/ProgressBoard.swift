#if MPI
  /// How many collectives each rank has entered, in the memory of the first ranks: they can tell who is late, even if
  /// one of them is.
  package struct ProgressBoard: Sendable {
    /// The ranks that are told.
    static let readers = 2
    private let window: MPIWindow?
    private let rank: Int
    private let readerCount: Int
    private let processes: [RankProcess]

    init(_ window: MPIWindow?, rank: Int, readers: Int, _ processes: [RankProcess]) {
      self.window = window
      self.rank = rank
      readerCount = readers
      self.processes = processes
    }

    /// The machines of the ranks.
    package var hosts: [String] { processes.map(\.host) }

    /// Tells the readers how many collectives this rank has entered.
    func tell(_ entered: Int) {
      for reader in 0..<readerCount { window?.set(rank, of: reader, to: entered) }
    }

    /// How many collectives each rank has entered; nil on ranks that are not told, and where there is no window.
    var entered: [Int]? {
      guard let window, rank < readerCount else { return nil }
      return processes.indices.map { window[$0] }
    }

    /// The ranks whose processes are seen from here to be stopped.
    var stopped: [Int] {
      processes.indices.filter { processes[$0].isStopped(seenBy: processes[rank]) }
    }
  }
#endif
