import MessagePassing
import TestSupport

let messagePassingScenarios: [String: Scenario] = [
  // Says who is there.
  "hello": { communicator, _ in
    say("rank \(communicator.rank) of \(communicator.size)")
    return .success
  },

  // The law-book. With a number, on pieces of at most so many elements.
  "laws": { communicator, arguments in
    try checkCommunicator(try cut(communicator, arguments.first.flatMap { Int($0) }))
    say("rank \(communicator.rank) kept the laws")
    return .success
  },

  // The ranks in the arguments fail in an agreement; every rank says what it caught.
  "agree-fail": { communicator, arguments in
    do {
      try communicator.agreeing {
        if arguments.contains("\(communicator.rank)") { throw Failure(rank: communicator.rank) }
      }
      return .success
    } catch let error as AgreementError {
      let ranks = error.failures.map(\.rank)
      say("rank \(communicator.rank): ranks \(ranks) failed, code \(error.exitCode.rawValue)")
      throw error
    }
  },

  // The rank in the argument fails on its own, while the others wait for it.
  "fail": { communicator, arguments in
    if arguments.contains("\(communicator.rank)") { throw Failure(rank: communicator.rank) }
    try communicator.barrier()
    return .success
  },

  // Every rank leaves in order with the code in the argument.
  "leave": { communicator, arguments in
    arguments.first.flatMap { Int32($0) }.flatMap(ExitCode.init(rawValue:)) ?? .usage
  },

  // Rank 0 gives more bytes than the others take: MPI itself reports it, to the others.
  "counts-differ": { communicator, _ in
    var bytes = [UInt8](repeating: 1, count: communicator.isRoot ? 64 : 8)
    try communicator.broadcast(&bytes)
    try communicator.barrier()
    return .success
  },
]

/// The failure of a rank; even ranks and odd ranks have different codes.
private struct Failure: ExitCoded, CustomStringConvertible {
  let rank: Int
  var exitCode: ExitCode { rank.isMultiple(of: 2) ? .dataError : .noInput }
  var description: String { "rank \(rank) has no data" }
}

/// The same ranks, with a smaller limit on the elements of one call.
private func cut(
  _ communicator: any Communicator, _ pieceLimit: Int?
) throws(MessagePassingError) -> any Communicator {
  #if MPI
    if let pieceLimit, communicator is MPICommunicator {
      return try MPICommunicator(pieceLimit: pieceLimit)
    }
  #endif
  return communicator
}
