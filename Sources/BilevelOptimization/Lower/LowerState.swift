import Tensors

/// What a task keeps from one upper step to its next: the lower parameters, the optimiser's vectors, what the method keeps,
/// and how many lower steps have been made.
package final class LowerState {
  /// The lower steps made so far; 0 before the first adaptation, which starts anew.
  package private(set) var steps = 0
  /// Whether there is a point to go on from.
  private var isBegun = false
  /// Whether the method has kept its vectors: not before its first hypergradient, and not where another method made the last.
  private var hasMethodVectors = false
  /// What is as long as the lower parameters, and what is as long as the upper ones.
  private let store, upperStore: VectorStore
  private let optimizerVectors: Int
  /// All vectors' names, and where they are.
  private let names: [String]
  private let vectorsByName: [Elements]
  /// How many of them are the point and the optimiser's; the method's follow.
  private let ownCount: Int
  /// Those of the method.
  private let methodVectors: [Elements]
  /// Whether adaptations go on from the point; otherwise only what the method keeps is kept.
  private let keepsPoint: Bool

  private static let counters = "counters"
  /// How many of ``numbers`` say what there is, and are in no file.
  package static let flagCount = 2

  /// A state of nothing yet.
  ///
  /// - Parameters:
  ///   - count: The lower parameters.
  ///   - precision: Their precision.
  ///   - optimizer: The lower optimiser.
  ///   - vectors: What the method keeps.
  ///   - upperCount: The upper parameters.
  ///   - keepsPoint: Whether the lower parameters and the optimiser's state are kept.
  /// - Throws: `TensorError` where there is no memory for it.
  package init(
    count: Int, _ precision: Precision, optimizer: any LowerOptimizer, method vectors: [KeptVector],
    upperCount: Int = 0, keepsPoint: Bool = true
  ) throws(TensorError) {
    let kind = type(of: optimizer)
    optimizerVectors = keepsPoint && kind.keepsState ? kind.stateVectors : 0
    let own = (keepsPoint ? ["w"] : []) + (0..<optimizerVectors).map { "\(kind).\($0)" }
    names = own + vectors.map(\.name)
    self.keepsPoint = keepsPoint
    let upper = vectors.count { $0.level == .upper }
    store = try VectorStore(
      vectors: names.count - upper, count: count, precision,
      for: "the lower states that tasks keep")
    upperStore = try VectorStore(
      vectors: upper, count: upperCount, precision, for: "the lower states that tasks keep")
    var (places, next) = (
      (0..<own.count).map { [store] in store[$0] }, (lower: own.count, upper: 0)
    )
    for vector in vectors {
      switch vector.level {
      case .lower:
        places.append(store[next.lower])
        next.lower += 1
      case .upper:
        places.append(upperStore[next.upper])
        next.upper += 1
      }
    }
    vectorsByName = places
    ownCount = own.count
    methodVectors = Array(places[ownCount...])
  }

  /// Whether an adaptation goes on from it.
  var hasPoint: Bool { isBegun && keepsPoint }

  /// The lower parameters, where they are kept and there are any.
  package var point: [Double]? { hasPoint ? store[0].values : nil }

  /// Bytes of memory.
  package var byteCount: Int { store.byteCount + upperStore.byteCount }

  /// One of the vectors that the method keeps; nil before it has kept any.
  func keptVector(_ index: Int) -> Elements? {
    hasMethodVectors ? methodVectors[index] : nil
  }

  /// Where one of the vectors is that the method keeps.
  func methodVector(_ index: Int) -> Elements { methodVectors[index] }

  /// Keeps what the method wants to find in the next upper step.
  func keep(_ vector: Elements, at index: Int) {
    methodVectors[index].copy(from: vector)
    hasMethodVectors = true
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
      let kept = hasMethodVectors ? names.count : ownCount
      return [(Self.counters, counterValues)]
        + zip(names, vectorsByName).prefix(kept).map { ($0, $1.values) }
    }
    set {
      var found: Set<Int> = []
      for (name, values) in newValue {
        if name == Self.counters { counterValues = values }
        guard let index = names.firstIndex(of: name), values.count == vectorsByName[index].count
        else { continue }
        vectorsByName[index].set(values)
        found.insert(index)
      }
      isBegun = keepsPoint ? found.contains(0) : !newValue.isEmpty
      hasMethodVectors = (ownCount..<names.count).allSatisfy(found.contains)
      if !(0..<ownCount).allSatisfy(found.contains) { steps = 0 }
    }
  }

  /// The same as one list, of a length that is always the same: for messages.
  package var numbers: [Double] {
    get {
      [isBegun ? 1 : 0, hasMethodVectors ? 1 : 0] + counterValues
        + vectorsByName.flatMap(\.values)
    }
    set {
      let first = Self.flagCount + counterValues.count
      (isBegun, hasMethodVectors) = (newValue[0] == 1, newValue[1] == 1)
      counterValues = Array(newValue[Self.flagCount..<first])
      var start = first
      for vector in vectorsByName {
        vector.set(Array(newValue[start..<start + vector.count]))
        start += vector.count
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

/// A vector that a task keeps for a method.
package struct KeptVector: Sendable, Hashable, ExpressibleByStringLiteral {
  /// What it is as long as.
  package enum Level: Sendable, Hashable {
    /// The lower parameters.
    case lower
    /// The upper parameters.
    case upper
  }

  /// Its name in files, which stays.
  package let name: String
  /// What it is as long as.
  package let level: Level

  /// A vector.
  package init(_ name: String, _ level: Level) {
    self.name = name
    self.level = level
  }

  /// One as long as the lower parameters.
  package init(stringLiteral name: String) { self.init(name, .lower) }
}
