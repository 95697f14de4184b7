/// Rewrites a graph into what kernels and loops do: composite operations become element-wise steps, operands
/// are padded, transposed or flipped by nodes of their own (which are then computed once for each
/// change of what they are made from), and sums of products become products onto one another. How, says each operation.
package final class Lowering {
  let source: Graph
  let target: Graph
  let optimisations: Optimisations
  let classRows: ClassRows
  /// The lowered node of each node.
  private var images: [Int]
  /// How many operands of needed nodes a node is; more for roots.
  private var uses: [Int]
  private let readers: [[Int]]

  /// Lowers what `roots` need.
  init(_ source: Graph, roots: [Int], _ optimisations: Optimisations) {
    self.source = source
    self.optimisations = optimisations
    target = Graph(capacity: source.nodes.count + source.nodes.count / 4)
    images = [Int](repeating: -1, count: source.nodes.count)
    var uses = [Int](repeating: 0, count: source.nodes.count)
    var readers = [[Int]](repeating: [], count: source.nodes.count)
    let needed = source.needed(by: roots)
    for root in roots { uses[root] += 2 }
    for node in needed.indices where needed[node] {
      for operand in source.nodes[node].operands {
        uses[operand] += 1
        if readers[operand].last != node { readers[operand].append(node) }
      }
    }
    (self.uses, self.readers) = (uses, readers)
    classRows = ClassRows(source, readers: readers, roots: roots)
    // Inputs keep their numbers.
    for node in source.nodes.indices where source.operation(node) is Input {
      images[node] = target.input(source.shape(node), stage: source.nodes[node].stage).node
    }
    for node in needed.indices where needed[node] && images[node] < 0 {
      images[node] = lowered(node)
    }
  }

  /// The lowered node of a node.
  func callAsFunction(_ node: Int) -> Int { images[node] }

  /// The lowered node of a node.
  func image(of node: Int) -> Int { images[node] }

  /// The needed nodes that read a node.
  func readers(of node: Int) -> [Int] { readers[node] }

  private func lowered(_ node: Int) -> Int {
    let shape = source.shape(node)
    if source.isGiven(node) { return asItIs(node) }
    let operation = source.traced(node)
    let isOfNothing =
      operation.isSum && source.nodes[node].operands.contains { source.shape($0).count == 0 }
    // What has no elements, or adds up none: no kernel would write it.
    if shape.count == 0 || isOfNothing { return target.fill(0, shape) }
    return operation.lowered(node, in: self)
  }

  /// A node's own operation on the lowered operands.
  func asItIs(_ node: Int) -> Int {
    target.append(
      source.operation(node), source.nodes[node].operands.map { images[$0] }, source.shape(node))
  }

  // MARK: Sums of products

  /// A sum of a product with a row of biases, or with another product or convolution, as one
  /// kernel call that starts from the other operand. `nil` where the sum is no such thing.
  func onto(_ node: Int) -> Int? {
    guard optimisations.contains(.accumulation) else { return nil }
    let (a, b) = (source.operand(node), source.operand(node, 1))
    for (product, other) in [(b, a), (a, b)] where isOwn(product, of: node) {
      if let operation = source.operation(product) as? Product, let bias = biases(other) {
        let isPositiveAlone =
          uses[node] == 1 && readers(of: node).contains { source.isUnary($0, .relu) }
        return operation.lowered(product, ontoBias: bias, isRectified: isPositiveAlone, in: self)
      }
    }
    for (product, other) in [(b, a), (a, b)]
    where isOwn(product, of: node) && isOwn(other, of: node) {
      let operation = source.operation(product) as? any AccumulatingOperation
      if let sum = operation?.lowered(product, onto: images[other], in: self) { return sum }
    }
    return nil
  }

  /// Whether a node is a product or convolution used by `user` only, and computed when it is.
  private func isOwn(_ node: Int, of user: Int) -> Bool {
    uses[node] == 1 && source.nodes[node].stage == source.nodes[user].stage
      && source.operation(node) is any AccumulatingOperation
  }

  /// The vector that a tensor repeats along all axes but the last.
  private func biases(_ node: Int) -> Int? {
    guard source.isSpread(node, 0..<1), source.shape(node).rank == 2 else { return nil }
    return images[source.operand(node)]
  }
}

/// A product or convolution whose kernel can start from what it is to be added to.
protocol AccumulatingOperation: TracedOperation {
  /// The node lowered onto another lowered node; `nil` where these are computed in different spaces.
  func lowered(_ node: Int, onto base: Int, in lowering: Lowering) -> Int?
}
