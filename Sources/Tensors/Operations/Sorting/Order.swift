import CKernels

/// The order of the elements along an axis: where each place's is found, along the axis or among all elements. Equal ones
/// stay in their order; what is not a number counts as larger than all others.
package struct Order: ConstantOperation {
  package let axis: Int
  package let isDescending: Bool
  package let isAmongAll: Bool

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let (outer, middle, inner) = shape.split(around: axis..<axis + 1)
    var result = operands[0].numbers
    for line in 0..<outer * inner {
      let start = line / inner * middle * inner + line % inner
      let own = (0..<middle).map { operands[0][start + $0 * inner] }
      for (place, at) in own.indices.sorted(by: { isBefore(own, $0, $1) }).enumerated() {
        result[start + place * inner] = Double(isAmongAll ? start + at * inner : at)
      }
    }
    return result
  }

  private func isBefore(_ own: [Double], _ a: Int, _ b: Int) -> Bool {
    let (x, y) = (own[a], own[b])
    if x == y || x.isNaN && y.isNaN { return a < b }
    if x.isNaN || y.isNaN { return x.isNaN == isDescending }
    return isDescending ? x > y : x < y
  }
}

extension Order: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(
      \.order,
      ck_order(
        axis: emission.middleAxis(node, axis..<axis + 1, target: emission.place(node)),
        descending: isDescending ? 1 : 0, among_all: isAmongAll ? 1 : 0))
  }
}

extension ck_order: Descriptor {}

extension Graph {
  fileprivate func sorted(_ x: Int, _ axis: Int, isDescending: Bool) -> Int {
    if constantValue(x) != nil { return x }
    let (shape, all) = (shape(x), Shape([shape(x).count]))
    let order = append(
      Order(axis: axis, isDescending: isDescending, isAmongAll: true), [x], shape)
    return reshape(gatherRows(reshape(x, all), reshape(order, all)), shape)
  }
}

extension Tensor {
  /// The elements along an axis in their order, as NumPy and PyTorch sort: from the least on, or from the largest; equal
  /// ones stay in their order, and what is not a number counts as larger than all others. Each element's derivative goes
  /// where it came from.
  ///
  /// - Parameters:
  ///   - axis: The axis, from the end where it is negative.
  ///   - descending: Whether the largest comes first.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: This tensor's shape. Of up to 2^24 elements: single precision holds no more places exactly.
  public func sorted(
    axis: Int = -1, descending: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    ordering("sorted", axis, file, line) { graph.sorted(node, $0, isDescending: descending) }
  }

  /// The numbers along an axis of its elements in their order: x's element number `x.argsort()[0]` is the least. It has no
  /// derivative.
  ///
  /// - Parameters:
  ///   - axis: The axis, from the end where it is negative.
  ///   - descending: Whether the largest comes first.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: Whole numbers, in this tensor's shape, of up to 2^24 elements.
  public func argsort(
    axis: Int = -1, descending: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    ordering("argsort", axis, file, line) {
      graph.append(
        Order(axis: $0, isDescending: descending, isAmongAll: false), [node], shape)
    }
  }

  private func ordering(
    _ name: String, _ axis: Int, _ file: StaticString, _ line: UInt, _ order: (Int) -> Int
  ) -> Tensor {
    calling(name, SourceLine(file, line)) {
      guard let own = self.axis(axis), shape.count <= 1 << 24 else {
        return failed(
          "\(name): axis \(axis) of shape \(shape)",
          "it takes one of the axes, of up to 2^24 elements in all", shape)
      }
      return with(order(own))
    }
  }
}
