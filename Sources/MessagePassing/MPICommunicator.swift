#if MPI
  internal import CMPI

  /// The ranks of `MPI_COMM_WORLD`, or some of them. The only file that calls MPI's collectives.
  package final class MPICommunicator: Communicator {
    package let rank: Int
    package let size: Int
    package let hostName: String
    private var ranks: cmpi_comm

    /// The most elements sent in one call. MPI counts in 32 bits.
    private let pieceLimit: Int

    /// Where this rank is in its collectives.
    package let mark: CollectiveMark
    /// Where the others are, as far as this rank is told.
    private(set) var board: ProgressBoard?
    private var windows: [MPIWindow] = []
    /// Parts of it that were made.
    private var parts: [MPICommunicator] = []
    private let isWorld: Bool

    /// Creates the communicator of all ranks; MPI must have been initialised.
    ///
    /// - Parameter pieceLimit: the most elements sent in one call, at least 1; small in tests.
    /// - Throws: ``MessagePassingError``.
    package convenience init(pieceLimit: Int = 1 << 30) throws(MessagePassingError) {
      try self.init(cmpi_comm_world(), isWorld: true, CollectiveMark(), pieceLimit)
    }

    private init(
      _ world: cmpi_comm, isWorld: Bool, _ mark: CollectiveMark, _ pieceLimit: Int
    ) throws(MessagePassingError) {
      (ranks, self.isWorld, self.mark) = (world, isWorld, mark)
      var rank: Int32 = 0
      var size: Int32 = 0
      try MPILibrary.check(cmpi_return_errors(world), "MPI_Comm_set_errhandler")
      try MPILibrary.check(cmpi_rank(world, &rank), "MPI_Comm_rank")
      try MPILibrary.check(cmpi_size(world, &size), "MPI_Comm_size")
      (self.rank, self.size, self.pieceLimit) = (Int(rank), Int(size), pieceLimit)
      hostName = MPILibrary.processorName
    }

    package func barrier() throws(MessagePassingError) {
      try collective("MPI_Barrier") { cmpi_barrier(ranks) }
    }

    package func broadcast(
      _ bytes: UnsafeMutableRawBufferPointer, from root: Int
    ) throws(MessagePassingError) {
      try checkRoot(root)
      for piece in pieces(of: bytes.count, atMost: pieceLimit) {
        let part = UnsafeMutableRawBufferPointer(rebasing: bytes[piece])
        try collective("MPI_Bcast") {
          cmpi_broadcast(part.baseAddress, Int32(part.count), Int32(root), ranks)
        }
      }
    }

    package func reduce(
      _ values: UnsafeMutableBufferPointer<Int64>, by operation: Reduction
    ) throws(MessagePassingError) {
      let operation =
        switch operation {
        case .sum: CMPI_SUM
        case .maximum: CMPI_MAX
        case .minimum: CMPI_MIN
        }
      try allReduce(values, CMPI_INT64, operation)
    }

    package func sum(_ values: UnsafeMutableBufferPointer<Double>) throws(MessagePassingError) {
      try allReduce(values, CMPI_DOUBLE, CMPI_SUM)
    }

    package func sum(_ values: UnsafeMutableBufferPointer<Float>) throws(MessagePassingError) {
      try allReduce(values, CMPI_FLOAT, CMPI_SUM)
    }

    package func gather(_ bytes: UnsafeRawBufferPointer) throws(MessagePassingError) -> [[UInt8]] {
      let counts = try gatherCounts(bytes.count)
      var gathered = counts.map { count in
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        return bytes
      }
      // Offsets count in 32 bits as well: all ranks' shares of a round fit in one piece.
      let share = max(1, pieceLimit / size)
      for round in pieces(of: counts.max() ?? 0, atMost: share) {
        try gatherRound(round, of: bytes, counts: counts, into: &gathered)
      }
      return gathered
    }

    package func counter() throws(MessagePassingError) -> (any SharedCounter)? {
      if let window = try window(of: isRoot ? 1 : 0) { return MPICounter(window) }
      if isRoot {
        Log.line(
          "warning: MPI has no one-sided communication between these machines: tasks are shared out "
            + "beforehand, as with schedule static; mpirun --mca osc ^ucx may bring it")
      }
      return nil
    }

    package func split(by color: Int) throws(MessagePassingError) -> any Communicator {
      var made = cmpi_comm()
      try collective("MPI_Comm_split") { cmpi_split(ranks, Int32(color), Int32(rank), &made) }
      let part = try MPICommunicator(made, isWorld: false, mark, pieceLimit)
      parts.append(part)
      return part
    }

    /// Lets the first ranks know from now on where each rank is. Collective.
    func openBoard() throws(MessagePassingError) {
      let processes = try gather(RankProcess.current(on: hostName).encoded).map {
        RankProcess(decoding: $0)
      }
      let isReader = rank < ProgressBoard.readers
      board = ProgressBoard(
        try window(of: isReader ? size : 0), rank: rank, readers: min(size, ProgressBoard.readers),
        processes)
    }

    /// Gives back what MPI wants back before its end. Collective.
    package func close() throws(MessagePassingError) {
      board = nil
      for window in windows { try window.close() }
      windows = []
      for part in parts {
        try part.close()
        try MPILibrary.check(cmpi_free(&part.ranks), "MPI_Comm_free")
      }
      parts = []
    }

    /// A window that all ranks have opened, or nil on all of them.
    private func window(of count: Int) throws(MessagePassingError) -> MPIWindow? {
      let window = MPIWindow(count, ranks)
      guard try minimum(window == nil ? 0 : 1) == 1, let window else { return nil }
      windows.append(window)
      return window
    }

    package func abort(code: ExitCode) -> Never {
      MPILibrary.abort(code: code)
    }
  }

  extension MPICommunicator {
    /// Reduces in place; `datatype` is that of `Element`.
    private func allReduce<Element>(
      _ values: UnsafeMutableBufferPointer<Element>, _ datatype: cmpi_datatype,
      _ operation: cmpi_operation
    ) throws(MessagePassingError) {
      for piece in pieces(of: values.count, atMost: pieceLimit) {
        let part = UnsafeMutableBufferPointer(rebasing: values[piece])
        try collective("MPI_Allreduce") {
          cmpi_allreduce(part.baseAddress, Int32(part.count), datatype, operation, ranks)
        }
      }
    }

    /// Every rank's count, in rank order.
    private func gatherCounts(_ count: Int) throws(MessagePassingError) -> [Int] {
      var counts = [Int64](repeating: 0, count: size)
      try collective("MPI_Allgather") { cmpi_allgather_int64(Int64(count), &counts, ranks) }
      return counts.map(Int.init)
    }

    /// Appends to `gathered` the bytes in the range `round` of every rank that has some there.
    private func gatherRound(
      _ round: Range<Int>, of bytes: UnsafeRawBufferPointer, counts: [Int],
      into gathered: inout [[UInt8]]
    ) throws(MessagePassingError) {
      let parts = counts.map { round.clamped(to: 0..<$0).count }
      var offsets = [0]
      for part in parts { offsets.append(offsets.last! + part) }
      var received = [UInt8](repeating: 0, count: offsets.last!)
      let mine = UnsafeRawBufferPointer(rebasing: bytes[round.clamped(to: 0..<bytes.count)])
      try collective("MPI_Allgatherv") {
        cmpi_allgatherv(
          mine.baseAddress, Int32(mine.count), &received, parts.map(Int32.init),
          offsets.map(Int32.init), ranks)
      }
      for rank in 0..<size {
        gathered[rank] += received[offsets[rank]..<offsets[rank + 1]]
      }
    }

    /// Makes a collective call, and lets it be seen from outside that it is open.
    private func collective(
      _ name: StaticString, _ call: () -> Int32
    ) throws(MessagePassingError) {
      if isWorld { board?.tell(mark.enter(name)) } else { mark.open(name) }
      let status = call()
      mark.leave()
      try MPILibrary.check(status, name, rank: rank)
    }
  }
#endif
