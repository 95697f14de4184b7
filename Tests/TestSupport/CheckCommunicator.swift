import MessagePassing

/// The law-book of communicators: called by every rank, throws ``LawBroken`` on the rank that sees
/// a law broken.
package func checkCommunicator(_ communicator: any Communicator) throws {
  try checkNumbers(communicator)
  try checkBroadcast(communicator)
  try checkIntegerReductions(communicator)
  try checkFloatingPointSums(communicator)
  try checkGather(communicator)
  try checkWrongRoot(communicator)
  try checkAgreement(communicator)
  try checkManyCalls(communicator)
  try checkCounter(communicator)
  try checkSplit(communicator)
}

/// Counts with the edges: none, one, and numbers that no piece size divides.
private let counts = [0, 1, 2, 7, 1000]

private func checkNumbers(_ communicator: any Communicator) throws {
  let ranks = try communicator.gather(communicator.rank)
  try requireEqual(ranks, Array(0..<communicator.size), "ranks are numbered in order")
  try requireEqual(communicator.isRoot, communicator.rank == 0, "rank 0 is the root")
  try require(!communicator.hostName.isEmpty, "the machine has a name")
  try communicator.barrier()
}

private func checkBroadcast(_ communicator: any Communicator) throws {
  for root in 0..<communicator.size {
    for count in counts {
      var values = (0..<count).map { Double($0) + 10_000 * Double(communicator.rank) }
      try communicator.broadcast(&values, from: root)
      let expected = (0..<count).map { Double($0) + 10_000 * Double(root) }
      try requireEqual(values, expected, "broadcast of \(count) from \(root)")

      var resized = [UInt16](repeating: UInt16(communicator.rank), count: communicator.rank + count)
      try communicator.broadcast(resizing: &resized, from: root)
      try requireEqual(
        resized, [UInt16](repeating: UInt16(root), count: root + count),
        "resizing broadcast of \(count) from \(root)")
    }
    let value = try communicator.broadcast(communicator.rank, from: root)
    try requireEqual(value, root, "broadcast of a value")
  }
}

private func checkIntegerReductions(_ communicator: any Communicator) throws {
  let size = Int64(communicator.size)
  let rank = Int64(communicator.rank)
  // Beyond 2^53, where a sum in doubles would lose the small part.
  let large = Int64.max / size - 2000
  for count in counts {
    let indices = (0..<count).map(Int64.init)
    let triangle = size * (size - 1) / 2

    var sums = indices.map { large + $0 + rank }
    try communicator.sum(&sums)
    try requireEqual(sums, indices.map { size * (large + $0) + triangle }, "sum of \(count)")

    var maxima = indices.map { $0 * (rank - 1) }
    try communicator.reduce(&maxima, by: .maximum)
    try requireEqual(maxima, indices.map { $0 * (size - 2) }, "maximum of \(count)")

    var minima = indices.map { $0 * -rank }
    try communicator.reduce(&minima, by: .minimum)
    try requireEqual(minima, indices.map { $0 * -(size - 1) }, "minimum of \(count)")
  }
  try requireEqual(try communicator.sum(rank + 1), size * (size + 1) / 2, "sum of a value")
  try requireEqual(try communicator.maximum(rank - 5), size - 6, "maximum of a value")
  try requireEqual(try communicator.minimum(rank - 5), -5, "minimum of a value")
}

private func checkFloatingPointSums(_ communicator: any Communicator) throws {
  let size = communicator.size
  let rank = communicator.rank
  for count in counts {
    // Small integers: exact in any order.
    var doubles = (0..<count).map { Double($0 + rank) }
    try communicator.sum(&doubles)
    let expected = (0..<count).map { $0 * size + size * (size - 1) / 2 }
    try requireEqual(doubles, expected.map(Double.init), "sum of \(count) doubles")

    var floats = (0..<count).map { Float($0 + rank) }
    try communicator.sum(&floats)
    try requireEqual(floats, expected.map { Float($0) }, "sum of \(count) floats")

    // Inexact, so only the ranks' agreement can be asked for.
    var inexact = (0..<count).map { 0.1 * Double($0 + 1) / Double(rank + 3) }
    try communicator.sum(&inexact)
    let everyones = try communicator.gather(inexact.map(\.bitPattern))
    try require(everyones.allSatisfy { $0 == everyones[0] }, "all ranks get the same bits")
  }
}

private func checkGather(_ communicator: any Communicator) throws {
  for count in counts {
    // Rank 0 gives nothing, and nobody as much as another.
    let mine = [Int32](repeating: Int32(communicator.rank), count: communicator.rank * count)
    let gathered = try communicator.gather(mine)
    let expected = (0..<communicator.size).map { [Int32](repeating: Int32($0), count: $0 * count) }
    try requireEqual(gathered, expected, "gather in rank order")
  }
}

private func checkWrongRoot(_ communicator: any Communicator) throws {
  for root in [-1, communicator.size] {
    do {
      _ = try communicator.broadcast(0, from: root)
      try require(false, "a root that is no rank is refused")
    } catch let error as MessagePassingError {
      try requireEqual(error.code, .noSuchRank, "a root that is no rank is refused")
    }
  }
}

private struct Refusal: ExitCoded, CustomStringConvertible {
  let exitCode: ExitCode
  let description: String
}

private func checkAgreement(_ communicator: any Communicator) throws {
  let rank = communicator.rank
  try requireEqual(try communicator.agreeing { rank }, rank, "agreement returns the own value")

  // The last rank alone, then all.
  for lowest in [communicator.size - 1, 0] {
    do {
      try communicator.agreeing {
        if rank >= lowest {
          let code = rank == lowest ? ExitCode.noInput : .dataError
          throw Refusal(exitCode: code, description: "no\n\(rank)")
        }
      }
      try require(false, "an agreed failure reaches rank \(rank)")
    } catch let error as AgreementError {
      try requireEqual(error.failures.map(\.rank), Array(lowest..<communicator.size), "who failed")
      try requireEqual(error.failures[0].message, "no\n\(lowest)", "the message")
      try requireEqual(error.exitCode, .noInput, "the code is that of the lowest failing rank")
      let texts = try communicator.gather(Array("\(error)".utf8))
      try require(texts.allSatisfy { $0 == texts[0] }, "all ranks throw the same error")
    }
  }
}

/// Calls of several kinds and roots in a row stay in step without barriers between them.
private func checkManyCalls(_ communicator: any Communicator) throws {
  var total: Int64 = 0
  for round in 0..<100 {
    let addend = try communicator.broadcast(Int64(round), from: round % communicator.size)
    total += try communicator.sum(addend)
    try requireEqual(
      try communicator.gather(total), [Int64](repeating: total, count: communicator.size),
      "round \(round)")
  }
  try requireEqual(total, Int64(communicator.size) * 4950, "sum over all rounds")
}

/// Every number goes to one rank, and each rank's numbers grow.
private func checkCounter(_ communicator: any Communicator) throws {
  for _ in 0..<2 {
    guard let counter = try communicator.counter() else {
      throw LawBroken(description: "there is no counter")
    }
    var mine: [Int64] = []
    for _ in 0..<(50 + 10 * communicator.rank) { mine.append(Int64(try counter.next())) }
    try require(zip(mine, mine.dropFirst()).allSatisfy { $0 < $1 }, "drawn numbers grow")
    let all = try communicator.gather(mine).flatMap { $0 }.sorted()
    try requireEqual(all, Array(0..<Int64(all.count)), "every number is drawn once")
  }
}

/// Parts are as sound as the whole, which goes on beside them.
private func checkSplit(_ communicator: any Communicator) throws {
  let (rank, size) = (communicator.rank, communicator.size)
  // Every rank by itself, all together, and neighbours in turns.
  for colors in [size, 1, 2] {
    let color = rank % colors
    let members = (0..<size).filter { $0 % colors == color }
    let part = try communicator.split(by: color)
    try requireEqual(part.size, members.count, "a part has its ranks")
    try requireEqual(members[part.rank], rank, "a part keeps their order")
    // Parts make different numbers of calls.
    for _ in 0...color {
      let sum = try part.sum(Int64(rank))
      try requireEqual(sum, Int64(members.reduce(0, +)), "a sum over a part")
    }
    try requireEqual(
      try part.broadcast(rank, from: part.size - 1), members.last!, "a broadcast in a part")
    try requireEqual(try part.gather(rank), members, "a gather in a part")
    let total = try communicator.sum(Int64(rank))
    try requireEqual(total, Int64(size * (size - 1) / 2), "a sum over all beside parts")
  }
}
