/// A change of a tensor's axes that loses nothing: how weights of another library are laid out here. Every one can be
/// undone.
public enum AxisOperation: Sendable, Hashable {
  /// All axes in the other order.
  case transpose
  /// Axis i becomes what axis `axes[i]` was.
  case permute(_ axes: [Int])
  /// One axis becomes several of these sizes.
  case split(axis: Int, sizes: [Int])
  /// Axes of these sizes, from this one on, become one.
  case join(axis: Int, sizes: [Int])

  /// What undoes it.
  public var inverse: AxisOperation {
    switch self {
    case .transpose: .transpose
    case .permute(let axes):
      .permute(axes.indices.map { axis in axes.firstIndex(of: axis) ?? axis })
    case .split(let axis, let sizes): .join(axis: axis, sizes: sizes)
    case .join(let axis, let sizes): .split(axis: axis, sizes: sizes)
    }
  }

  /// As maps write it.
  public var description: String {
    func text(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: " ") }
    return switch self {
    case .transpose: "transpose"
    case .permute(let axes): "permute \(text(axes))"
    case .split(let axis, let sizes): "split \(axis) \(text(sizes))"
    case .join(let axis, let sizes): "join \(axis) \(text(sizes))"
    }
  }

  /// The tensor with its axes changed; `nil` where it does not have such axes.
  func applied(to tensor: NamedTensor) -> NamedTensor? {
    let shape = tensor.shape
    switch self {
    case .transpose:
      return tensor.permuted(Array(shape.indices.reversed()))
    case .permute(let axes):
      return axes.sorted() == Array(shape.indices) ? tensor.permuted(axes) : nil
    case .split(let axis, let sizes):
      guard shape.indices.contains(axis), shape[axis] == Self.product(sizes) else { return nil }
      return tensor.reshaped(Array(shape[..<axis]) + sizes + Array(shape[(axis + 1)...]))
    case .join(let axis, let sizes):
      guard shape.indices.contains(axis), shape[axis...].starts(with: sizes),
        let size = Self.product(sizes)
      else { return nil }
      return tensor.reshaped(
        Array(shape[..<axis]) + [size] + Array(shape[(axis + sizes.count)...]))
    }
  }

  private static func product(_ sizes: [Int]) -> Int? {
    sizes.reduce(1 as Int?) { product, size in
      product.flatMap {
        let (value, overflow) = $0.multipliedReportingOverflow(by: size)
        return overflow ? nil : value
      }
    }
  }
}

extension NamedTensor {
  fileprivate func reshaped(_ shape: [Int]) -> NamedTensor {
    NamedTensor(name: name, type: type, shape: shape, data: data)
  }

  fileprivate func permuted(_ axes: [Int]) -> NamedTensor {
    let size = type.byteCount
    // Elements between neighbours along each axis as it was.
    var steps = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      steps[axis] = steps[axis + 1] * shape[axis + 1]
    }
    let (sizes, moves) = (axes.map { shape[$0] }, axes.map { steps[$0] })
    var index = [Int](repeating: 0, count: axes.count)
    var result: [UInt8] = []
    result.reserveCapacity(data.count)
    for _ in 0..<data.count / size {
      let source = zip(index, moves).reduce(0) { $0 + $1.0 * $1.1 } * size
      result += data[source..<source + size]
      // Counts on, the last axis running fastest.
      for axis in sizes.indices.reversed() {
        index[axis] += 1
        if index[axis] < sizes[axis] { break }
        index[axis] = 0
      }
    }
    return NamedTensor(name: name, type: type, shape: sizes, data: result)
  }

  func renamed(_ name: String) -> NamedTensor {
    NamedTensor(name: name, type: type, shape: shape, data: data)
  }
}
