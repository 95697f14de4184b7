import MessagePassing

/// Messages between ranks, with known answers.
enum MessageChecks {
  static let all = [
    Check("a message from each rank reaches all", .together(broadcasts)),
    Check("sums, maxima and minima over ranks", .together(reductions)),
    Check("lists of all ranks, of different lengths", .together(gathered)),
  ]

  private static let length = 100_000

  /// What a rank sends at an index.
  private static func word(_ rank: Int, _ index: Int) -> Int64 {
    Int64(rank + 1) &* 0x9E37_79B9 &+ Int64(index)
  }

  private static func message(_ rank: Int) -> [Int64] { (0..<length).map { word(rank, $0) } }

  /// Around the ring: each rank in turn is the root.
  @Sendable private static func broadcasts(_ ranks: any Communicator) throws -> Check.Figure {
    var wrong = 0
    for root in 0..<ranks.size {
      var words = ranks.rank == root ? message(root) : [Int64](repeating: -1, count: length)
      try ranks.broadcast(&words, from: root)
      wrong += zip(words, message(root)).count(where: { $0 != $1 })
    }
    return Check.Figure(Double(wrong), atMost: 0)
  }

  @Sendable private static func reductions(_ ranks: any Communicator) throws -> Check.Figure {
    func at(_ index: Int) -> [Int64] { (0..<ranks.size).map { word($0, index) } }
    var wrong = 0
    let cases: [(Reduction, ([Int64]) -> Int64)] = [
      (.sum, { $0.reduce(0, &+) }), (.maximum, { $0.max() ?? 0 }), (.minimum, { $0.min() ?? 0 }),
    ]
    for (operation, expected) in cases {
      var words = message(ranks.rank)
      try ranks.reduce(&words, by: operation)
      wrong += words.indices.count(where: { words[$0] != expected(at($0)) })
    }
    return Check.Figure(Double(wrong), atMost: 0)
  }

  @Sendable private static func gathered(_ ranks: any Communicator) throws -> Check.Figure {
    func list(_ rank: Int) -> [Int64] { Array(message(rank).prefix(1000 * rank)) }
    let found = try ranks.gather(list(ranks.rank))
    let wrong = (0..<ranks.size).count(where: { found[$0] != list($0) })
    return Check.Figure(Double(wrong), atMost: 0)
  }
}
