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
  private let readers: [[Int]]
  /// The rows' sums of matrices, and the means of rows under probabilities, that were asked for: formulas share parts.
  private var rowSums: [Int: RowSums?] = [:]
  private var means: [Factors: RowSums?] = [:]
  private var rows: [Int: KernelProduct.Rows] = [:]

  private struct Factors: Hashable {
    let a: Int
    let b: Int
  }

  /// With more classes, one matters little.
  static let mostClasses = 16

  init(_ graph: Graph, readers: [[Int]], roots: [Int]) {
    self.graph = graph
    self.readers = readers
    self.roots = Set(roots)
    for node in graph.nodes.indices where isSumOfRows(node) {
      let product = graph.operand(node)
      guard graph.isBinary(product, .multiply) else { continue }
      sums[Factors(a: graph.operand(product), b: graph.operand(product, 1))] = node
    }
  }

  private func isSumOfRows(_ node: Int) -> Bool {
    (graph.operation(node) as? Sum)?.axes == 1..<2
  }

  /// What is known of the rows of a product.
  func rows(of product: Int) -> KernelProduct.Rows {
    if let known = rows[product] { return known }
    let rows = findRows(of: product)
    self.rows[product] = rows
    return rows
  }

  private func findRows(of product: Int) -> KernelProduct.Rows {
    guard let transposeB = (graph.operation(product) as? Product)?.transposeB,
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
    graph.operation(node) is Softmax || graph.operation(node) is OneHot
  }

  /// The one number a row that a node repeats along the classes, perhaps a multiple of another node.
  private func rowNumber(_ node: Int) -> (node: Int, factor: Double)? {
    guard graph.isSpread(node, 1..<2) else { return nil }
    var (number, factor) = (graph.operand(node), 1.0)
    while let scale = graph.factor(number) {
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
    if let factor = graph.factor(node) { return sums(of: graph.operand(node)).map { factor * $0 } }
    guard let function = (graph.operation(node) as? Binary)?.function else { return nil }
    let (a, b) = (graph.operand(node), graph.operand(node, 1))
    switch function {
    case .add, .subtract:
      guard let ofA = sums(of: a), let ofB = sums(of: b) else { return nil }
      return ofA + (function == .add ? 1.0 : -1.0) * ofB
    case .multiply:
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
    if graph.isBinary(x, .subtract) {
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
    case is Scale, is Binary, is Sum, is Spread, is Softmax, is LogSumExp: true
    default: false
    }
  }

  /// The response of a node with some that respond among its operands; `nil` where it is none of these.
  private func response(of node: Int, _ operands: [Response?]) -> Response? {
    switch (graph.operation(node), operands[0]) {
    case (let scaled as Scale, let a?): combined(a, nil, scaled.factor, 0)
    case (let binary as Binary, _): response(of: binary.function, node, operands[0], operands[1])
    case (let sum as Sum, .weighted(_, let a)?) where sum.axes == 1..<2: .one(a)
    case (let repeated as Spread, .one(let a)?) where repeated.axes == 1..<2: .all(a)
    case (is Softmax, .all?): .all(0)
    case (is LogSumExp, .all(let a)?): .one(a)
    default: nil
    }
  }

  private func response(
    of function: BinaryFunction, _ node: Int, _ a: Response?, _ b: Response?
  ) -> Response? {
    let (x, y) = (graph.operand(node), graph.operand(node, 1))
    switch (function, a, b) {
    case (.add, _, _): return combined(a, b, 1, 1)
    case (.subtract, _, _): return combined(a, b, 1, -1)
    case (.multiply, .all(let a)?, nil): return isDistribution(y) ? .weighted(by: y, a) : nil
    case (.multiply, nil, .all(let b)?): return isDistribution(x) ? .weighted(by: x, b) : nil
    // Chosen by a label: weighted by 1.
    case (.mask, .all(let a)?, nil):
      return graph.operation(y) is OneHot ? .weighted(by: y, a) : nil
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
