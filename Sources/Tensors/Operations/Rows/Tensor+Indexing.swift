/// Elements and rows chosen by numbers. The numbers are data given with the task, or rows or another shape of such data;
/// they are whole, and checked when they are given.
extension Tensor {
  /// The rows `x[index[0]], x[index[1]], ...` of a tensor `[rows, ...]`; a row may come several times, or never.
  ///
  /// - Parameters:
  ///   - index: Data given with the task, of any shape, or rows of such data, of whole numbers 0 ..< rows; they are checked
  ///     when they are given, also those of rows that are not chosen. In single precision none above 2^24 is taken,
  ///     beyond which not every number is held exactly.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The chosen rows, `[index..., ...]`.
  public func rows(
    _ index: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("rows", SourceLine(file, line), with: [index]) {
      guard shape.rank >= 1, index.shape.rank >= 1, index.isData else {
        return failed(
          "rows: shapes \(shape) and \(index.shape)",
          "it takes a tensor with rows and an index of shape [n] that is given as data", shape)
      }
      let rows = graph.gatherRows(node, graph.reshape(index.node, [index.shape.count]))
      return with(graph.reshape(rows, Shape(index.shape.sizes + shape.sizes.dropFirst())))
    }
  }

  /// Elements of an axis by their numbers: ``rows(_:file:line:)`` along any axis.
  public func taking(
    _ index: Tensor, axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("taking", SourceLine(file, line), with: [index]) {
      guard let own = self.axis(axis), index.shape.rank == 1 else {
        return failed(
          "taking: index \(index.shape) along axis \(axis) of shape \(shape)",
          "it takes an index of shape [n] and one of the axes", shape)
      }
      return movingAxis(own, to: 0).rows(index).movingAxis(0, to: own)
    }
  }

  /// One element of an axis for each place of the others: along axis 0, result[i, j] = x[index[i, j], j].
  ///
  /// - Parameters:
  ///   - index: Data of whole numbers below the axis's size, of as many axes, the others no longer than this tensor's.
  ///   - axis: The axis.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The chosen elements, of the index's shape.
  public func gathered(
    _ index: Tensor, axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("gathered", SourceLine(file, line), with: [index]) {
      guard let places = places(index, axis, "gathered") else {
        return stray(index, axis, "gathered")
      }
      let chosen = graph.gatherRows(graph.reshape(node, [shape.count]), places)
      return with(graph.reshape(chosen, index.shape))
    }
  }

  /// This tensor, to which others are added at the places that ``gathered(_:axis:file:line:)`` would choose: along axis 0,
  /// source[i, j] to element [index[i, j], j].
  public func addingScattered(
    _ source: Tensor, at index: Tensor, axis: Int, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    calling("addingScattered", SourceLine(file, line), with: [source, index]) {
      guard let places = places(index, axis, "addingScattered"), source.shape == index.shape else {
        return stray(index, axis, "addingScattered")
      }
      let flat = graph.reshape(source.node, [source.shape.count])
      let added = graph.scatterRows(flat, places, rows: shape.count)
      return self + with(graph.reshape(added, shape))
    }
  }

  /// This tensor, to whose slices along an axis others are added: slice i of the source to slice index[i].
  public func addingSlices(
    _ source: Tensor, at index: Tensor, axis: Int = 0, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    calling("addingSlices", SourceLine(file, line), with: [source, index]) {
      guard let own = self.axis(axis), index.shape.rank == 1, index.isData,
        source.shape.rank == shape.rank, source.shape[own] == index.shape[0],
        source.shape.removing(own..<own + 1) == shape.removing(own..<own + 1)
      else { return stray(index, axis, "addingSlices") }
      let checked = graph.checked(index.node, below: shape[own])
      let rows = graph.scatterRows(source.movingAxis(own, to: 0).node, checked, rows: shape[own])
      return self + with(rows).movingAxis(0, to: own)
    }
  }

  /// The sums of rows that have one number each, for each number below a bound: a segment's sum.
  public func segmentSum(
    _ segments: Tensor, count: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("segmentSum", SourceLine(file, line), with: [segments]) {
      guard shape.rank >= 1, segments.shape == [shape[0]], segments.isData, count > 0 else {
        return failed(
          "segmentSum: shapes \(shape) and \(segments.shape), \(count) segments",
          "it takes [n, ...], one number a row that is given as data, and how many there are", shape
        )
      }
      return with(graph.scatterRows(node, graph.checked(segments.node, below: count), rows: count))
    }
  }

  /// Where gathered elements are among all of them.
  private func places(_ index: Tensor, _ axis: Int, _ name: String) -> Int? {
    guard let own = self.axis(axis), index.shape.rank == shape.rank, index.isData,
      shape.sizes.indices.allSatisfy({ $0 == own || index.shape[$0] <= shape[$0] })
    else { return nil }
    let strides = shape.strides
    // The part of each place that the index's own axes make.
    var others = [0]
    for other in index.shape.sizes.indices {
      let step = other == own ? 0 : strides[other]
      others = others.flatMap { place in (0..<index.shape[other]).map { place + $0 * step } }
    }
    let checked = graph.checked(index.node, below: shape[own], reach: shape.count)
    let scaled = graph.scale(checked, Double(strides[own]))
    let places = graph.add(scaled, graph.literal(others.map(Double.init), index.shape))
    return graph.reshape(places, [index.shape.count])
  }

  private func stray(_ index: Tensor, _ axis: Int, _ name: String) -> Tensor {
    failed(
      "\(name): index \(index.shape) along axis \(axis) of shape \(shape)",
      "the index is given as data, has as many axes as what it chooses from, and fits its shape",
      shape)
  }

  /// 1 at each label's class, else 0. The labels are data given with the task, or rows of such data, whole numbers
  /// 0 ..< classes; they are checked when they are given, also those of rows that are not chosen.
  ///
  /// - Parameters:
  ///   - classes: How many classes there are, at least 1.
  ///   - ignored: A label that is none: it may be no class's number, and its row is 0.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: `[labels..., classes]`.
  public func oneHot(
    classes: Int, ignoring ignored: Int? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("oneHot", SourceLine(file, line)) {
      guard shape.rank >= 1, isData, classes > 0 else {
        return failed(
          "oneHot: labels \(shape), \(classes) classes",
          "it takes labels of shape [n] that are given as data",
          [shape.count, Swift.max(classes, 1)])
      }
      let rows = graph.append(
        OneHot(ignored: ignored), [graph.reshape(node, [shape.count])], [shape.count, classes])
      let own = with(graph.reshape(rows, Shape(shape.sizes + [classes])))
      guard let ignored, 0..<classes ~= ignored else { return own }
      return own * (self .!= Double(ignored)).expanded(at: -1)
    }
  }
}

extension Graph {
  /// Data that are checked to be whole numbers below a bound.
  fileprivate func checked(_ index: Int, below limit: Int, reach: Int? = nil) -> Int {
    append(
      CheckedIndex(limit: limit, isLabel: false, reach: reach), [index], shape(index))
  }
}
