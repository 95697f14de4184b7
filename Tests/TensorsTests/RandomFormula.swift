import Tensors

/// SplitMix64.
struct Numbers {
  private var state: UInt64

  init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  mutating func value() -> Double { Double(next() >> 11) * 0x1p-52 - 1 }
  mutating func values(_ count: Int) -> [Double] { (0..<count).map { _ in value() } }
}

/// A random smooth number made from parameters and data by chance: layers of all kinds over odd shapes, including batches
/// of one, one class and one column.
struct RandomFormula {
  let graph = Graph()
  let u: Tensor
  let w: Tensor
  let v: Tensor
  let value: Tensor
  /// The inputs' values, as the graph numbers them; the first three are u, w and v.
  let inputs: [[Double]]

  init(seed: Int) {
    var numbers = Numbers(seed)
    let n = [1, 2, 3, 5, 17][numbers.below(5)]
    let features = [1, 2, 7, 16][numbers.below(4)]
    let classes = [1, 2, 3, 10][numbers.below(4)]
    let isImage = numbers.below(3) == 0
    var offset = 0
    let size = 3000
    u = graph.input([size], stage: .task)
    w = graph.input([size], stage: .point)
    v = graph.input([size], stage: .vector)
    let labels = graph.data([n])
    let index = graph.data([n])
    let shape: Shape = isImage ? [n, 5, 6, 2] : [n, features]
    let data = graph.data(shape)
    inputs = [
      numbers.values(size), numbers.values(size).map { $0 * 0.5 }, numbers.values(size),
      (0..<n).map { _ in Double(numbers.below(classes)) },
      (0..<n).map { _ in Double(numbers.below(n)) }, numbers.values(shape.count),
    ]
    let (w, u) = (w, u)
    func parameter(_ shape: Shape) -> Tensor {
      offset += shape.count
      return w.piece(at: offset - shape.count, shape)
    }
    var x = data
    if isImage {
      x = x.convolved(with: parameter([3, 3, 2, 3]), stride: 1 + numbers.below(2)) + parameter([3])
      if numbers.below(2) == 0 { x = Self.normalised(x, parameter([3]), parameter([3])) }
      x = numbers.below(2) == 0 && x.shape[1] > 1 ? x.maxPooled() : tanh(x)
      if numbers.below(2) == 0 { x = x * x.mean(axes: 1..<2).reshaped([n, 1, x.shape[2], 3]) }
      x = x.flattened
    }
    for _ in 0..<1 + numbers.below(2) {
      let hidden = [1, 3, 8][numbers.below(3)]
      x = matmul(x, parameter([x.shape[1], hidden])) + parameter([hidden])
      switch numbers.below(6) {
      case 0: x = tanh(x)
      case 1: x = sigmoid(x) * 2 - 0.5
      case 2: x = softplus(x)
      case 3: x = exp(x * 0.3) / (1 + x.squared)
      case 4: x = x - x.mean(axes: 0..<1)
      default: x = x.rows(index)
      }
    }
    x = matmul(x, parameter([x.shape[1], classes])) + parameter([classes])
    let weights = sigmoid(u.piece(at: 0, [n]))
    var total = (weights * crossEntropies(x, labels)).mean()
    if numbers.below(2) == 0 { total = total + 0.3 * squaredDistance(w, u) }
    if numbers.below(2) == 0 { total = total + (exp(u) * w.squared).mean() }
    if numbers.below(2) == 0 { total = total + (x.softmax() * weights.asColumn).squared.sum() }
    if numbers.below(2) == 0 { total = total + sqrt(squaredNorm(w) + 1) - log(w.squared + 1).sum() }
    value = total
  }

  private static func normalised(_ x: Tensor, _ gain: Tensor, _ shift: Tensor) -> Tensor {
    let centred = x.centred
    let variance = centred.squared.mean(axes: 0..<3)
    return centred * (gain / sqrt(variance + 1e-2)) + shift
  }
}
