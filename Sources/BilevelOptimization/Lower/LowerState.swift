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
  /// All vectors' names, in the store's order.
  private let names: [String]
  /// Whether adaptations go on from the point; otherwise only what the method keeps is kept.
  private let keepsPoint: Bool

  private static let counters = "counters"

  /// A state of nothing yet.
  ///
  /// - Parameters:
  ///   - count: The lower parameters.
  ///   - precision: Their precision.
  ///   - optimizer: The lower optimiser.
  ///   - vectors: The names of what the method keeps.
  ///   - keepsPoint: Whether the lower parameters and the optimiser's state are kept.
  /// - Throws: `TensorError` where there is no memory for it.
  package init(
    count: Int, _ precision: Precision, optimizer: any LowerOptimizer, method vectors: [String],
    keepsPoint: Bool = true
  ) throws(TensorError) {
    let kind = type(of: optimizer)
    optimizerVectors = keepsPoint && kind.keepsState ? kind.stateVectors : 0
    names =
      (keepsPoint ? ["w"] : []) + (0..<optimizerVectors).map { "\(kind).\($0)" } + vectors
    self.keepsPoint = keepsPoint
    store = try VectorStore(
      vectors: names.count, count: count, precision, for: "the lower states that tasks keep")
  }

  /// Whether an adaptation goes on from it.
  var hasPoint: Bool { isBegun && keepsPoint }

  /// Bytes of memory.
  package var byteCount: Int { store.byteCount }

  /// One of the vectors that the method keeps.
  func methodVector(_ index: Int) -> Elements {
    store[(keepsPoint ? 1 : 0) + optimizerVectors + index]
  }

  /// Sets a point and an optimiser's state to what was kept.
  func load(into point: Elements, _ optimizer: VectorStore) {
    point.copy(from: store[0])
    for index in 0..<optimizerVectors { optimizer[index].copy(from: store[1 + index]) }
    if optimizerVectors > 0 { optimizer.scalars = store.scalars }
  }

  /// Keeps a point and an optimiser's state, after so many steps more.
  func keep(_ point: Elements, _ optimizer: VectorStore, steps made: Int) {
    isBegun = true
    guard keepsPoint else { return }
    store[0].copy(from: point)
    for index in 0..<optimizerVectors { store[1 + index].copy(from: optimizer[index]) }
    if optimizerVectors > 0 { store.scalars = optimizer.scalars }
    steps += made
  }

  /// All of it as numbers, by name, for files; nothing before it is begun. What is set and not known, or of another length,
  /// is left out; an optimiser whose vectors are missing starts anew.
  package var vectors: [(name: String, values: [Double])] {
    get {
      guard isBegun else { return [] }
      return [(Self.counters, counterValues)] + names.enumerated().map { ($1, store[$0].values) }
    }
    set {
      let found = Set(newValue.map(\.name))
      isBegun = !found.isEmpty && (!keepsPoint || found.contains(names[0]))
      for (name, values) in newValue {
        if name == Self.counters { counterValues = values }
        guard let index = names.firstIndex(of: name), values.count == store[index].count else {
          continue
        }
        store[index].set(values)
      }
      if !names.allSatisfy(found.contains) { steps = 0 }
    }
  }

  /// The same as one list, of a length that is always the same: for messages.
  package var numbers: [Double] {
    get {
      [isBegun ? 1 : 0] + counterValues + names.indices.flatMap { store[$0].values }
    }
    set {
      let first = 1 + counterValues.count
      isBegun = newValue[0] == 1
      counterValues = Array(newValue[1..<first])
      for index in names.indices {
        let start = first + index * store[index].count
        store[index].set(Array(newValue[start..<start + store[index].count]))
      }
    }
  }

  /// The steps, and the optimiser's numbers beside its vectors.
  private var counterValues: [Double] {
    get { [Double(steps)] + store.scalars }
    set {
      guard newValue.count == 1 + store.scalars.count else { return }
      steps = Int(exactly: newValue[0]) ?? 0
      store.scalars = Array(newValue.dropFirst())
    }
  }
}
