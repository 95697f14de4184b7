import CKernels

/// Elements chosen along axes: element i of the result is element start + sum of i[k] steps[k] of the operand. None is
/// chosen twice.
package struct Select: LinearOperation {
  package var isChoice: Bool { true }
  package let start: Int
  package let steps: [Int]

  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.select(operands[0], start, steps, to: graph.shape(node))
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int {
    graph.place(d, start, steps, in: graph.shape(graph.operand(node)))
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    shape.places(start, steps).map { operands[0][$0] }
  }
}

/// Elements put at places chosen so, 0 elsewhere: the adjoint.
package struct Place: LinearOperation {
  package let start: Int
  package let steps: [Int]

  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.place(operands[0], start, steps, in: graph.shape(node))
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int {
    graph.select(d, start, steps, to: graph.shape(graph.operand(node)))
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    var result = [Double](repeating: 0, count: shape.count)
    for (index, place) in operands[0].shape.places(start, steps).enumerated() {
      result[place] = operands[0][index]
    }
    return result
  }

  /// Also what is put nowhere leaves zeros.
  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    let shape = lowering.source.shape(node)
    return lowering.source.shape(lowering.source.operand(node)).count == 0
      ? lowering.target.fill(0, shape) : lowering.asItIs(node)
  }
}

extension Select: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    let shape = emission.shape(node)
    emission.rearrange(
      zip(shape.sizes, zip(steps, shape.strides)).map { ($0, $1.0, $1.1) }, from: start,
      source: emission.place(node, operand: 0), target: emission.place(node))
  }
}

extension Place: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    let shape = emission.shape(node, operand: 0)
    emission.rearrange(
      zip(shape.sizes, zip(shape.strides, steps)).map { ($0, $1.0, $1.1) }, to: start,
      cleared: shape.count == emission.shape(node).count ? 0 : emission.shape(node).count,
      source: emission.place(node, operand: 0), target: emission.place(node))
  }
}

/// A rearrangement with its axes, which follow it in memory.
private struct Rearrangement: Descriptor {
  var head: ck_rearrangement
  let axes: [ck_axis]

  var byteCount: Int {
    MemoryLayout<ck_rearrangement>.stride + axes.count * MemoryLayout<ck_axis>.stride
  }

  func write(to memory: UnsafeMutableRawPointer) {
    var head = head
    head.rank = Int64(axes.count)
    head.axes = UnsafePointer(
      (memory + MemoryLayout<ck_rearrangement>.stride)
        .initializeMemory(as: ck_axis.self, from: axes, count: axes.count))
    memory.initializeMemory(as: ck_rearrangement.self, to: head)
  }
}

extension Emission {
  /// Moves elements along axes of a size, with a step in the source and one in the target.
  mutating func rearrange(
    _ axes: [(size: Int, source: Int, target: Int)], from sourceStart: Int = 0,
    to targetStart: Int = 0,
    cleared: Int = 0, source: Int64, target: Int64
  ) {
    let head = ck_rearrangement(
      rank: 0, axes: nil, source_start: Int64(sourceStart), target_start: Int64(targetStart),
      cleared: Int64(cleared), source: source, target: target)
    call(
      \.rearrange,
      Rearrangement(
        head: head,
        axes: Self.simplified(axes).map {
          ck_axis(
            size: Int64($0.size), source_step: Int64($0.source), target_step: Int64($0.target))
        }))
  }

  /// Axes of one element are left out, and those that go on where the next one ends are one with it. An axis along which
  /// the source's elements follow each other comes last but one: with the last it is a matrix to be transposed.
  private static func simplified(
    _ axes: [(size: Int, source: Int, target: Int)]
  ) -> [(size: Int, source: Int, target: Int)] {
    var joined: [(size: Int, source: Int, target: Int)] = []
    for axis in axes where axis.size != 1 {
      if let last = joined.last, last.source == axis.size * axis.source,
        last.target == axis.size * axis.target
      {
        joined[joined.count - 1] = (last.size * axis.size, axis.source, axis.target)
      } else {
        joined.append(axis)
      }
    }
    if joined.count > 2, joined[joined.count - 1].source != 1,
      let place = joined.firstIndex(where: { $0.source == 1 })
    {
      joined.insert(joined.remove(at: place), at: joined.count - 1)
    }
    return joined
  }
}

extension Shape {
  /// How far apart neighbours along each axis are.
  var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in sizes.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * sizes[axis + 1]
    }
    return strides
  }

  /// start + sum of i[k] steps[k] for all elements i in order.
  fileprivate func places(_ start: Int, _ steps: [Int]) -> [Int] {
    var places = [start]
    for (size, step) in zip(sizes, steps) {
      places = places.flatMap { place in (0..<size).map { place + $0 * step } }
    }
    return places
  }
}

extension Graph {
  func select(_ x: Int, _ start: Int, _ steps: [Int], to target: Shape) -> Int {
    if let value = constantValue(x) { return fill(value, target) }
    if target.count == 0 { return fill(0, target) }
    if isContiguous(start, steps, target) {
      if target.count == shape(x).count { return reshape(x, target) }
      return slice(x, offset: start, target)
    }
    if let inner = operation(x) as? Select,
      let (start, steps) = composed(start, steps, target, with: inner, of: shape(x))
    {
      return select(operand(x), start, steps, to: target)
    }
    return append(Select(start: start, steps: steps), [x], target)
  }

  func place(_ x: Int, _ start: Int, _ steps: [Int], in target: Shape) -> Int {
    if isZero(x) || shape(x).count == 0 { return fill(0, target) }
    if isContiguous(start, steps, shape(x)) {
      if target.count == shape(x).count { return reshape(x, target) }
      return reshape(assemble([(start, x)], count: target.count), target)
    }
    return append(Place(start: start, steps: steps), [x], target)
  }

  private func isContiguous(_ start: Int, _ steps: [Int], _ shape: Shape) -> Bool {
    zip(shape.sizes, zip(steps, shape.strides)).allSatisfy { $0 == 1 || $1.0 == $1.1 }
  }

  /// A choice from a choice as one; `nil` where its steps cross the axes of the first.
  private func composed(
    _ start: Int, _ steps: [Int], _ target: Shape, with inner: Select, of middle: Shape
  ) -> (start: Int, steps: [Int])? {
    let strides = middle.strides
    // The least and the largest number along each axis of what is chosen from.
    var reach = zip(middle.sizes, strides).map { size, stride in
      let digit = size == 0 ? 0 : start / stride % size
      return (digit, digit)
    }
    var result: [Int] = []
    for (size, step) in zip(target.sizes, steps) {
      guard size > 1 else {
        result.append(0)
        continue
      }
      guard let axis = strides.indices.first(where: { middle[$0] > 1 && step % strides[$0] == 0 })
      else { return nil }
      let digits = step / strides[axis]
      result.append(digits * inner.steps[axis])
      let last = digits * (size - 1)
      reach[axis] = (reach[axis].0 + min(last, 0), reach[axis].1 + max(last, 0))
    }
    guard zip(reach, middle.sizes).allSatisfy({ $0.0 >= 0 && $0.1 < $1 }) else { return nil }
    let first = zip(middle.sizes, zip(strides, inner.steps)).reduce(inner.start) {
      $0 + ($1.0 == 0 ? 0 : start / $1.1.0 % $1.0) * $1.1.1
    }
    return (first, result)
  }

  /// The axes in another order: axis k of the result is axis order[k].
  func permute(_ x: Int, _ order: [Int]) -> Int {
    if order == [1, 0] { return transpose(x) }
    let strides = shape(x).strides
    return select(x, 0, order.map { strides[$0] }, to: Shape(order.map { shape(x)[$0] }))
  }
}
