import Tensors

/// What a task keeps from one upper step to its next: the lower parameters, the optimiser's vectors, what the method keeps,
/// and how many lower steps have been made.
package final class LowerState {
  /// The lower steps made so far; 0 before the first adaptation, which starts anew.
  package private(set) var steps = 0
  /// Whether there is anything to go on from.
  package private(set) var isBegun = false
  private let store: VectorStore
  private let optimizerVectors: Int
  private let methodVectors: [String]

  private static let point = "w"
  private static let counters = "counters"

  /// A state of nothing yet.
  ///
  /// - Throws: `TensorError` where there is no memory for it.
  package init(
    count: Int, _ precision: Precision, optimizer: any LowerOptimizer, method vectors: [String]
  ) throws(TensorError) {
    optimizerVectors = type(of: optimizer).keepsState ? type(of: optimizer).stateVectors : 0
    methodVectors = vectors
    store = try VectorStore(
      vectors: 1 + optimizerVectors + vectors.count, count: count, precision,
      for: "the lower states that tasks keep")
  }

  /// Bytes of memory.
  package var byteCount: Int { store.byteCount }

  /// One of the vectors that the method keeps.
  func methodVector(_ index: Int) -> Elements { store[1 + optimizerVectors + index] }

  /// Sets a point and an optimiser's state to what was kept.
  func load(into point: Elements, _ optimizer: VectorStore) {
    point.copy(from: store[0])
    for index in 0..<optimizerVectors { optimizer[index].copy(from: store[1 + index]) }
    if optimizerVectors > 0 { optimizer.scalars = store.scalars }
  }

  /// Keeps a point and an optimiser's state.
  func keep(_ point: Elements, _ optimizer: VectorStore, steps made: Int) {
    store[0].copy(from: point)
    for index in 0..<optimizerVectors { store[1 + index].copy(from: optimizer[index]) }
    if optimizerVectors > 0 { store.scalars = optimizer.scalars }
    steps += made
    isBegun = true
  }

  /// All of it as numbers, by name: for files and messages.
  package var vectors: [(name: String, values: [Double])] {
    get {
      guard isBegun else { return [] }
      return names.enumerated().map { ($1, store[$0].values) }
        + [(Self.counters, [Double(steps)] + store.scalars)]
    }
    set {
      for (name, values) in newValue {
        if let index = names.firstIndex(of: name), values.count == store[index].count {
          store[index].set(values)
        } else if name == Self.counters, values.count == 1 + store.scalars.count {
          steps = Int(values[0])
          store.scalars = Array(values.dropFirst())
        }
      }
      isBegun = newValue.contains { $0.name == Self.point }
    }
  }

  private var names: [String] {
    [Self.point] + (0..<optimizerVectors).map { "optimizer.\($0)" } + methodVectors
  }
}
