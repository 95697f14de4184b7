import BilevelOptimization
import MessagePassing
import Problems

/// The lower states that a run's tasks keep, by the tasks' identities, and the ranks that have them. A state moves to the
/// ranks that will compute its task next; who has it changes no bit. Where teams of ranks compute a task, all ranks of a team
/// have it, and the one that speaks for them is named.
final class LowerStates {
  private let communicator: any Communicator
  private let teams: RankTeams
  /// Whether every rank has every state, because any may compute any task.
  private let areEverywhere: Bool
  private let make: () throws -> LowerState
  private var states: [Int: LowerState] = [:]
  /// A rank that has each state as it is now; the same on every rank.
  private var holders: [Int: Int] = [:]

  /// No states yet; `make` makes one.
  init(
    _ communicator: any Communicator, _ teams: RankTeams, everywhere: Bool,
    _ make: @escaping () throws -> LowerState
  ) {
    (self.communicator, self.teams) = (communicator, teams)
    areEverywhere = everywhere
    self.make = make
  }

  /// Bytes of one state in memory, and the numbers that are stored of it.
  ///
  /// - Throws: `TensorError` where there is no memory for one.
  func sizes() throws -> (memory: Int, numbers: Int) {
    let one = try make()
    return (one.byteCount, one.numbers.count - LowerState.flagCount)
  }

  /// The state of a task that this rank computes.
  ///
  /// - Throws: `TensorError` where there is no memory for it.
  func state(of identity: Int) throws -> LowerState {
    if let state = states[identity] { return state }
    let state = try make()
    states[identity] = state
    return state
  }

  /// Whether this rank is in the team that another one speaks for.
  private func isWith(_ leader: Int) -> Bool {
    teams.leader(ofRank: communicator.rank) == leader
  }

  /// Notes that rank 0 has a state.
  func hold(_ identity: Int) {
    if holders[identity] != 0 { holders[identity] = 0 }
  }

  /// Notes who made the last step's tasks, and has states move to where the next step's tasks will be. Collective.
  ///
  /// - Parameters:
  ///   - made: The identities of the step's tasks, and the ranks that computed them.
  ///   - next: The identities of the next step's tasks, and the ranks whose share they are.
  /// - Throws: The same error on every rank, where there is no memory.
  func exchange(made: [Place], next: [Place]) throws {
    for (identity, rank) in made { holders[identity] = rank }
    if areEverywhere {
      for (identity, rank) in made { try spread(identity, from: rank, to: nil) }
      return
    }
    for (identity, rank) in next {
      guard let holder = holders[identity], holder != rank else { continue }
      try spread(identity, from: holder, to: rank)
      if isWith(holder) { states[identity] = nil }
      holders[identity] = rank
    }
  }

  /// All states, on rank 0; nothing on the others. Collective.
  ///
  /// - Throws: The same error on every rank, where there is no memory.
  func collect() throws -> [StoredLowerState] {
    let here = Set(states.keys)
    if !areEverywhere {
      for (identity, holder) in holders.sorted(by: { $0.key < $1.key }) where holder != 0 {
        try spread(identity, from: holder, to: 0)
      }
    }
    defer { states = states.filter { here.contains($0.key) } }
    guard communicator.isRoot else { return [] }
    return holders.keys.sorted().map { ($0, states[$0]?.vectors ?? []) }
  }

  /// The lower parameters that a task keeps, on every rank; nil where it keeps none. Collective.
  ///
  /// - Throws: The same error on every rank, where there is no memory.
  func point(of identity: Int) throws -> [Double]? {
    guard let holder = holders[identity] else { return nil }
    let own = states[identity]
    try spread(identity, from: holder, to: nil)
    defer { states[identity] = own }
    return states[identity]?.point
  }

  /// The lower parameters that tasks keep, by their identities, on rank 0; nothing on the others. Collective.
  ///
  /// - Throws: The same error on every rank, where there is no memory.
  func points() throws -> [Int: [Double]] {
    var points: [Int: [Double]] = [:]
    for identity in holders.keys.sorted() {
      let point = try point(of: identity)
      if communicator.isRoot { points[identity] = point }
    }
    return points
  }

  /// Puts stored states where the tasks of the next step will be; those of none go to rank 0.
  ///
  /// - Throws: `TensorError` where there is no memory.
  func restore(_ stored: [StoredLowerState], next: [Place]) throws {
    (states, holders) = ([:], [:])
    for (identity, vectors) in stored {
      let holder = next.first { $0.identity == identity }?.rank ?? 0
      holders[identity] = holder
      if areEverywhere || isWith(holder) {
        try state(of: identity).vectors = vectors
      }
    }
  }

  /// Gives the ranks of a team, or all, a state. Collective.
  private func spread(_ identity: Int, from holder: Int, to rank: Int?) throws {
    guard communicator.size > 1 else { return }
    let isHolder = holder == communicator.rank
    let isTaking = rank.map(isWith) ?? true
    let moved = try communicator.agreeing {
      try isHolder || isTaking ? state(of: identity) : make()
    }
    var numbers = moved.numbers
    try communicator.broadcast(&numbers, from: holder)
    if isTaking, !isHolder { moved.numbers = numbers }
  }
}

/// A task's identity and a rank.
typealias Place = (identity: Int, rank: Int)
/// A task's identity and the vectors that it keeps, by name.
public typealias StoredLowerState = (identity: Int, vectors: [(name: String, values: [Double])])
