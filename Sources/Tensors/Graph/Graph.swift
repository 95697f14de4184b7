/// A trace: what an objective computes, as a list of nodes in which operands come before their
/// uses. Equal operations on equal operands are one node. The first mistake is kept and thrown
/// when the trace is over, so that objectives read as formulas, without `try`.
package final class Graph {
  package struct Node {
    package let operation: any Operation
    package let operands: [Int]
    package let shape: Shape
    package let stage: Stage
    let origin: Origin
  }

  private struct Key: Hashable {
    let operation: any Operation
    let operands: [Int]
    let shape: Shape

    static func == (a: Key, b: Key) -> Bool {
      a.operands == b.operands && a.shape == b.shape && a.operation.equals(b.operation)
    }

    /// Of equal operations on equal operands the shapes hardly ever differ.
    func hash(into hasher: inout Hasher) {
      operation.hash(into: &hasher)
      for operand in operands { hasher.combine(operand) }
    }
  }

  package private(set) var nodes: [Node] = []
  private var known: [Key: Int] = [:]
  private(set) var inputCount = 0
  /// The random numbers that the trace asks for, in its order; `nil` where it is not of training, and nothing is drawn.
  package var drawnInputs: [DrawnInput]?
  /// The names of parameters, by their nodes, for errors.
  var parameterNames: [Int: String] = [:]
  /// What layers keep with the trace.
  package var layerState: AnyObject?
  /// The inputs that are a task's data: set only by `Program.set`, which checks class and row numbers.
  private var dataNodes: Set<Int> = []
  /// The softmaxes whose probabilities weigh what may be infinite where they are 0, or whose logarithms are taken.
  var weighing: Set<Int> = []
  private var failure: Mistake?
  /// The calls being made, the outermost first.
  private var calls: [Call] = []
  /// Counts the outermost calls.
  private var moment = 0
  /// Lines of the user's source, each with the moment when the trace came by.
  private(set) var lines: [(moment: Int, line: SourceLine)] = []
  /// What is being differentiated: what is made comes from there.
  private var differentiated: Origin?

  struct SumKey: Hashable {
    let node: Int
    let axes: Range<Int>
  }

  struct GatherKey: Hashable {
    let node: Int
    let index: Int
  }

  /// What has been worked out before: simpler forms of sums (`nil` where there is none), and values gathered from
  /// windows.
  var simplerSums: [SumKey: Int?] = [:]
  var gathers: [GatherKey: Int] = [:]

  package init() {}

  /// A trace that about so many nodes will be appended to.
  init(capacity: Int) {
    nodes.reserveCapacity(capacity)
    known.reserveCapacity(capacity)
  }

  /// A tensor given from outside, which changes with `stage`.
  package func input(_ shape: Shape, stage: Stage) -> Tensor {
    let number = inputCount
    inputCount += 1
    let shape = possible(shape)
    nodes.append(
      Node(
        operation: Input(index: number), operands: [], shape: shape, stage: stage, origin: origin))
    return Tensor(graph: self, node: nodes.count - 1)
  }

  /// A task's data: unlike parameters they can be class or row numbers.
  package func data(_ shape: Shape) -> Tensor {
    let data = input(shape, stage: .task)
    dataNodes.insert(data.node)
    return data
  }

  /// Whether a node has numbers of a task's data alone: all of an array, or some of it.
  func isData(_ node: Int) -> Bool {
    operation(node).isChoice ? isData(operand(node)) : dataNodes.contains(node)
  }

  /// Appends a node as it is, or finds its equal; each operation's own functions simplify first.
  func append(_ operation: any Operation, _ operands: [Int], _ shape: Shape) -> Int {
    let shape = possible(shape)
    let key = Key(operation: operation, operands: operands, shape: shape)
    if let node = known[key] { return node }
    let stage = operands.map { nodes[$0].stage }.max() ?? .constant
    nodes.append(
      Node(operation: operation, operands: operands, shape: shape, stage: stage, origin: origin))
    known[key] = nodes.count - 1
    return nodes.count - 1
  }

  // MARK: Mistakes

  /// Remembers a mistake, the first one only, and gives a stand-in of a shape to go on with.
  func fail(_ code: TensorError.Code, _ what: String, _ remedy: String, _ shape: Shape) -> Int {
    failure = failure ?? Mistake(code: code, what: what, remedy: remedy, origin: origin)
    return fill(0, possible(shape))
  }

  /// Throws the first mistake of the trace.
  package func check() throws(TensorError) {
    guard let failure else { return }
    throw TensorError(
      failure.code, placing(failure.within, failure.origin) + "; \(failure.remedy)")
  }

  /// A shape, or a stand-in for one of more elements than any memory has.
  private func possible(_ shape: Shape) -> Shape {
    if shape.isPossible { return shape }
    let what = "a tensor of shape \(shape) is impossible"
    failure =
      failure
      ?? Mistake(
        code: .shape, what: what, remedy: "sizes are 0 or more, and their product below 2^47",
        origin: origin)
    return Shape(shape.sizes.map { min(max($0, 0), 1) })
  }

  // MARK: Origins

  private var origin: Origin {
    differentiated ?? Origin(calls: calls, order: 0, moment: moment)
  }

  /// Makes nodes in a call. Calls within a function's are its own business; layers show what they call.
  package func calling<Result>(_ call: Call, _ body: () throws -> Result) rethrows -> Result {
    if calls.last?.isLayer == false { return try body() }
    if calls.isEmpty {
      moment += 1
      if let line = call.line { lines.append((moment, line)) }
    }
    calls.append(call)
    defer { calls.removeLast() }
    return try body()
  }

  /// Makes nodes as part of a node's derivative.
  func differentiating<Result>(_ node: Int, _ body: () -> Result) -> Result {
    differentiated = nodes[node].origin.differentiated
    defer { differentiated = nil }
    return body()
  }

  func shape(_ node: Int) -> Shape { nodes[node].shape }
  func operation(_ node: Int) -> any Operation { nodes[node].operation }

  /// The operation of a node of a formula: what kernels do is made of these by the planner, in a graph of its own.
  func traced(_ node: Int) -> any TracedOperation {
    guard let traced = operation(node) as? any TracedOperation else {
      fatalError("not of a formula: \(operation(node))")
    }
    return traced
  }

  func operand(_ node: Int, _ index: Int = 0) -> Int { nodes[node].operands[index] }

  /// The input number of a node that is an input.
  package func inputNumber(_ tensor: Tensor) -> Int? {
    (nodes[tensor.node].operation as? Input)?.index
  }

  /// The nodes that any of `roots` needs, as a set of flags by node.
  func needed(by roots: [Int]) -> [Bool] {
    var needed = [Bool](repeating: false, count: nodes.count)
    for root in roots { needed[root] = true }
    for node in stride(from: nodes.count - 1, through: 0, by: -1) where needed[node] {
      for operand in nodes[node].operands { needed[operand] = true }
    }
    return needed
  }

  /// The nodes that depend on any of `sources`, as flags by node.
  func depending(on sources: [Int]) -> [Bool] {
    var depends = [Bool](repeating: false, count: nodes.count)
    for source in sources { depends[source] = true }
    for node in nodes.indices where !depends[node] {
      depends[node] = nodes[node].operands.contains { depends[$0] }
    }
    return depends
  }
}
