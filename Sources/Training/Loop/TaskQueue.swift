import MessagePassing
import Problems

/// Hands this rank its tasks of a step. Who computes a task changes no bit of the step, because the sum over tasks is exact.
final class TaskQueue {
  private let tasks: Int
  private let rank: Int
  private let size: Int
  private let counter: (any SharedCounter)?
  /// What the counter gives for the present step's task 0.
  private var first = 0

  /// The tasks of a rank. Collective.
  init(
    _ schedule: TaskSchedule, tasks: Int, _ communicator: any Communicator
  ) throws(MessagePassingError) {
    self.tasks = tasks
    rank = communicator.rank
    size = communicator.size
    counter = schedule == .dynamic ? try communicator.counter() : nil
  }

  /// Calls `body` for each task of this rank, until it gives false. With a counter the other ranks get what is left, and
  /// every rank draws one number beyond the tasks, so that all know where the next step's numbers begin.
  func forEach(_ body: (Int) -> Bool) throws(MessagePassingError) {
    guard let counter else {
      for index in TaskAssignment.tasks(tasks, ofRank: rank, of: size) where !body(index) { return }
      return
    }
    var isGoingOn = true
    while true {
      let index = try counter.next() - first
      guard index < tasks else { break }
      // After a failure the step is lost: the rest need not be computed.
      if isGoingOn { isGoingOn = body(index) }
    }
    first += tasks + size
  }
}
