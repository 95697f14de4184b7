import Training

/// What all ranks run on and with, and in what they differ.
public struct EnvironmentReport: Sendable, Encodable, Hashable {
  /// Something in which a rank is not as rank 0 is.
  public struct Difference: Sendable, Codable, Hashable {
    /// What differs.
    public let fact: String
    /// The rank.
    public let rank: Int
    /// The machine that runs it.
    public let hostName: String
    /// Its value, and rank 0's; `nil` where it has none.
    public let value, valueOfRank0: String?
  }

  /// A machine, and how many ranks it runs.
  public struct Host: Sendable, Codable, Hashable {
    /// The machine's name.
    public let name: String
    /// Its ranks.
    public let ranks: [Int]
  }

  /// The ranks, in order; at least one.
  public let ranks: [RankEnvironment]
  /// The machines, in the order of their first ranks.
  public let hosts: [Host]
  /// In what ranks differ from rank 0.
  public let differences: [Difference]

  /// A report on ranks.
  public init(_ ranks: [RankEnvironment]) {
    self.ranks = ranks
    var hosts: [Host] = []
    for rank in ranks {
      if let place = hosts.firstIndex(where: { $0.name == rank.hostName }) {
        hosts[place] = Host(name: rank.hostName, ranks: hosts[place].ranks + [rank.rank])
      } else {
        hosts.append(Host(name: rank.hostName, ranks: [rank.rank]))
      }
    }
    self.hosts = hosts
    differences = ranks.flatMap { rank in Self.differences(of: rank, from: ranks[0]) }
  }

  private static func differences(
    of rank: RankEnvironment, from first: RankEnvironment
  ) -> [Difference] {
    let names =
      first.facts.map(\.name) + rank.facts.map(\.name).filter { name in first[name] == nil }
    return names.filter { first[$0] != rank[$0] }.map { name in
      Difference(
        fact: name, rank: rank.rank, hostName: rank.hostName, value: rank[name],
        valueOfRank0: first[name])
    }
  }

  /// The report as people read it, and paste it.
  public var text: String {
    let facts = ranks[0].facts.map { [$0.name, $0.value] }
    let title =
      ranks.count == 1 ? "Environment" : "Environment of rank 0 of \(ranks.count) ranks"
    let machines = hosts.map { host in
      [host.name, "\(host.ranks.count) rank\(host.ranks.count == 1 ? "" : "s")", list(host.ranks)]
    }
    return [
      Columns.text(title, facts), Columns.text("Machines", machines), differenceText,
    ].joined(separator: "\n\n")
  }

  private var differenceText: String {
    guard !differences.isEmpty else {
      return ranks.count == 1 ? "One rank: nothing to compare." : "All ranks are alike."
    }
    // One line for all ranks that differ in the same way.
    var groups: [(first: Difference, ranks: [Int])] = []
    for difference in differences {
      let place = groups.firstIndex {
        $0.first.fact == difference.fact && $0.first.value == difference.value
          && $0.first.hostName == difference.hostName
      }
      if let place {
        groups[place].ranks.append(difference.rank)
      } else {
        groups.append((difference, [difference.rank]))
      }
    }
    return Columns.text(
      "Differences from rank 0",
      groups.map { group in
        [
          "rank \(list(group.ranks)) on \(group.first.hostName)", group.first.fact,
          "\(group.first.value ?? "not set"), not \(group.first.valueOfRank0 ?? "unset")",
        ]
      })
  }

  /// Numbers as ranges: `0-3, 6`.
  private func list(_ numbers: [Int]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for number in numbers {
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ", ")
  }
}
