import Tensors

/// What flows between operations of a graph.
enum OnnxValue {
  /// Numbers that are known while the graph is translated.
  case known(OnnxArray)
  /// A tensor of a trace.
  case traced(Traced)

  /// The sizes of its axes, as the graph has them.
  var sizes: [Int] {
    switch self {
    case .known(let array): array.sizes
    case .traced(let traced): traced.sizes
    }
  }

  var known: OnnxArray? {
    if case .known(let array) = self { array } else { nil }
  }
}

/// A tensor that stands for one of the graph, whose axes it may hold in another order: images are `[n, channels, height,
/// width]` in ONNX and `[n, height, width, channels]` in the engine, and to exchange axes costs nothing until somebody asks
/// for the elements in a row.
struct Traced {
  let tensor: Tensor
  /// The graph's axis that each of the tensor's axes is.
  let order: [Int]
  let kind: OnnxGraph.Kind

  init(_ tensor: Tensor, order: [Int]? = nil, _ kind: OnnxGraph.Kind = .number) {
    self.tensor = tensor
    self.order = order ?? Array(0..<tensor.shape.rank)
    self.kind = kind
  }

  var rank: Int { order.count }

  /// The sizes of the graph's axes.
  var sizes: [Int] {
    var sizes = [Int](repeating: 1, count: rank)
    for (place, axis) in order.enumerated() { sizes[axis] = tensor.shape[place] }
    return sizes
  }

  /// Which of the tensor's axes one of the graph is.
  func place(of axis: Int) -> Int { order.firstIndex(of: axis) ?? axis }

  /// The tensor with its axes as the graph has them.
  var plain: Tensor { arranged(Array(0..<rank)) }

  /// The tensor with the graph's axes in an order.
  func arranged(_ target: [Int]) -> Tensor {
    order == target ? tensor : tensor.permuted(target.map(place))
  }

  /// Another tensor with the same axes.
  func with(_ tensor: Tensor, _ kind: OnnxGraph.Kind? = nil) -> Traced {
    Traced(tensor, order: order, kind ?? self.kind)
  }

  /// The graph's axes in another order: axis k of the result is axis `axes[k]`. Nothing moves.
  func permuted(_ axes: [Int]) -> Traced {
    Traced(tensor, order: order.map { axis in axes.firstIndex(of: axis) ?? axis }, kind)
  }

  /// With axes of size 1 in front, so that there are so many.
  func extended(to rank: Int) -> Traced {
    let more = rank - self.rank
    guard more > 0 else { return self }
    let shape = Shape([Int](repeating: 1, count: more) + tensor.shape.sizes)
    return Traced(tensor.reshaped(shape), order: Array(0..<more) + order.map { $0 + more }, kind)
  }
}
