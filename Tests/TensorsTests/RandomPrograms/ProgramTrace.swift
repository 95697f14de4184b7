import Tensors

/// A program traced, with the derivatives that adaptation and hypergradients need, and values for its inputs.
struct ProgramTrace {
  let graph = Graph()
  let upper: Tensor
  let lower: Tensor
  let direction: Tensor
  let value: Tensor
  let gradient: Tensor
  /// The Hessian in the lower parameters times the direction.
  let product: Tensor
  /// The mixed derivative in upper and lower parameters times the direction.
  let mixed: Tensor
  /// The inputs' values, as the graph numbers them: upper, lower, direction, then data.
  let inputs: [[Double]]
  /// The statements' shapes.
  let shapes: [Shape]

  /// - Throws: ``TensorError`` where the program is no program.
  init(_ program: RandomProgram, seed: Int) throws {
    let leaves = program.leafCounts
    upper = graph.input([max(leaves.upper, 1)], stage: .task)
    lower = graph.input([max(leaves.lower, 1)], stage: .point)
    direction = graph.input([max(leaves.lower, 1)], stage: .vector)
    var numbers = Numbers(seed)
    var inputs = [upper, lower, direction].map { numbers.sixtyFourths($0.shape.count) }
    var offsets = (upper: 0, lower: 0)
    var values: [Tensor] = []
    let graph = graph
    func data(_ shape: Shape, _ values: [Double]) -> Tensor {
      inputs.append(values)
      return graph.data(shape)
    }
    for statement in program.statements {
      guard statement.operands.allSatisfy({ $0 < values.count }) else { throw NoProgram() }
      let operands = statement.operands.map { values[$0] }
      switch statement {
      case .leaf(.data, let shape):
        values.append(data(shape, numbers.sixtyFourths(shape.count)))
      case .leaf(.upper, let shape):
        values.append(upper.piece(at: offsets.upper, shape))
        offsets.upper += shape.count
      case .leaf(.lower, let shape):
        values.append(lower.piece(at: offsets.lower, shape))
        offsets.lower += shape.count
      case .rows(_, let index):
        guard let rows = operands[0].shape.sizes.first, index.allSatisfy({ $0 < rows }) else {
          throw NoProgram()
        }
        values.append(operands[0].rows(data([index.count], index.map(Double.init))))
      case .crossEntropies(_, let labels):
        guard let classes = operands[0].shape.sizes.last, labels.allSatisfy({ $0 < classes })
        else { throw NoProgram() }
        values.append(
          Tensors.crossEntropies(operands[0], data([labels.count], labels.map(Double.init))))
      case .made(let operation):
        values.append(
          operation.traced(
            operands, operation.data.map { data([$0.count], $0.map(Double.init)) }))
      default: values.append(Self.apply(statement, operands))
      }
    }
    guard program.terms.allSatisfy({ $0.statement < values.count }) else { throw NoProgram() }
    let terms = program.terms.map { Self.reduce(values[$0.statement], $0.reduction) }
    guard let first = terms.first else { throw NoProgram() }
    value = terms.dropFirst().reduce(first) { $0 + $1 }
    try graph.check()
    gradient =
      graph.gradients(of: value, withRespectTo: [lower])[0] ?? lower.filled(0, lower.shape)
    product =
      graph.tangents(of: [gradient], along: [(lower, direction)])[0]
      ?? lower.filled(0, lower.shape)
    mixed =
      graph.cotangents(of: [upper], seeds: [(gradient, direction)])[0]
      ?? upper.filled(0, upper.shape)
    self.inputs = inputs
    shapes = values.map(\.shape)
  }

  struct NoProgram: Error {}

  private static func apply(_ statement: RandomProgram.Statement, _ x: [Tensor]) -> Tensor {
    switch statement {
    case .function(let function, _): apply(function, x[0])
    case .combine(.add, _, _): x[0] + x[1]
    case .combine(.subtract, _, _): x[0] - x[1]
    case .combine(.multiply, _, _): x[0] * x[1]
    case .combine(.divide, _, _): x[0] / x[1]
    case .scale(let factor, _): factor * x[0]
    case .offset(let amount, _): x[0] + amount
    case .sum(let axes, _): x[0].sum(axes: axes)
    case .mean(let axes, _): x[0].mean(axes: axes)
    case .reshape(let shape, _): x[0].reshaped(shape)
    case .transpose: x[0].transposed()
    case .centre: x[0].centred
    case .product: matmul(x[0], x[1])
    case .convolve(_, _, let stride): x[0].convolved(with: x[1], stride: stride)
    case .pool: x[0].maxPooled()
    case .softmax: x[0].softmax()
    case .logSumExp: x[0].logSumExp()
    case .leaf, .rows, .crossEntropies, .made: fatalError("made with their data")
    }
  }

  private static func apply(_ function: RandomProgram.Function, _ x: Tensor) -> Tensor {
    switch function {
    case .exp: exp(x)
    case .log: log(x)
    case .tanh: tanh(x)
    case .sigmoid: sigmoid(x)
    case .softplus: softplus(x)
    case .relu: relu(x)
    case .sqrt: sqrt(x)
    case .abs: abs(x)
    case .squared: x.squared
    }
  }

  private static func reduce(_ x: Tensor, _ reduction: RandomProgram.Reduction) -> Tensor {
    switch reduction {
    case .sum: x.sum()
    case .mean: x.mean()
    case .squares: x.squared.sum()
    case .squaredMean: x.squared.mean()
    }
  }
}

extension RandomProgram {
  /// How many numbers the leaves take of the upper and the lower parameters.
  fileprivate var leafCounts: (upper: Int, lower: Int) {
    statements.reduce(into: (0, 0)) { counts, statement in
      if case .leaf(.upper, let shape) = statement { counts.0 += shape.count }
      if case .leaf(.lower, let shape) = statement { counts.1 += shape.count }
    }
  }
}

extension Numbers {
  /// Numbers from -1 to 1 that single precision holds exactly.
  mutating func sixtyFourths(_ count: Int) -> [Double] {
    values(count).map { ($0 * 64).rounded() / 64 + 0x1p-12 }
  }
}
