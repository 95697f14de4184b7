/// A trace: what an objective computes, as a list of nodes in which operands come before their
/// uses. Equal operations on equal operands are one node. The first mistake is kept and thrown
/// when the trace is over, so that objectives read as formulas, without `try`.
package final class Graph {
  package struct Node {
    package let operation: Operation
    package let operands: [Int]
    package let shape: Shape
    package let stage: Stage
    let source: SourceLine?
  }

  private struct Key: Hashable {
    package let operation: Operation
    package let operands: [Int]
    package let shape: Shape
  }

  package private(set) var nodes: [Node] = []
  private var known: [Key: Int] = [:]
  private(set) var inputCount = 0
  /// The inputs that are a task's data: set only by `Program.set`, which checks class and row numbers.
  private var dataNodes: Set<Int> = []
  private(set) var failure: TensorError?

  struct Sum: Hashable {
    let node: Int
    let axes: Range<Int>
  }

  struct Gather: Hashable {
    let node: Int
    let index: Int
  }

  /// What `Graph+Algebra` has worked out: simpler forms of sums (`nil` where there is none), and values gathered from
  /// windows.
  var simplerSums: [Sum: Int?] = [:]
  var gathers: [Gather: Int] = [:]

  package init() {}

  /// A tensor given from outside, which changes with `stage`.
  package func input(_ shape: Shape, stage: Stage) -> Tensor {
    let number = inputCount
    inputCount += 1
    nodes.append(
      Node(operation: .input(number), operands: [], shape: shape, stage: stage, source: nil))
    return Tensor(graph: self, node: nodes.count - 1)
  }

  /// A task's data: unlike parameters they can be class or row numbers.
  package func data(_ shape: Shape) -> Tensor {
    let data = input(shape, stage: .task)
    dataNodes.insert(data.node)
    return data
  }

  func isData(_ tensor: Tensor) -> Bool { dataNodes.contains(tensor.node) }

  /// Appends a node as it is, or finds its equal; `Graph+Algebra` simplifies first.
  func append(
    _ operation: Operation, _ operands: [Int], _ shape: Shape, source: SourceLine? = nil
  ) -> Int {
    let key = Key(operation: operation, operands: operands, shape: shape)
    if let node = known[key] { return node }
    let stage = operands.map { nodes[$0].stage }.max() ?? .constant
    nodes.append(
      Node(operation: operation, operands: operands, shape: shape, stage: stage, source: source))
    known[key] = nodes.count - 1
    return nodes.count - 1
  }

  /// Remembers a mistake, the first one only, and gives a stand-in of a shape to go on with.
  func fail(_ error: TensorError, _ shape: Shape) -> Int {
    if failure == nil { failure = error }
    return fill(0, shape)
  }

  /// Throws the first mistake of the trace.
  package func check() throws(TensorError) {
    if let failure { throw failure }
  }

  func shape(_ node: Int) -> Shape { nodes[node].shape }
  func operation(_ node: Int) -> Operation { nodes[node].operation }
  func operand(_ node: Int, _ index: Int = 0) -> Int { nodes[node].operands[index] }

  /// The input number of a node that is an input.
  package func inputNumber(_ tensor: Tensor) -> Int? {
    if case .input(let number) = nodes[tensor.node].operation { return number }
    return nil
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
