import BilevelOptimization
import MessagePassing
import Problems

/// The ranks in teams that compute a task together each: neighbours, all teams of one size. Ranks that make no whole team
/// have no tasks.
package final class RankTeams {
  /// The ranks of a team.
  package let size: Int
  /// How many teams there are.
  package let count: Int
  /// This rank's team, alone where it is in none.
  let communicator: any Communicator
  private let rank: Int

  /// All ranks' teams. Collective.
  ///
  /// - Throws: The same error on every rank, for settings that do not fit each other.
  package init(_ settings: TrainingSettings, _ all: any Communicator) throws {
    rank = all.rank
    size = try all.agreeing { try Self.size(settings, ranks: all.size) }
    count = all.size / size
    if size == all.size {
      communicator = all
    } else {
      communicator = size == 1 ? SoloCommunicator() : try all.split(by: rank / size)
    }
  }

  /// The number of this rank's team; nil where it is in none.
  private var number: Int? { rank / size < count ? rank / size : nil }

  /// Whether this rank speaks for its team.
  package var isLeader: Bool { communicator.isRoot }

  /// The rank that speaks for another rank's team.
  package func leader(ofRank rank: Int) -> Int { rank / size * size }

  /// This team's tasks of as many, none where this rank has no team.
  package func share(of tasks: Int) -> Range<Int> {
    number.map { TaskAssignment.tasks(tasks, ofRank: $0, of: count) } ?? tasks..<tasks
  }

  /// All tasks, and the ranks that speak for those who have them.
  package func leaders(of tasks: Int) -> [(task: Int, rank: Int)] {
    (0..<count).flatMap { team in
      TaskAssignment.tasks(tasks, ofRank: team, of: count).map { ($0, team * size) }
    }
  }

  /// Whether this rank is in a team that has tasks to do.
  var isIn: Bool { number != nil }

  /// The sums over slabs of a team's tasks; nil where tasks are no slabs.
  func sums(of slabs: Int) -> SlabSums? {
    slabs == 1 ? nil : SlabSums(count: slabs, CommunicatingTeam(communicator))
  }

  /// The ranks of a team: as many as are asked for, or else as many as tasks leave without work.
  private static func size(
    _ settings: TrainingSettings, ranks: Int
  ) throws(SettingError) -> Int {
    let (slabs, tasks) = (settings.slabs, settings.tasks)
    guard settings.team == 0 else {
      guard settings.team <= slabs else {
        throw SettingError(
          "team=\(settings.team), slabs=\(slabs): each rank of a team computes one slab of a task's rows or "
            + "more; set as many slabs")
      }
      return min(settings.team, ranks)
    }
    return (1...min(slabs, ranks)).last { ranks / $0 >= min(tasks, ranks) } ?? 1
  }
}

/// A team whose ranks send messages.
private final class CommunicatingTeam: SlabTeam {
  private let communicator: any Communicator

  init(_ communicator: any Communicator) { self.communicator = communicator }

  var rank: Int { communicator.rank }
  var size: Int { communicator.size }

  func maximum(_ values: inout [Int64]) throws {
    if size > 1 { try communicator.reduce(&values, by: .maximum) }
  }

  func sum(_ words: UnsafeMutableBufferPointer<Int64>) throws {
    if size > 1 { try communicator.sum(words) }
  }
}
