import CKernels

/// Rewrites a graph into what kernels do: composite operations become element-wise steps, operands
/// are padded, transposed or flipped by nodes of their own (which are then computed once for each
/// change of what they are made from), and sums of products become products onto one another.
struct Lowering {
  let source: Graph
  let target: Graph
  /// The lowered node of each node.
  private(set) var image: [Int]
  private var uses: [Int]
  /// Values that something takes the positive part of.
  private var isRectified: [Bool]
  /// Matrices of the task that Hessian-vector products multiply with: products with them run many times a task.
  private var staysInProducts: [Bool]
  /// Convolutions whose values' variance is wanted beside their mean, as batch norm does: both are found in one reading.
  private var hasMoments: [Bool]
  private let classRows: ClassRows
  let optimisations: Optimisations

  /// Lowers what `roots` need.
  init(_ source: Graph, roots: [Int], _ optimisations: Optimisations) {
    self.source = source
    self.optimisations = optimisations
    target = Graph(capacity: source.nodes.count + source.nodes.count / 4)
    image = [Int](repeating: -1, count: source.nodes.count)
    uses = [Int](repeating: 0, count: source.nodes.count)
    isRectified = [Bool](repeating: false, count: source.nodes.count)
    staysInProducts = [Bool](repeating: false, count: source.nodes.count)
    hasMoments = [Bool](repeating: false, count: source.nodes.count)
    let needed = source.needed(by: roots)
    classRows = ClassRows(source, needed: needed, roots: roots)
    for root in roots { uses[root] += 2 }
    for node in needed.indices where needed[node] {
      for operand in source.nodes[node].operands { uses[operand] += 1 }
      if case .unary(.relu) = source.operation(node) { isRectified[source.operand(node)] = true }
      if isProductOfTask(node) { staysInProducts[source.operand(node)] = true }
      if let x = convolutionOfVariance(node) { hasMoments[x] = true }
    }
    // Inputs keep their numbers.
    for node in source.nodes.indices {
      if case .input = source.operation(node) {
        image[node] =
          target.input(source.shape(node), stage: source.nodes[node].stage).node
      }
    }
    for node in needed.indices where needed[node] && image[node] < 0 {
      image[node] = lower(node)
    }
  }

  /// The lowered node of a node.
  func callAsFunction(_ node: Int) -> Int { image[node] }

  private func lower(_ node: Int) -> Int {
    let shape = source.shape(node)
    if shape.count == 0 || isSumOfNothing(node) { return target.fill(0, shape) }
    let operands = source.nodes[node].operands.map { image[$0] }
    switch source.operation(node) {
    case .binary(.add):
      return onto(node) ?? target.append(.binary(.add), operands, shape)
    case .unary(.relu) where isRectifiedProduct(operands[0]):
      return operands[0]
    case .centre:
      return centre(node)
    case .sum(let axes):
      if let sum = sumOfPatches(node) { return sum }
      if let x = convolutionOfVariance(node) { return moment(x, .squares) }
      let x = source.operand(node)
      if hasMoments[x], axes == 0..<source.shape(x).rank - 1 { return moment(x, .sum) }
      if source.operation(x) == .binary(.add), source.nodes[x].operands.allSatisfy(isProduct) {
        // Each is summed where its factors are at hand, and neither stored.
        return target.add(
          target.sum(image[source.operand(x)], axes), target.sum(image[source.operand(x, 1)], axes))
      }
      return target.append(.sum(axes), operands, shape)
    case .poolIndex:
      return poolIndexOfPatches(node) ?? poolIndexOfAffine(operands[0], shape)
        ?? target.append(.poolIndex, operands, shape)
    case .poolGather:
      return poolGatherOfPatches(node) ?? target.append(.poolGather, operands, shape)
    case .softmax:
      let (exponentials, _, total) = exponentials(operands[0])
      let factor = target.unary(.reciprocal, total)
      return target.multiply(exponentials, target.spread(factor, 1..<2, to: shape))
    case .logSumExp:
      let (_, largest, total) = exponentials(operands[0])
      return target.add(largest, target.unary(.log, total))
    case .convolutionWeights:
      return weightsFromPatches(node) ?? append(node)
    case .product, .convolution, .convolutionInput:
      return append(node)
    case let operation:
      return target.append(operation, operands, shape)
    }
  }

  /// Whether a node has elements, but what they are sums over has none: no kernel would write them.
  private func isSumOfNothing(_ node: Int) -> Bool {
    switch source.operation(node) {
    case .sum, .product, .convolution, .convolutionInput, .convolutionWeights, .scatterRows:
      source.shape(node).count > 0
        && source.nodes[node].operands.contains { source.shape($0).count == 0 }
    default: false
    }
  }

  /// Whether a node is a product element by element, which a sum takes in.
  private func isProduct(_ node: Int) -> Bool {
    [.binary(.multiply), .unary(.square)].contains(source.operation(node))
  }

  private func centre(_ node: Int) -> Int {
    let operand = source.operand(node)
    let shape = source.shape(node), channels = shape[shape.rank - 1]
    let x = image[operand]
    let mean =
      meanOfPatches(operand)
      ?? (hasMoments[operand]
        ? target.scale(moment(operand, .sum), 1 / Double(shape.count / channels))
        : target.mean(ofChannels: x))
    return target.subtract(x, target.spread(mean, 0..<shape.rank - 1, to: shape))
  }

  /// The convolution x where a node is the sum of (x - mean)^2 over all axes but the last.
  private func convolutionOfVariance(_ node: Int) -> Int? {
    guard optimisations.contains(.moments), case .sum(let axes) = source.operation(node) else {
      return nil
    }
    let square = source.operand(node)
    guard axes == 0..<source.shape(square).rank - 1,
      source.operation(square) == .unary(.square),
      source.operation(source.operand(square)) == .centre
    else { return nil }
    let x = source.operand(source.operand(square))
    guard case .convolution = source.operation(x), patchImages(x) == nil else { return nil }
    return x
  }

  private enum Moment: Int { case sum, squares }

  /// A convolution's sums over all axes but the last, or the sums of squared deviations.
  private func moment(_ convolution: Int, _ moment: Moment) -> Int {
    let shape = source.shape(convolution), channels = shape[shape.rank - 1]
    let both = target.append(.moments, [image[convolution]], [2 * channels])
    return target.slice(both, offset: moment.rawValue * channels, [channels])
  }

  /// The index of a batch norm's largest values, from what is normalised; `nil` where `y` is no such thing.
  private func poolIndexOfAffine(_ y: Int, _ shape: Shape) -> Int? {
    guard optimisations.contains(.pooling), let (scaled, shift) = factorAndRow(y, .add),
      let (centred, factor) = factorAndRow(scaled, .multiply),
      target.operation(centred) == .binary(.subtract),
      let mean = row(target.operand(centred, 1))
    else { return nil }
    return target.append(
      .poolIndexOfAffine, [target.operand(centred), mean, factor, shift], shape)
  }

  /// The operands of a sum or product with one value a channel.
  private func factorAndRow(_ node: Int, _ function: BinaryFunction) -> (Int, Int)? {
    guard target.operation(node) == .binary(function) else { return nil }
    let (a, b) = (target.operand(node), target.operand(node, 1))
    return row(b).map { (a, $0) } ?? row(a).map { (b, $0) }
  }

  /// The one value a channel that a node repeats.
  private func row(_ node: Int) -> Int? {
    guard target.operation(node) == .spread(0..<target.shape(node).rank - 1) else { return nil }
    return target.operand(node)
  }

  /// exp(x - largest) of each row, the rows' largest, and the rows' sums: shared by softmax and
  /// log-sum-exp, and safe from overflow.
  private func exponentials(_ x: Int) -> (values: Int, largest: Int, total: Int) {
    let shape = target.shape(x)
    let largest = target.append(.rowMaximum, [x], [shape[0]])
    let values = target.unary(
      .exp, target.subtract(x, target.spread(largest, 1..<2, to: shape)))
    return (values, largest, target.sum(values, 1..<2))
  }

  /// The operation that a kernel offers for a product or convolution, and its operands prepared.
  private func prepare(_ node: Int) -> (Operation, [Int]) {
    let a = image[source.operand(node)]
    let b = image[source.operand(node, 1)]
    switch source.operation(node) {
    case .product(let transposeA, let transposeB):
      let product = Operation.KernelProduct(
        transposeA: transposeA, isQuartered: staysInProducts[source.operand(node)] && isLarge(node),
        rows: optimisations.contains(.classRows) ? classRows.rows(of: node) : .any)
      let second = transposeB ? target.transpose(b) : b
      let prepared = product.isQuartered ? [quarters(a), second, a] : [a, second]
      return (.kernelProduct(product), prepared)
    case .convolution(1) where isTransformed(a, channels: target.shape(b)[3]):
      return (.transformedConvolution, [a, transformed(b)])
    case .convolutionWeights(1) where isTransformed(a, channels: target.shape(b)[3]):
      return (.transformedGradient, [a, b])
    case .convolutionInput(1) where isTransformed(a, channels: target.shape(b)[2]):
      let w = target.shape(b)
      let flipped = target.append(.flipWeights(stride: 1), [b], [3, 3, w[3], w[2]])
      return (.transformedConvolution, [a, transformed(flipped)])
    case .convolution(let stride):
      return (.convolution(stride: stride), [pad(a, 1, 1, 1, 1), b])
    case .convolutionWeights(let stride):
      return (.convolutionWeights(stride: stride), [pad(a, 1, 1, 1, 1), b])
    case .convolutionInput(let stride):
      let padded = stride == 1 ? pad(a, 1, 1, 1, 1) : pad(a, 0, 0, 1, 1)
      let flipped = target.append(.flipWeights(stride: stride), [b], target.shape(b))
      return (.convolutionInput(stride: stride), [padded, flipped])
    default:
      fatalError("nothing to prepare: \(source.operation(node))")
    }
  }

  /// Whether a node is a product of a vector's with a matrix of the task.
  private func isProductOfTask(_ node: Int) -> Bool {
    guard case .product = source.operation(node) else { return false }
    return source.nodes[node].stage == .vector
      && source.nodes[source.operand(node)].stage == .task
  }

  /// Whether a product is large enough to be faster with sums of its matrix's quarters.
  private func isLarge(_ product: Int) -> Bool {
    let matrix = source.shape(source.operand(product))
    return optimisations.contains(.quarters) && min(matrix[0], matrix[1]) >= 256
      && source.shape(product)[1] >= 128
  }

  private func quarters(_ matrix: Int) -> Int {
    let s = target.shape(matrix)
    let slab = Int(CK_SLAB_ROWS)
    let slabs = ((s[0] + 3) / 4 + slab - 1) / slab
    return target.append(
      .quarters, [matrix], [Int(CK_QUARTER_PRODUCTS), slabs, (s[1] + 3) / 4, slab])
  }

  /// Whether a convolution is computed in transformed space: where that saves enough multiplications to pay for the
  /// transforms, on channels that fill vectors.
  private func isTransformed(_ images: Int, channels: Int) -> Bool {
    let s = target.shape(images)
    let transformed = s[0] * Self.points(s[1]) * Self.points(s[2]) + Self.costOfWeights
    return optimisations.contains(.transforms) && min(s[3], channels) >= 16
      && 10 * transformed < 7 * 9 * s[0] * s[1] * s[2]
  }

  /// Points along an axis: tiles of 4 pixels have 6, and one of 2 at the end has 4.
  private static func points(_ length: Int) -> Int {
    let wide = (length + 1) / 4
    return 6 * wide + (4 * wide < length ? 4 : 0)
  }

  /// What the transforms of weights and of their gradients cost, in multiplications of images.
  private static let costOfWeights = 300

  private func transformed(_ weights: Int) -> Int {
    let w = target.shape(weights)
    return target.append(.transformWeights, [weights], [36, w[2], w[3]])
  }

  func pad(_ x: Int, _ top: Int, _ left: Int, _ bottom: Int, _ right: Int) -> Int {
    let s = target.shape(x)
    return target.append(
      .pad(top: top, left: left, bottom: bottom, right: right), [x],
      [s[0], s[1] + top + bottom, s[2] + left + right, s[3]])
  }

  /// A sum of a product with a row of biases, or with another product or convolution, as one
  /// kernel call that starts from the other operand. `nil` where the sum is no such thing.
  private func onto(_ node: Int) -> Int? {
    guard optimisations.contains(.accumulation) else { return nil }
    let (a, b) = (source.operand(node), source.operand(node, 1))
    for (product, other) in [(b, a), (a, b)] where isOwn(product, of: node) {
      if case .product = source.operation(product), let bias = biases(other) {
        let isPositiveAlone = uses[node] == 1 && isRectified[node]
        return append(product, isPositiveAlone ? .rectifiedBias : .bias, bias)
      }
    }
    for (product, other) in [(b, a), (a, b)]
    where isOwn(product, of: node) && isOwn(other, of: node) {
      if let sum = append(product, .matrix, image[other]) { return sum }
    }
    return nil
  }

  private func isRectifiedProduct(_ node: Int) -> Bool {
    guard case .kernelProduct(let product) = target.operation(node) else { return false }
    return product.onto == .rectifiedBias
  }

  /// Whether a node is a product or convolution (or a sum that starts with one) used by `user` only,
  /// and computed when it is.
  private func isOwn(_ node: Int, of user: Int) -> Bool {
    guard uses[node] == 1, source.nodes[node].stage == source.nodes[user].stage else {
      return false
    }
    switch source.operation(node) {
    case .product, .convolution, .convolutionInput, .convolutionWeights: return true
    default: return false
    }
  }

  /// The vector that a tensor repeats along all axes but the last.
  private func biases(_ node: Int) -> Int? {
    guard case .spread(let axes) = source.operation(node), axes == 0..<1,
      source.shape(node).rank == 2
    else { return nil }
    return image[source.operand(node)]
  }

  /// A product or convolution.
  private func append(_ node: Int) -> Int {
    let (operation, prepared) = prepare(node)
    let shape = source.shape(node)
    if operation == .transformedGradient {
      let gradient = target.append(operation, prepared, [36, shape[2], shape[3]])
      return target.append(.transformWeightsAdjoint, [gradient], shape)
    }
    return target.append(operation, prepared, shape)
  }

  /// The same onto another node; `nil` where these are computed in different spaces.
  private func append(_ node: Int, _ onto: Operation.Onto, _ base: Int) -> Int? {
    let (operation, prepared) = prepare(node)
    let shape = source.shape(node)
    if operation == .transformedGradient {
      guard target.operation(base) == .transformWeightsAdjoint else { return nil }
      let gradient = target.append(
        .transformedGradientOnto, prepared + [target.operand(base)], [36, shape[2], shape[3]])
      return target.append(.transformWeightsAdjoint, [gradient], shape)
    }
    let result: Operation =
      switch operation {
      case .transformedConvolution: .transformedConvolutionOnto
      case .kernelProduct(let product): .kernelProduct(product.added(onto))
      case .convolution(let stride): .convolutionOnto(stride: stride)
      case .convolutionInput(let stride): .convolutionInputOnto(stride: stride)
      case .convolutionWeights(let stride): .convolutionWeightsOnto(stride: stride)
      default: fatalError("no accumulating form of \(operation)")
      }
    return target.append(result, prepared[..<2] + [base] + prepared[2...], shape)
  }
}
