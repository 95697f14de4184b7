import MessagePassing
import Problems

/// Hands this rank its tasks of a step. Who computes a task changes no bit of the step, because the sum over tasks is exact.
final class TaskQueue {
  private let tasks: Int
  private let teams: RankTeams
  private let counter: (any SharedCounter)?
  /// What the counter gives for the present step's task 0.
  private var first = 0

  /// The tasks of a rank's team. Collective.
  init(
    _ schedule: TaskSchedule, tasks: Int, _ teams: RankTeams, _ communicator: any Communicator
  ) throws(MessagePassingError) {
    self.tasks = tasks
    self.teams = teams
    counter = schedule == .dynamic ? try communicator.counter() : nil
  }

  /// Calls `body` for each task of this rank's team, until it gives false. With a counter the other teams get what is left, and
  /// every team draws one number beyond the tasks, so that all know where the next step's numbers begin.
  func forEach(_ body: (Int) -> Bool) throws(MessagePassingError) {
    guard let counter else {
      for index in teams.share(of: tasks) where !body(index) { return }
      return
    }
    var isGoingOn = true
    while teams.isIn {
      let drawn = teams.isLeader ? try counter.next() : 0
      let index = try (teams.size == 1 ? drawn : teams.communicator.broadcast(drawn)) - first
      guard index < tasks else { break }
      // After a failure the step is lost: the rest need not be computed.
      if isGoingOn { isGoingOn = body(index) }
    }
    first += tasks + teams.count
  }
}
