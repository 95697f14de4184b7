/// What is known of the rows of a product, one column a class, so that its kernel can leave one class out.
///
/// Scores of a softmax classifier count up to a number added to a whole row: the last class's can be 0. What comes back
/// through it, probabilities less labels and their tangents, adds up to 0 in every row, and so does a product with it.
/// Both are found in the graph: the first by following what a number added to a row does to everything after it, the
/// second by keeping account of the rows' sums.
final class ClassRows {
  private let graph: Graph
  private let roots: Set<Int>
  /// The sum over classes of a product element by element, by its factors.
  private var sums: [Factors: Int] = [:]
  /// The needed nodes that read a node.
  private var readers: [[Int]]
  /// The rows' sums of matrices, and the means of rows under probabilities, that were asked for: formulas share parts.
  private var rowSums: [Int: RowSums?] = [:]
  private var means: [Factors: RowSums?] = [:]
  private var rows: [Int: Operation.Rows] = [:]

  private struct Factors: Hashable {
    let a: Int
    let b: Int
  }

  /// With more classes, one matters little.
  static let mostClasses = 16

  init(_ graph: Graph, needed: [Bool], roots: [Int]) {
    self.graph = graph
    self.roots = Set(roots)
    readers = [[Int]](repeating: [], count: graph.nodes.count)
    for node in graph.nodes.indices where graph.operation(node) == .sum(1..<2) {
      let product = graph.operand(node)
      guard case .binary(.multiply) = graph.operation(product) else { continue }
      sums[Factors(a: graph.operand(product), b: graph.operand(product, 1))] = node
    }
    for node in needed.indices where needed[node] {
      for operand in graph.nodes[node].operands where readers[operand].last != node {
        readers[operand].append(node)
      }
    }
  }

  /// What is known of the rows of a product.
  func rows(of product: Int) -> Operation.Rows {
    if let known = rows[product] { return known }
    let rows = findRows(of: product)
    self.rows[product] = rows
    return rows
  }

  private func findRows(of product: Int) -> Operation.Rows {
    guard case .product(_, let transposeB) = graph.operation(product),
      2...Self.mostClasses ~= graph.shape(product)[1]
    else { return .any }
    if !transposeB, sums(of: graph.operand(product, 1)) == RowSums() { return .balanced }
    return isShiftable(product) ? .shifted : .any
  }

  // MARK: Sums

  /// A combination of vectors of one number a row: coefficients of nodes, and of 1. All zero is left out.
  private struct RowSums: Equatable {
    var ones = 0.0
    var nodes: [Int: Double] = [:]

    static func + (a: RowSums, b: RowSums) -> RowSums {
      var sum = a
      sum.ones += b.ones
      for (node, coefficient) in b.nodes {
        let total = (a.nodes[node] ?? 0) + coefficient
        sum.nodes[node] = total == 0 ? nil : total
      }
      return sum
    }

    static func * (factor: Double, a: RowSums) -> RowSums {
      RowSums(ones: factor * a.ones, nodes: a.nodes.mapValues { factor * $0 })
    }
  }

  /// Whether a node's rows are probabilities: they add up to 1.
  private func isDistribution(_ node: Int) -> Bool {
    switch graph.operation(node) {
    case .softmax, .oneHot: true
    default: false
    }
  }

  /// The one number a row that a node repeats along the classes, perhaps a multiple of another node.
  private func rowNumber(_ node: Int) -> (node: Int, factor: Double)? {
    guard graph.operation(node) == .spread(1..<2) else { return nil }
    var (number, factor) = (graph.operand(node), 1.0)
    while case .scale(let scale) = graph.operation(number) {
      (number, factor) = (graph.operand(number), factor * scale)
    }
    return (number, factor)
  }

  /// The sums of a matrix's rows; `nil` where they are not known.
  private func sums(of node: Int) -> RowSums? {
    if let known = rowSums[node] { return known }
    let sums = findSums(of: node)
    rowSums[node] = .some(sums)
    return sums
  }

  private func findSums(of node: Int) -> RowSums? {
    guard graph.shape(node).rank == 2 else { return nil }
    if isDistribution(node) { return RowSums(ones: 1) }
    switch graph.operation(node) {
    case .scale(let factor):
      return sums(of: graph.operand(node)).map { factor * $0 }
    case .binary(let function) where function == .add || function == .subtract:
      guard let a = sums(of: graph.operand(node)), let b = sums(of: graph.operand(node, 1))
      else { return nil }
      return a + (function == .add ? 1.0 : -1.0) * b
    case .binary(.multiply):
      let (a, b) = (graph.operand(node), graph.operand(node, 1))
      return sums(of: a, times: b) ?? sums(of: b, times: a)
    default: return nil
    }
  }

  /// The sums of the rows of a x: of probabilities times anything, or of a matrix times one number a row.
  private func sums(of a: Int, times x: Int) -> RowSums? {
    if isDistribution(a), let mean = mean(x, under: a) { return mean }
    guard let number = rowNumber(x), let sums = sums(of: a) else { return nil }
    if sums == RowSums() { return sums }
    return sums.nodes.isEmpty ? RowSums(nodes: [number.node: number.factor * sums.ones]) : nil
  }

  /// The means of the rows of x under probabilities.
  private func mean(_ x: Int, under p: Int) -> RowSums? {
    if let known = means[Factors(a: x, b: p)] { return known }
    let mean = findMean(x, under: p)
    means[Factors(a: x, b: p)] = .some(mean)
    return mean
  }

  private func findMean(_ x: Int, under p: Int) -> RowSums? {
    if let number = rowNumber(x) { return RowSums(nodes: [number.node: number.factor]) }
    if case .binary(.subtract) = graph.operation(x) {
      guard let a = mean(graph.operand(x), under: p), let b = mean(graph.operand(x, 1), under: p)
      else { return nil }
      return a + (-1) * b
    }
    return sums[Factors(a: min(p, x), b: max(p, x))].map { RowSums(nodes: [$0: 1]) }
  }

  // MARK: Shifts

  /// What becomes of a node when a number is added to a row of the scores.
  private enum Response: Equatable {
    /// So many times that number is added to each element of the row, or to the row's one number.
    case all(Double), one(Double)
    /// So many times that number times the row's probabilities is added.
    case weighted(by: Int, Double)
  }

  /// Whether adding a number to each row of a node changes nothing in the end.
  private func isShiftable(_ scores: Int) -> Bool {
    guard !roots.contains(scores), readers[scores].allSatisfy(mayRespond) else { return false }
    var responses: [Int: Response] = [scores: .all(1)]
    // What responds is followed in the order of nodes: all operands come before.
    var waiting = readers[scores].reversed() as [Int]
    while let node = waiting.popLast() {
      guard
        let response = response(of: node, graph.nodes[node].operands.map { responses[$0] })
      else { return false }
      if response == .all(0) || response == .one(0) { continue }
      if roots.contains(node) { return false }
      responses[node] = response
      for reader in readers[node] where !waiting.contains(reader) {
        waiting.insert(reader, at: waiting.firstIndex { $0 < reader } ?? waiting.count)
      }
    }
    return true
  }

  /// Whether there are operands to which a node has a response.
  private func mayRespond(_ node: Int) -> Bool {
    switch graph.operation(node) {
    case .scale, .binary, .sum, .spread, .softmax, .logSumExp: true
    default: false
    }
  }

  /// The response of a node with some that respond among its operands; `nil` where it is none of these.
  private func response(of node: Int, _ operands: [Response?]) -> Response? {
    switch (graph.operation(node), operands[0]) {
    case (.scale(let factor), let a?): return combined(a, nil, factor, 0)
    case (.binary(.add), let a): return combined(a, operands[1], 1, 1)
    case (.binary(.subtract), let a): return combined(a, operands[1], 1, -1)
    case (.binary(.multiply), .all(let a)?) where operands[1] == nil:
      let p = graph.operand(node, 1)
      return isDistribution(p) ? .weighted(by: p, a) : nil
    case (.binary(.multiply), nil):
      let p = graph.operand(node)
      guard case .all(let b)? = operands[1], isDistribution(p) else { return nil }
      return .weighted(by: p, b)
    case (.binary(.mask), .all(let a)?) where operands[1] == nil:
      // Chosen by a label: weighted by 1.
      let p = graph.operand(node, 1)
      return graph.operation(p) == .oneHot ? .weighted(by: p, a) : nil
    case (.sum(1..<2), .weighted(_, let a)?): return .one(a)
    case (.spread(1..<2), .one(let a)?): return .all(a)
    case (.softmax, .all?): return .all(0)
    case (.logSumExp, .all(let a)?): return .one(a)
    default: return nil
    }
  }

  /// The response of a sum of multiples of two operands of which one may not respond.
  private func combined(_ a: Response?, _ b: Response?, _ m: Double, _ n: Double) -> Response? {
    switch (a, b) {
    case (.all(let a)?, .all(let b)?): .all(m * a + n * b)
    case (.all(let a)?, nil): .all(m * a)
    case (nil, .all(let b)?): .all(n * b)
    case (.one(let a)?, .one(let b)?): .one(m * a + n * b)
    case (.one(let a)?, nil): .one(m * a)
    case (nil, .one(let b)?): .one(n * b)
    case (.weighted(let p, let a)?, nil): .weighted(by: p, m * a)
    case (nil, .weighted(let p, let b)?): .weighted(by: p, n * b)
    default: nil
    }
  }
}
