/// Axes exchanged, chosen from, put together. An axis may be counted from the end: -1 is the last.
extension Tensor {
  /// The axes in another order: axis k of the result is axis `order[k]`.
  ///
  /// - Parameters:
  ///   - order: Each axis once.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The same elements, with the axes exchanged.
  public func permuted(
    _ order: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("permuted", SourceLine(file, line)) {
      let axes = order.map { $0 < 0 ? $0 + shape.rank : $0 }
      guard axes.sorted() == Array(0..<shape.rank) else {
        return failed(
          "permuted: order \(order) of shape \(shape)", "it takes each of the axes once", shape)
      }
      return with(graph.permute(node, axes))
    }
  }

  /// Two axes exchanged.
  public func transposed(
    _ a: Int, _ b: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("transposed", SourceLine(file, line)) {
      guard let first = axis(a), let second = axis(b) else {
        return withoutAxis("transposed", [a, b])
      }
      var order = Array(0..<shape.rank)
      order.swapAt(first, second)
      return with(graph.permute(node, order))
    }
  }

  /// An axis moved to another place; the others keep their order.
  public func movingAxis(
    _ from: Int, to: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("movingAxis", SourceLine(file, line)) {
      guard let first = axis(from), let second = axis(to) else {
        return withoutAxis("movingAxis", [from, to])
      }
      var order = Array(0..<shape.rank)
      order.insert(order.remove(at: first), at: second)
      return with(graph.permute(node, order))
    }
  }

  /// A new axis of size 1 at a place of the result.
  public func expanded(
    at place: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("expanded", SourceLine(file, line)) {
      let axis = place < 0 ? place + shape.rank + 1 : place
      guard 0...shape.rank ~= axis else { return withoutAxis("expanded", [place]) }
      var sizes = shape.sizes
      sizes.insert(1, at: axis)
      return with(graph.reshape(node, Shape(sizes)))
    }
  }

  /// Without an axis of size 1.
  public func squeezed(
    _ place: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("squeezed", SourceLine(file, line)) {
      guard let axis = axis(place), shape[axis] == 1 else {
        return failed(
          "squeezed: axis \(place) of shape \(shape)", "it takes an axis of size 1", shape)
      }
      return with(graph.reshape(node, shape.removing(axis..<axis + 1)))
    }
  }

  /// Elements along an axis: those of a range, every `step`-th of them.
  ///
  /// - Parameters:
  ///   - axis: The axis.
  ///   - range: From which to before which; it must lie within the axis.
  ///   - step: 1 or more.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The same shape but for that axis.
  public func sliced(
    _ axis: Int, _ range: Range<Int>, by step: Int = 1, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    calling("sliced", SourceLine(file, line)) {
      guard let own = self.axis(axis), range.lowerBound >= 0, range.upperBound <= shape[own],
        step > 0
      else {
        return failed(
          "sliced: \(range) by \(step) along axis \(axis) of shape \(shape)",
          "the range must lie within the axis, and the step be 1 or more", shape)
      }
      return with(graph.piece(node, own, range, by: step))
    }
  }

  /// One element of an axis, which the result lacks.
  public func at(
    _ index: Int, axis: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("at", SourceLine(file, line)) {
      guard let own = self.axis(axis), -shape[own]..<shape[own] ~= index else {
        return failed(
          "at: element \(index) of axis \(axis) of shape \(shape)", "it must be one of the axis's",
          shape)
      }
      let place = index < 0 ? index + shape[own] : index
      let piece = graph.piece(node, own, place..<place + 1)
      return with(graph.reshape(piece, shape.removing(own..<own + 1)))
    }
  }

  /// The order of the elements along some axes reversed.
  public func flipped(
    _ axes: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("flipped", SourceLine(file, line)) {
      guard let own = self.axes(axes) else { return withoutAxis("flipped", axes) }
      var steps = shape.strides
      var start = 0
      for axis in own where shape[axis] > 0 {
        start += (shape[axis] - 1) * steps[axis]
        steps[axis] = -steps[axis]
      }
      return with(graph.select(node, start, steps, to: shape))
    }
  }

  /// Elements shifted along an axis, those beyond its end to its beginning: element i comes from i - shift.
  public func rolled(
    _ shift: Int, axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("rolled", SourceLine(file, line)) {
      guard let own = self.axis(axis) else { return withoutAxis("rolled", [axis]) }
      guard shape[own] > 1 else { return self }
      let cut = ((-shift % shape[own]) + shape[own]) % shape[own]
      if cut == 0 { return self }
      return with(
        graph.concatenate(
          [graph.piece(node, own, cut..<shape[own]), graph.piece(node, own, 0..<cut)], own))
    }
  }

  /// More elements of one number before and behind those of each axis.
  ///
  /// - Parameters:
  ///   - amounts: For each axis how many before and behind, 0 or more.
  ///   - value: The number.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The padded tensor.
  public func padded(
    _ amounts: [(before: Int, after: Int)], value: Double = 0, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    calling("padded", SourceLine(file, line)) {
      guard amounts.count == shape.rank, amounts.allSatisfy({ $0.before >= 0 && $0.after >= 0 })
      else {
        return failed(
          "padded: \(amounts) of shape \(shape)", "it takes two numbers from 0 on for each axis",
          shape)
      }
      let target = Shape(zip(shape.sizes, amounts).map { $0 + $1.before + $1.after })
      guard target.isPossible else {
        return failed("padded: to \(target)", "make it smaller", shape)
      }
      let strides = target.strides
      let start = zip(amounts, strides).reduce(0) { $0 + $1.0.before * $1.1 }
      // Zeros round what differs from the number: also what is not finite stays where it is.
      let inside = with(graph.place(node, start, strides, in: target))
      if value == 0 { return inside }
      let border = graph.place(graph.fill(1, shape), start, strides, in: target)
      return inside + with(graph.scale(graph.offset(graph.scale(border, -1), 1), value))
    }
  }

  /// Tensors one after another along an axis.
  ///
  /// - Parameters:
  ///   - tensors: One or more, of one shape but for that axis.
  ///   - axis: The axis.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: All of them.
  public static func concatenated(
    _ tensors: [Tensor], axis: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    guard let first = tensors.first else { fatalError("concatenated takes one tensor or more") }
    return first.calling("concatenated", SourceLine(file, line), with: Array(tensors.dropFirst())) {
      guard let own = first.axis(axis),
        tensors.allSatisfy({
          $0.shape.rank == first.shape.rank
            && $0.shape.removing(own..<own + 1) == first.shape.removing(own..<own + 1)
        })
      else {
        return first.failed(
          "concatenated: shapes \(tensors.map { "\($0.shape)" }.joined(separator: ", ")) along axis \(axis)",
          "all but that axis must be the same", first.shape)
      }
      return first.with(first.graph.concatenate(tensors.map(\.node), own))
    }
  }

  /// Tensors of one shape along a new axis at a place of the result.
  public static func stacked(
    _ tensors: [Tensor], axis: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    guard let first = tensors.first else { fatalError("stacked takes one tensor or more") }
    return first.calling("stacked", SourceLine(file, line), with: Array(tensors.dropFirst())) {
      let place = axis < 0 ? axis + first.shape.rank + 1 : axis
      guard 0...first.shape.rank ~= place, tensors.allSatisfy({ $0.shape == first.shape }) else {
        return first.failed(
          "stacked: shapes \(tensors.map { "\($0.shape)" }.joined(separator: ", ")) along axis \(axis)",
          "all must be the same", first.shape)
      }
      return concatenated(tensors.map { $0.expanded(at: place) }, axis: place)
    }
  }

  /// Pieces of some sizes along an axis.
  public func split(
    _ sizes: [Int], axis: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> [Tensor] {
    guard let own = self.axis(axis), sizes.allSatisfy({ $0 >= 0 }),
      sizes.reduce(0, +) == shape[own]
    else {
      let stray = calling("split", SourceLine(file, line)) {
        failed(
          "split: pieces of \(sizes) along axis \(axis) of shape \(shape)",
          "their sizes must add up to the axis's", shape)
      }
      return sizes.map { _ in stray }
    }
    var start = 0
    return sizes.map { size in
      start += size
      return sliced(own, start - size..<start, file: file, line: line)
    }
  }

  /// The whole repeated along axes, which are added in front where there are more repeats than axes.
  public func tiled(
    _ repeats: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("tiled", SourceLine(file, line)) {
      guard repeats.allSatisfy({ $0 > 0 }) else {
        return failed(
          "tiled: repeats \(repeats) of shape \(shape)", "they are 1 or more", shape)
      }
      let rank = Swift.max(repeats.count, shape.rank)
      let sizes = [Int](repeating: 1, count: rank - shape.rank) + shape.sizes
      let times = [Int](repeating: 1, count: rank - repeats.count) + repeats
      return repeated(zip(times, sizes).map { [($0, true), ($1, false)] })
    }
  }

  /// Every element along an axis repeated so many times in a row.
  public func repeated(
    _ times: Int, axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("repeated", SourceLine(file, line)) {
      guard let own = self.axis(axis), times > 0 else {
        return failed(
          "repeated: \(times) times along axis \(axis) of shape \(shape)",
          "it takes one of the axes, 1 or more times", shape)
      }
      return repeated(
        shape.sizes.enumerated().map { $0 == own ? [($1, false), (times, true)] : [($1, false)] })
    }
  }

  /// Each axis made of parts, own ones and such as repeat.
  private func repeated(_ axes: [[(size: Int, isNew: Bool)]]) -> Tensor {
    let parts = axes.flatMap { $0 }
    let full = Shape(parts.map(\.size))
    guard full.isPossible else {
      return failed("a tensor of shape \(full)", "make it smaller", shape)
    }
    let own = graph.reshape(node, Shape(parts.map { $0.isNew ? 1 : $0.size }))
    let spread = with(own).broadcast(to: full, "repeated")
    return with(graph.reshape(spread.node, Shape(axes.map { $0.reduce(1) { $0 * $1.size } })))
  }

  /// Repeated to a shape as in arithmetic: axes are aligned from the last, missing ones and those of size 1 repeat.
  public func broadcast(
    to target: Shape, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("broadcast", SourceLine(file, line)) { broadcast(to: target, "broadcast") }
  }

  /// The same values, constants to every derivative.
  public func stoppingGradient(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    calling("stoppingGradient", SourceLine(file, line)) {
      with(graph.constantValue(node) == nil ? graph.append(StopGradient(), [node], shape) : node)
    }
  }

  /// Numbers that are written in the objective, as a tensor of its trace.
  ///
  /// - Parameters:
  ///   - values: As many numbers as the shape has elements, the last axis running fastest.
  ///   - shape: The shape.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The numbers, constants to every derivative.
  public func constant(
    _ values: [Double], _ shape: Shape, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("constant", SourceLine(file, line)) {
      guard shape.isPossible, shape.count == values.count else {
        return failed(
          "constant: \(values.count) numbers for shape \(shape)",
          "there must be one for each element",
          shape)
      }
      return with(graph.literal(values, shape))
    }
  }

  // MARK: Axes

  /// An axis counted from the beginning; `nil` where there is none.
  func axis(_ axis: Int) -> Int? {
    let own = axis < 0 ? axis + shape.rank : axis
    return 0..<shape.rank ~= own ? own : nil
  }

  /// Different axes, in order; `nil` where there are none such.
  func axes(_ axes: [Int]) -> [Int]? {
    let own = axes.compactMap { axis($0) }
    return own.count == axes.count && Set(own).count == own.count ? own.sorted() : nil
  }

  func withoutAxis(_ name: String, _ axes: [Int]) -> Tensor {
    let list = axes.map(String.init).joined(separator: " and ")
    return failed("\(name): axis \(list) of shape \(shape)", axesAtHand, shape)
  }

  var axesAtHand: String {
    shape.rank == 0
      ? "a scalar has no axes" : "there are axes 0 to \(shape.rank - 1), or -\(shape.rank) to -1"
  }
}
