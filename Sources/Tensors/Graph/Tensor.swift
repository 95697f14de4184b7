/// A tensor in a trace: it has a shape and a history, and no values yet. Objectives are Swift
/// closures over tensors; they run once for each set of shapes, and what they record is
/// differentiated, planned and then run as often as needed. Mistakes (shapes that do not fit) do
/// not trap: the trace remembers the first, and whoever asked for the trace throws it as a ``TensorError``.
public struct Tensor {
  let graph: Graph
  package let node: Int

  /// The size of each axis.
  public var shape: Shape { graph.shape(node) }

  init(graph: Graph, node: Int) {
    self.graph = graph
    self.node = node
  }

  /// An input of a trace, by its number.
  package init(_ graph: Graph, input number: Int) {
    self.init(graph: graph, node: graph.inputNodes[number])
  }

  /// The trace that it belongs to.
  package var trace: Graph { graph }

  /// A tensor of the same trace.
  func with(_ node: Int) -> Tensor { Tensor(graph: graph, node: node) }

  /// A stand-in after a mistake, which the trace remembers and whose place it names.
  package func failed(
    _ what: String, _ remedy: String, _ shape: Shape, code: TensorError.Code = .shape
  ) -> Tensor {
    with(graph.fail(code, what, remedy, shape))
  }

  /// What a function makes of this tensor and others; a stand-in where these belong to different traces.
  ///
  /// - Parameters:
  ///   - name: The function as the user writes it.
  ///   - line: Where it is called; `nil` where that cannot be known.
  ///   - others: Its other operands.
  ///   - standIn: The stand-in's shape, by default this tensor's.
  ///   - body: The function.
  /// - Returns: What `body` gives, or a stand-in.
  func calling(
    _ name: String, _ line: SourceLine?, with others: [Tensor] = [], standIn: Shape? = nil,
    _ body: () -> Tensor
  ) -> Tensor {
    graph.calling(Call(name, line)) {
      guard others.contains(where: { $0.graph !== graph }) else { return body() }
      // Whichever trace is looked at, it knows.
      let strays = ([self] + others).map {
        $0.failed(
          "\(name): the tensors belong to different traces",
          "use only what the objective's state holds, and numbers", standIn ?? shape,
          code: .objective)
      }
      return strays[0]
    }
  }

  /// What a layer makes of this tensor.
  package func inLayer(
    _ layer: Any, file: StaticString, line: UInt, _ body: (Tensor) -> Tensor
  ) -> Tensor {
    graph.calling(Call("\(type(of: layer))", SourceLine(file, line), layer: layer)) { body(self) }
  }

  /// What a layer within a layer makes of this tensor; `place` says which of its neighbours it is.
  package func inLayer(
    _ layer: Any, place: String? = nil, _ body: (Tensor) -> Tensor
  ) -> Tensor {
    graph.calling(Call("\(type(of: layer))", nil, layer: layer, place: place)) { body(self) }
  }

  /// This tensor repeated to another shape by NumPy's rule: axes are aligned from the last; missing
  /// axes and axes of size 1 repeat.
  func broadcast(to target: Shape, _ operation: String) -> Tensor {
    if shape == target { return self }
    let missing = target.rank - shape.rank
    let aligned = [Int](repeating: 1, count: Swift.max(missing, 0)) + shape.sizes
    let fits =
      missing >= 0 && zip(aligned, target.sizes).allSatisfy { $0 == $1 || $0 == 1 }
    guard fits else {
      return failed(
        "\(operation): shape \(shape) does not repeat to \(target)",
        "axes are aligned from the last, and only axes of size 1 repeat", target)
    }
    // Axes to repeat, in runs; the axes between keep their sizes.
    let repeats = zip(aligned, target.sizes).map { $0 != $1 }
    var sizes = zip(aligned, repeats).filter { !$0.1 }.map(\.0)
    var node = graph.reshape(node, Shape(sizes))
    var axis = 0
    while axis < target.rank {
      guard repeats[axis] else {
        axis += 1
        continue
      }
      var end = axis
      while end < target.rank && repeats[end] { end += 1 }
      sizes.insert(contentsOf: target.sizes[axis..<end], at: axis)
      node = graph.spread(node, axis..<end, to: Shape(sizes))
      axis = end
    }
    return with(node)
  }

  /// Both tensors at the shape that an element-wise operation gives.
  static func aligned(_ a: Tensor, _ b: Tensor, _ operation: String) -> (Tensor, Tensor) {
    guard let target = Shape.broadcast(a.shape, b.shape) else {
      let stray = a.failed(
        "\(operation): shapes \(a.shape) and \(b.shape) do not fit",
        "axes are aligned from the last, and only axes of size 1 repeat", a.shape)
      return (stray, stray)
    }
    return (a.broadcast(to: target, operation), b.broadcast(to: target, operation))
  }
}
