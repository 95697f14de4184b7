/// What is made of the elements along axes. Axes may be counted from the end: -1 is the last; kept axes have size 1.
extension Tensor {
  /// The sum along some axes.
  ///
  /// - Parameters:
  ///   - axes: Which axes, each once.
  ///   - keepingAxes: Whether they stay, with size 1.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The sums; 0 for no elements.
  public func sum(
    axes: [Int], keepingAxes: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    reducing("sum", axes, keepingAxes, file, line) { x, runs in
      runs.reversed().reduce(x.node) { x.graph.sum($0, $1) }
    }
  }

  /// The mean along some axes. No elements have none: the trace throws a ``TensorError``.
  public func mean(
    axes: [Int], keepingAxes: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    reducing("mean", axes, keepingAxes, file, line, ofNothing: false) { x, runs in
      let count = runs.reduce(1) { $0 * x.shape.split(around: $1).middle }
      let sum = runs.reversed().reduce(x.node) { x.graph.sum($0, $1) }
      return x.graph.scale(sum, 1 / Double(count))
    }
  }

  /// The variance along some axes: the mean of squared deviations from the mean, times n / (n - correction).
  ///
  /// - Parameters:
  ///   - axes: Which axes, each once.
  ///   - correction: 0 for the mean itself, 1 for the estimate without bias.
  ///   - keepingAxes: Whether they stay, with size 1.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The variances.
  public func variance(
    axes: [Int], correction: Double = 0, keepingAxes: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    calling("variance", SourceLine(file, line)) {
      let deviations = self - mean(axes: axes, keepingAxes: true)
      let mean = deviations.squared.mean(axes: axes, keepingAxes: keepingAxes)
      let count = Double(shape.count) / Double(Swift.max(mean.shape.count, 1))
      return mean * (count / (count - correction))
    }
  }

  /// The square root of ``variance(axes:correction:keepingAxes:file:line:)``.
  public func standardDeviation(
    axes: [Int], correction: Double = 0, keepingAxes: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    calling("standardDeviation", SourceLine(file, line)) {
      sqrt(variance(axes: axes, correction: correction, keepingAxes: keepingAxes))
    }
  }

  /// (sum of |x|^order)^(1/order) along some axes.
  public func norm(
    axes: [Int], order: Double = 2, keepingAxes: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    calling("norm", SourceLine(file, line)) {
      switch order {
      case 1: abs(self).sum(axes: axes, keepingAxes: keepingAxes)
      case 2: sqrt(squared.sum(axes: axes, keepingAxes: keepingAxes))
      default: pow(pow(abs(self), order).sum(axes: axes, keepingAxes: keepingAxes), 1 / order)
      }
    }
  }

  /// The largest along some axes, by default all; equal ones share the derivative evenly.
  public func max(
    axes: [Int]? = nil, keepingAxes: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    extreme("max", axes, keepingAxes, isLeast: false, file, line)
  }

  /// The least along some axes, by default all; equal ones share the derivative evenly.
  public func min(
    axes: [Int]? = nil, keepingAxes: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    extreme("min", axes, keepingAxes, isLeast: true, file, line)
  }

  private func extreme(
    _ name: String, _ axes: [Int]?, _ keepingAxes: Bool, isLeast: Bool, _ file: StaticString,
    _ line: UInt
  ) -> Tensor {
    let all = axes ?? Array(0..<shape.rank)
    return reducing(name, all, keepingAxes, file, line, ofNothing: false, asOne: true) { x, runs in
      runs.reduce(x.node) { x.graph.extreme($0, $1, isLeast: isLeast) }
    }
  }

  /// The number of the largest along an axis, or among all elements: the first of equals. It has no derivative.
  public func argmax(
    axis: Int? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor { place("argmax", axis, isLeast: false, file, line) }

  /// The number of the least along an axis, or among all elements: the first of equals. It has no derivative.
  public func argmin(
    axis: Int? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor { place("argmin", axis, isLeast: true, file, line) }

  private func place(
    _ name: String, _ axis: Int?, isLeast: Bool, _ file: StaticString, _ line: UInt
  ) -> Tensor {
    calling(name, SourceLine(file, line)) {
      guard let own = axis.map({ self.axis($0) }) ?? 0 else {
        return withoutAxis(name, [axis ?? 0])
      }
      let axes = axis == nil ? 0..<shape.rank : own..<own + 1
      guard shape.split(around: axes).middle > 0 else {
        return failed("\(name): shape \(shape) has no elements there", "give at least one", shape)
      }
      return with(graph.extremePlace(node, axes, isLeast: isLeast))
    }
  }

  /// The product along some axes, with exact derivatives also where factors are 0.
  public func product(
    axes: [Int], keepingAxes: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    reducing("product", axes, keepingAxes, file, line, asOne: true) { x, runs in
      runs.reduce(x.node) { x.graph.productOfElements($0, $1) }
    }
  }

  /// The sums up to each element along an axis.
  ///
  /// - Parameters:
  ///   - axis: The axis.
  ///   - isReversed: From the end.
  ///   - isExclusive: Without each element's own value.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The sums, of this shape.
  public func cumulativeSum(
    axis: Int, isReversed: Bool = false, isExclusive: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    calling("cumulativeSum", SourceLine(file, line)) {
      guard let own = self.axis(axis) else { return withoutAxis("cumulativeSum", [axis]) }
      return with(
        graph.runningSum(
          node, RunningSum(axis: own, isReversed: isReversed, isExclusive: isExclusive)))
    }
  }

  /// log(sum(exp(x))) along some axes, without overflow.
  public func logSumExp(
    axes: [Int], keepingAxes: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    reducing("logSumExp", axes, keepingAxes, file, line, ofNothing: false, asOne: true) { x, runs in
      guard let run = runs.first else { return x.node }
      // Along the last axis, rows of a matrix.
      let (outer, middle, inner) = x.shape.split(around: run)
      let rows = x.graph.select(
        x.node, 0, [middle * inner, 1, inner], to: [outer, inner, middle])
      let sums = x.graph.logSumExp(x.graph.reshape(rows, [outer * inner, middle]))
      return x.graph.reshape(sums, x.shape.removing(run))
    }
  }

  /// exp(x) / sum(exp(x)) along an axis, without overflow. Where x is minus infinity it is 0.
  public func softmax(
    axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("softmax", SourceLine(file, line)) {
      guard let own = self.axis(axis) else { return withoutAxis("softmax", [axis]) }
      let last = movingAxis(own, to: -1)
      let rows = graph.reshape(
        last.node, [last.shape.split(around: last.shape.leadingAxes).middle, shape[own]])
      return with(graph.reshape(graph.softmax(rows), last.shape)).movingAxis(-1, to: own)
    }
  }

  /// x - log(sum(exp(x))) along an axis, without overflow.
  public func logSoftmax(
    axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("logSoftmax", SourceLine(file, line)) {
      guard let own = self.axis(axis) else { return withoutAxis("logSoftmax", [axis]) }
      return self - logSumExp(axes: [own], keepingAxes: true)
    }
  }

  // MARK: Axes

  /// Reduces along runs of neighbouring axes, the outermost first; as one run, the last, where that is asked for.
  private func reducing(
    _ name: String, _ axes: [Int], _ keepingAxes: Bool, _ file: StaticString, _ line: UInt,
    ofNothing: Bool = true, asOne: Bool = false, _ body: (Tensor, [Range<Int>]) -> Int
  ) -> Tensor {
    calling(name, SourceLine(file, line)) {
      guard let own = self.axes(axes) else { return withoutAxis(name, axes) }
      let kept = Shape(shape.sizes.enumerated().map { own.contains($0) ? 1 : $1 })
      let target =
        keepingAxes
        ? kept : Shape(shape.sizes.indices.filter { !own.contains($0) }.map { shape[$0] })
      guard ofNothing || own.allSatisfy({ shape[$0] > 0 }) else {
        return failed(
          "\(name): shape \(shape) has no elements along axes \(axes)", "give at least one example",
          target)
      }
      var (x, runs) = (self, own.runs)
      if asOne, runs.count > 1 {
        let others = shape.sizes.indices.filter { !own.contains($0) }
        x = with(graph.permute(node, others + own))
        runs = [others.count..<shape.rank]
      }
      return with(graph.reshape(body(x, runs), target))
    }
  }
}

extension [Int] {
  /// Neighbouring numbers as ranges.
  fileprivate var runs: [Range<Int>] {
    reduce(into: []) { runs, number in
      if let last = runs.last, last.upperBound == number {
        runs[runs.count - 1] = last.lowerBound..<number + 1
      } else {
        runs.append(number..<number + 1)
      }
    }
  }
}

extension Graph {
  /// The product along neighbouring axes, by halves.
  fileprivate func productOfElements(_ x: Int, _ axes: Range<Int>) -> Int {
    let (outer, middle, inner) = shape(x).split(around: axes)
    let target = shape(x).removing(axes)
    if middle == 0 { return fill(1, target) }
    var factors = reshape(x, [outer, middle, inner])
    var rest: [Int] = []
    var count = middle
    while count > 1 {
      if count % 2 == 1 { rest.append(piece(factors, 1, count - 1..<count)) }
      let half = count / 2
      factors = multiply(piece(factors, 1, 0..<half), piece(factors, 1, half..<2 * half))
      count = half
    }
    return reshape(rest.reduce(factors, multiply), target)
  }
}
