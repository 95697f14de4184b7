/// A contraction by its equation, as NumPy has it: "bhnd,bhmd->bhnm". Letters name axes; those that the result lacks are
/// summed over. Of several tensors the first two are contracted, the result with the third, and so on.
///
/// - Parameters:
///   - equation: Letters for the axes of each tensor, separated by commas, and those of the result after "->".
///   - operands: As many tensors; within one no letter comes twice.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The contraction, its axes in the order that the equation says.
public func einsum(
  _ equation: String, _ operands: Tensor..., file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  guard let first = operands.first else { fatalError("einsum takes one tensor or more") }
  let others = Array(operands.dropFirst())
  return first.calling("einsum", SourceLine(file, line), with: others, standIn: .scalar) {
    guard let parsed = Contraction(equation, operands) else {
      return first.failed(
        "einsum: \(equation) of shapes \(operands.map { "\($0.shape)" }.joined(separator: " and "))",
        "it takes letters for the axes of each tensor, \"ij,jk->ik\", each letter of one size and at most once a tensor, "
          + "and a result of letters that come before", .scalar)
    }
    return parsed.result
  }
}

/// An equation with its tensors, whose letters fit their shapes.
private struct Contraction {
  private typealias Labelled = (tensor: Tensor, labels: [Character])
  private let operands: [Labelled]
  private let target: [Character]
  private let sizes: [Character: Int]

  init?(_ equation: String, _ tensors: [Tensor]) {
    let sides = equation.filter { $0 != " " }.split(
      separator: "->", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2 else { return nil }
    let labels = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    guard labels.count == tensors.count else { return nil }
    var sizes: [Character: Int] = [:]
    for (tensor, labels) in zip(tensors, labels) {
      guard labels.count == tensor.shape.rank, Set(labels).count == labels.count,
        labels.allSatisfy(\.isLetter)
      else { return nil }
      for (label, size) in zip(labels, tensor.shape.sizes) {
        if let known = sizes[label], known != size { return nil }
        sizes[label] = size
      }
    }
    target = Array(sides[1])
    guard Set(target).count == target.count, target.allSatisfy({ sizes[$0] != nil }) else {
      return nil
    }
    operands = zip(tensors, labels).map { ($0, $1) }
    self.sizes = sizes
  }

  var result: Tensor {
    var current = operands[0]
    for (index, next) in operands.enumerated().dropFirst() {
      let later = Set(operands[(index + 1)...].flatMap(\.labels) + target)
      current = contracted(
        summed(current, keeping: later.union(next.labels)),
        summed(next, keeping: later.union(current.labels)), later)
    }
    let summed = summed(current, keeping: Set(target))
    return permuted(summed, target)
  }

  /// Without the axes that nothing else needs.
  private func summed(_ x: Labelled, keeping labels: Set<Character>) -> Labelled {
    let axes = x.labels.indices.filter { !labels.contains(x.labels[$0]) }
    if axes.isEmpty { return x }
    return (x.tensor.sum(axes: axes), x.labels.filter(labels.contains))
  }

  private func permuted(_ x: Labelled, _ labels: [Character]) -> Tensor {
    let order = labels.compactMap { x.labels.firstIndex(of: $0) }
    return order == Array(x.labels.indices) ? x.tensor : x.tensor.permuted(order)
  }

  /// Axes of both that stay are a batch; those of both that do not are summed over.
  private func contracted(_ a: Labelled, _ b: Labelled, _ later: Set<Character>) -> Labelled {
    let shared = a.labels.filter(b.labels.contains)
    let batch = shared.filter(later.contains)
    let terms = shared.filter { !later.contains($0) }
    let rows = a.labels.filter { !b.labels.contains($0) }
    let columns = b.labels.filter { !a.labels.contains($0) }
    let (left, right) = (permuted(a, batch + rows + terms), permuted(b, batch + terms + columns))
    let count = [batch, rows, terms, columns].map { $0.reduce(1) { $0 * (sizes[$1] ?? 1) } }
    let product = matmul(
      left.reshaped([count[0], count[1], count[2]]), right.reshaped([count[0], count[2], count[3]]))
    let labels = batch + rows + columns
    return (product.reshaped(Shape(labels.map { sizes[$0] ?? 1 })), labels)
  }
}
