import CKernels

/// A planned graph: lists of kernel calls over one arena. Planning allocates; running does not.
///
/// Set the inputs, run the lists in the order of their stages, read the roots. A list may be run again when
/// inputs of its stage, and none of an earlier one, have changed.
package final class Program {
  package let precision: Precision
  private let tables: CodeTables
  private let arena: Memory
  /// The kernels' scratch memory.
  private let workspace: Memory
  /// The inputs' shapes, and where they are.
  private let shapes: [Shape]
  private let places: [Elements]
  /// The number of each node that is an input.
  private let inputNumbers: [Int?]
  /// All lists' roots, those of one list after another's, and where each list's begin.
  private let roots: [Elements]
  private let firstRoots: [Int]
  private let bounds: [InputIndex]
  /// What each input was last set from: kept alive, so that data at the same place are the same data.
  private var sources: [DataArray?]
  private var hasSource: [Bool]
  /// What each input's rows were last taken from, found to be in its bounds.
  private var rowSources: [RowSource?]
  private let algebra: VectorAlgebra
  private let audit: ArenaAudit?

  /// Plans a graph.
  ///
  /// - Parameters:
  ///   - graph: The trace.
  ///   - requests: What the lists compute.
  ///   - precision: The arithmetic.
  ///   - set: The instruction set.
  ///   - name: What errors call it: "lower objective".
  ///   - optimisations: What the planner may do.
  ///   - isAudited: Whether every kernel call's reads and writes are audited: for tests.
  /// - Throws: ``TensorError``: the first mistake of the trace, kernels that this processor lacks, or memory that is not
  ///   to be had.
  package init(
    _ graph: Graph, _ requests: [ListRequest], _ precision: Precision, _ set: KernelSet,
    for name: String = "formula", optimisations: Optimisations = .all, isAudited: Bool = false
  ) throws(TensorError) {
    try graph.check()
    let planner = Planner(graph, requests, optimisations, isAudited: isAudited)
    self.precision = precision
    tables = CodeTables(planner.code, precision, try set.kernels(precision), optimisations)
    let arena = try Memory(
      planner.storage.arenaCount, of: precision.byteCount, for: "the arena of the \(name)'s plan")
    self.arena = arena
    workspace = try Memory(
      tables.workspaceCount, of: precision.byteCount,
      for: "the kernels' scratch memory of the \(name)'s plan")
    audit =
      isAudited
      ? try ArenaAudit(
        tables, arena, workspace, keptCount: planner.storage.keptCount, precision) : nil
    func elements(_ shape: Shape, _ offset: Int) -> Elements {
      Elements(
        base: arena.base + offset * precision.byteCount, count: shape.count, precision: precision)
    }
    shapes = graph.inputNodes.map { graph.shape($0) }
    places = graph.inputNodes.map { elements(graph.shape($0), planner.offset(ofInput: $0) ?? 0) }
    var numbers = [Int?](repeating: nil, count: graph.nodes.count)
    for (number, node) in graph.inputNodes.enumerated() { numbers[node] = number }
    inputNumbers = numbers
    roots = requests.enumerated().flatMap { request, content in
      content.roots.enumerated().map { root, tensor in
        elements(tensor.shape, planner.offset(ofRoot: root, of: request))
      }
    }
    firstRoots = requests.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.roots.count) }
    bounds = graph.indexBounds
    sources = [DataArray?](repeating: nil, count: shapes.count)
    rowSources = [RowSource?](repeating: nil, count: shapes.count)
    hasSource = [Bool](repeating: false, count: shapes.count)
    algebra = try VectorAlgebra(precision, set)
    for (place, values) in planner.constants {
      elements([values.count], planner.offset(place)).set(values)
    }
    for reach in bounds.compactMap(\.use.reach) where reach > precision.largestExactInteger {
      throw TensorError(
        .range,
        "\(name): \(precision.rawValue) precision holds places up to \(precision.largestExactInteger), and "
          + "elements of \(reach) are chosen from; use precision double")
    }
  }

  /// Bytes that the arena of a graph would take, without taking them.
  ///
  /// - Throws: ``TensorError``: the first mistake of the trace.
  package static func arenaByteCount(
    _ graph: Graph, _ requests: [ListRequest], _ precision: Precision,
    optimisations: Optimisations = .all
  ) throws(TensorError) -> Int {
    try graph.check()
    return Planner(graph, requests, optimisations).storage.arenaCount * precision.byteCount
  }

  /// Runs one list.
  package func run(_ list: Int) {
    if let audit { return audit.run(list) }
    tables.run(list, arena.base, scratch: workspace.base)
  }

  /// What an audit found: reads and writes beyond a kernel call's own operands and results.
  package var findings: [String] { audit?.findings ?? [] }

  /// An input's elements, to be set; they stay where they are. Ask again before setting an input that was last set from
  /// data.
  package func input(_ tensor: Tensor) -> Elements { input(number(of: tensor)) }

  private func input(_ number: Int) -> Elements {
    if hasSource[number] {
      sources[number] = nil
      hasSource[number] = false
    }
    return places[number]
  }

  /// A root's elements, after its list has run.
  package func root(_ index: Int, of list: Int) -> Elements {
    roots[firstRoots[list] + index]
  }

  /// Sets an input from data; the data that it was last set from are neither checked nor copied again.
  ///
  /// - Throws: ``TensorError`` where the shape is not the traced one, or a value that is used as class or row
  ///   number is out of range, or above what the precision holds exactly.
  package func set(
    _ tensor: Tensor, _ data: DataArray, named name: @autoclosure () -> String
  ) throws(TensorError) {
    try set(number(of: tensor), data, named: name())
  }

  /// The same for an input by its number; with rows, it is set from these of the data, which are copied each time. Of data
  /// whose rows are taken again and again, class and row numbers are checked once, in all rows.
  ///
  /// - Throws: As ``set(_:_:named:)-(Tensor,_,_)``.
  package func set(
    _ number: Int, _ data: DataArray, rows: RowNumbers? = nil, named name: @autoclosure () -> String
  ) throws(TensorError) {
    guard let rows, data.rowCount > 0 else { return try set(number, whole: data, name()) }
    let source: RowSource
    if let known = rowSources[number], known.isOf(data, count: rows.count) {
      source = known
    } else {
      try checkShape(data, rows, of: number, name())
      source = RowSource(data, count: rows.count, for: precision)
      if !needsOrder(number) { try check(data, of: number, name()) }
      rowSources[number] = source
    }
    if !bounds.isEmpty, needsOrder(number) { try check(data.rows(rows), of: number, name()) }
    if let next = source.take(rows, to: input(number), algebra) { tables.fetch(next) }
  }

  private func set(
    _ number: Int, whole data: DataArray, _ name: @autoclosure () -> String
  ) throws(TensorError) {
    try checkShape(data, nil, of: number, name())
    if let source = sources[number], source.isStored(with: data) { return }
    try check(data, of: number, name())
    data.write(to: input(number))
    (sources[number], hasSource[number]) = (data, true)
  }

  private func checkShape(
    _ data: DataArray, _ rows: RowNumbers?, of number: Int, _ name: @autoclosure () -> String
  ) throws(TensorError) {
    guard data.shape.fits(shapes[number], rows: rows?.count) else {
      throw TensorError(
        .shape,
        "\(name()): shape \(data.shape), but the objective was traced with \(shapes[number])")
    }
  }

  /// Whether an input's numbers have to rise, so that some of the rows may be good where all are not, or the other way
  /// round.
  private func needsOrder(_ number: Int) -> Bool {
    bounds.contains { $0.input == number && $0.use.isRising }
  }

  private func check(
    _ data: DataArray, of number: Int, _ name: @autoclosure () -> String
  ) throws(TensorError) {
    for bound in bounds where bound.input == number {
      try data.checkIndices(bound, in: precision, named: name())
    }
  }

  /// Computes roots again, node by node, with the inputs as they are set, and finds what first made a number in them that
  /// is not finite.
  ///
  /// - Parameters:
  ///   - roots: Roots of this program's lists.
  ///   - graph: The trace that the program was made from.
  /// - Returns: The origin; `nil` where the numbers, computed so, are finite.
  /// - Throws: ``TensorError`` of code `memory`.
  package func originOfNonFinite(
    in roots: [Tensor], of graph: Graph
  ) throws(TensorError) -> NonFiniteOrigin? {
    try NonFiniteOrigin.find(roots, graph, precision) { number in
      places[number].values
    }
  }

  /// Bytes of the arena and the kernels' scratch memory.
  package var byteCount: Int { arena.byteCount + workspace.byteCount }

  /// The number of kernel calls in a list.
  package func instructionCount(_ list: Int) -> Int { tables.instructionCount(list) }

  /// An input's number.
  package func number(of input: Tensor) -> Int {
    guard let number = inputNumbers[input.node] else { fatalError("not an input of the trace") }
    return number
  }
}

extension Graph {
  /// The input nodes by their numbers.
  var inputNodes: [Int] {
    nodes.indices.filter { operation($0) is Input }
  }
}
