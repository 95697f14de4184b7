/// Zeros around images, or signals.
public enum Padding: Hashable, Sendable {
  /// None.
  case none
  /// So many in all as a window reaches beyond one pixel: with stride 1 the size stays. An odd one is put at the end.
  case same
  /// So many on all sides.
  case all(Int)
  /// So many at the top and the bottom, and at the left and the right.
  case each(height: Int, width: Int)
  /// On each side its own.
  case sides(top: Int, left: Int, bottom: Int, right: Int)

  fileprivate func around(_ kernel: (Int, Int), _ dilation: (Int, Int)) -> (
    top: Int, left: Int, bottom: Int, right: Int
  ) {
    switch self {
    case .none: return (0, 0, 0, 0)
    case .all(let amount): return (amount, amount, amount, amount)
    case .each(let height, let width): return (height, width, height, width)
    case .sides(let top, let left, let bottom, let right): return (top, left, bottom, right)
    case .same:
      let height = dilation.0 &* (kernel.0 &- 1), width = dilation.1 &* (kernel.1 &- 1)
      return (height / 2, width / 2, height - height / 2, width - width / 2)
    }
  }
}

extension Tensor {
  /// A convolution of images `[n, height, width, in]`. The weights are not flipped: as in other libraries it is a
  /// cross-correlation.
  ///
  /// 3x3 windows with stride 1 are computed by Winograd's F(4x4, 3x3) (Lavin and Gray, "Fast algorithms for convolutional
  /// neural networks", 2016), where that pays; 1x1 windows are matrix products.
  ///
  /// - Parameters:
  ///   - weights: `[kernel height, kernel width, in / groups, out]`.
  ///   - stride: From a window to the next, along both axes.
  ///   - padding: Zeros around each image.
  ///   - dilation: From a tap to the next, along both axes.
  ///   - groups: Into so many groups input channels are divided, each with its own out / groups filters.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: `[n, out height, out width, out]`, of each axis floor((size + padding - reach) / stride) + 1.
  public func convolved(
    with weights: Tensor, stride: Int = 1, padding: Padding = .same, dilation: Int = 1,
    groups: Int = 1, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    convolved(
      with: weights, strides: (stride, stride), padding: padding, dilations: (dilation, dilation),
      groups: groups, file: file, line: line)
  }

  /// The same with strides and dilations of (height, width).
  public func convolved(
    with weights: Tensor, strides: (Int, Int), padding: Padding = .same,
    dilations: (Int, Int) = (1, 1), groups: Int = 1, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    let w = weights.shape
    return calling("convolved", SourceLine(file, line), with: [weights]) {
      guard shape.rank == 4, w.rank == 4, groups > 0, w[2] &* groups == shape[3], w[3] % groups == 0
      else {
        return failed(
          "convolved: images \(shape), weights \(w), groups \(groups)",
          "it takes [n, height, width, in] and [kernel height, kernel width, in / groups, out], and whole groups",
          shape)
      }
      let geometry = Self.geometry((w[0], w[1]), strides, padding, dilations, groups)
      guard geometry.height.isPossible, geometry.width.isPossible,
        geometry.height.outputs(shape[1]) > 0, geometry.width.outputs(shape[2]) > 0
      else { return failed(Self.misfit("convolved", shape, geometry), Self.windowsThatFit, shape) }
      return with(graph.convolution(node, weights.node, geometry))
    }
  }

  /// The transpose of a convolution: images `[n, height, width, out]` that would come of it, to those it would take. As
  /// other libraries' transposed convolution, with strides it makes images larger.
  ///
  /// - Parameters:
  ///   - weights: Those of the convolution: `[kernel height, kernel width, result's channels / groups, this one's]`.
  ///   - strides: (height, width), as of the convolution.
  ///   - padding: As of the convolution: what is cut off the result.
  ///   - dilations: (height, width), as of the convolution.
  ///   - groups: As of the convolution.
  ///   - outputPadding: Rows and columns more at the end of the result, each below its stride or dilation.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: Along each axis (size - 1) stride - padding + reach + output padding.
  public func transposedConvolved(
    with weights: Tensor, strides: (Int, Int) = (1, 1), padding: Padding = .none,
    dilations: (Int, Int) = (1, 1), groups: Int = 1, outputPadding: (Int, Int) = (0, 0),
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let w = weights.shape
    return calling("transposedConvolved", SourceLine(file, line), with: [weights]) {
      guard shape.rank == 4, w.rank == 4, groups > 0, w[3] == shape[3], w[3] % groups == 0,
        outputPadding.0 >= 0, outputPadding.1 >= 0
      else {
        return failed(
          "transposedConvolved: images \(shape), weights \(w), groups \(groups)",
          "it takes [n, height, width, in] and [kernel height, kernel width, out / groups, in], and whole groups",
          shape)
      }
      let geometry = Self.geometry((w[0], w[1]), strides, padding, dilations, groups)
      let axes = [geometry.height, geometry.width]
      let sizes = zip(zip([shape[1], shape[2]], axes), [outputPadding.0, outputPadding.1]).map {
        ($0.0 - 1) &* $0.1.stride &- $0.1.before &- $0.1.after &+ $0.1.reach &+ $1
      }
      guard axes.allSatisfy(\.isPossible), sizes.allSatisfy({ $0 > 0 }),
        axes[0].outputs(sizes[0]) == shape[1], axes[1].outputs(sizes[1]) == shape[2]
      else {
        return failed(
          Self.misfit("transposedConvolved", shape, geometry), Self.windowsThatFit, shape)
      }
      return with(
        graph.convolutionInput(node, weights.node, geometry, height: sizes[0], width: sizes[1]))
    }
  }

  /// The largest value of each window of images `[n, height, width, channels]`; pixels beyond the image do not count. The
  /// first of equal values passes the gradient.
  ///
  /// - Parameters:
  ///   - kernel: The window's (height, width).
  ///   - strides: From a window to the next, by default the window's size.
  ///   - padding: How far windows may reach beyond the image, at most half of their size.
  ///   - isCeiling: Whether a last window that ends beyond image and padding counts, as long as it begins within.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: `[n, out height, out width, channels]`.
  public func maxPooled(
    _ kernel: (Int, Int) = (2, 2), strides: (Int, Int)? = nil, padding: Padding = .none,
    isCeiling: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("maxPooled", SourceLine(file, line)) {
      guard let (geometry, outputs) = pooling("maxPooled", kernel, strides, padding, isCeiling)
      else {
        return withoutWindows("maxPooled", kernel)
      }
      // The largest of non-negative parts is the non-negative part of the largest: the smaller tensor
      // is rectified.
      if graph.isUnary(node, .relu) {
        return relu(
          with(graph.operand(node))
            .maxPooled(kernel, strides: strides, padding: padding, isCeiling: isCeiling))
      }
      let axis = WindowAxis(kernel: 2, stride: 2)
      if geometry == ConvolutionGeometry(axis, axis), outputs[1] == shape[1] / 2,
        outputs[2] == shape[2] / 2
      {
        return with(graph.poolGather(node, graph.poolIndex(node)))
      }
      return with(
        graph.windowGather(node, graph.windowIndex(node, geometry, to: outputs), geometry))
    }
  }

  /// The mean of each window of images `[n, height, width, channels]`.
  ///
  /// - Parameters:
  ///   - kernel: The window's (height, width).
  ///   - strides: From a window to the next, by default the window's size.
  ///   - padding: Zeros around each image, at most half of a window's size.
  ///   - isCountingPadding: Whether these zeros count among a window's pixels.
  ///   - isCeiling: Whether a last window that ends beyond image and padding counts, as long as it begins within.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: `[n, out height, out width, channels]`.
  public func meanPooled(
    _ kernel: (Int, Int), strides: (Int, Int)? = nil, padding: Padding = .none,
    isCountingPadding: Bool = true, isCeiling: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    calling("meanPooled", SourceLine(file, line)) {
      guard let (geometry, outputs) = pooling("meanPooled", kernel, strides, padding, isCeiling)
      else {
        return withoutWindows("meanPooled", kernel)
      }
      let channels = shape[3]
      // Windows that end beyond the padding read zeros there, too.
      let (height, width) = (
        geometry.height.reaching(shape[1], outputs[1]),
        geometry.width.reaching(shape[2], outputs[2])
      )
      let ones = graph.fill(1, [kernel.0, kernel.1, 1, channels])
      let sums = graph.convolution(
        node, ones, ConvolutionGeometry(height, width, groups: channels))
      let rows = geometry.height.counts(shape[1], outputs[1], isCountingPadding)
      let columns = geometry.width.counts(shape[2], outputs[2], isCountingPadding)
      let shares = rows.flatMap { row in columns.map { 1 / (Double(row) * Double($0)) } }
      return with(sums) * constant(shares, [outputs[1], outputs[2], 1])
    }
  }

  /// The mean of windows that divide each axis into as many parts: part j from floor(j n / m) to before
  /// ceil((j + 1) n / m).
  public func adaptiveMeanPooled(
    to sizes: (Int, Int), file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("adaptiveMeanPooled", SourceLine(file, line)) {
      adaptivelyPooled("adaptiveMeanPooled", sizes) { $0.mean(axes: [$1], keepingAxes: true) }
    }
  }

  /// The largest of windows that divide each axis as those of ``adaptiveMeanPooled(to:file:line:)`` do.
  public func adaptiveMaxPooled(
    to sizes: (Int, Int), file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("adaptiveMaxPooled", SourceLine(file, line)) {
      adaptivelyPooled("adaptiveMaxPooled", sizes) { part, axis in
        let kernel = axis == 1 ? (part.shape[1], 1) : (1, part.shape[2])
        return part.maxPooled(kernel)
      }
    }
  }

  private func adaptivelyPooled(
    _ name: String, _ sizes: (Int, Int), _ pool: (Tensor, Int) -> Tensor
  ) -> Tensor {
    guard shape.rank == 4, sizes.0 > 0, sizes.1 > 0, shape.count > 0
    else {
      return failed(
        "\(name): \(sizes) windows over shape \(shape)",
        "it takes [n, height, width, channels] with a pixel, and a window or more along each axis",
        shape
      )
    }
    return [(1, sizes.0), (2, sizes.1)].reduce(self) { x, window in
      let (axis, parts) = window
      let size = x.shape[axis]
      return Tensor.concatenated(
        (0..<parts).map { part in
          let range = part * size / parts..<((part + 1) * size + parts - 1) / parts
          return pool(x.sliced(axis, range), axis)
        }, axis: axis)
    }
  }

  // MARK: Windows

  private static func geometry(
    _ kernel: (Int, Int), _ strides: (Int, Int), _ padding: Padding, _ dilations: (Int, Int),
    _ groups: Int
  ) -> ConvolutionGeometry {
    let around = padding.around(kernel, dilations)
    return ConvolutionGeometry(
      WindowAxis(
        kernel: kernel.0, stride: strides.0, dilation: dilations.0, before: around.top,
        after: around.bottom),
      WindowAxis(
        kernel: kernel.1, stride: strides.1, dilation: dilations.1, before: around.left,
        after: around.right), groups: groups)
  }

  private static func misfit(_ name: String, _ shape: Shape, _ g: ConvolutionGeometry) -> String {
    "\(name): windows of \(g.height.kernel) x \(g.width.kernel), stride \(g.height.stride) x \(g.width.stride), "
      + "dilation \(g.height.dilation) x \(g.width.dilation) over shape \(shape)"
  }

  private static let windowsThatFit = "one window must fit into the image with its padding"

  private func pooling(
    _ name: String, _ kernel: (Int, Int), _ strides: (Int, Int)?, _ padding: Padding,
    _ isCeiling: Bool
  ) -> (ConvolutionGeometry, Shape)? {
    guard shape.rank == 4 else { return nil }
    let geometry = Self.geometry(kernel, strides ?? kernel, padding, (1, 1), 1)
    let axes = [geometry.height, geometry.width]
    guard axes.allSatisfy({ $0.isPossible && 2 * Swift.max($0.before, $0.after) <= $0.kernel })
    else {
      return nil
    }
    let outputs = zip(axes, [shape[1], shape[2]]).map { $0.outputs($1, isCeiling: isCeiling) }
    return outputs.allSatisfy { $0 > 0 }
      ? (geometry, [shape[0], outputs[0], outputs[1], shape[3]]) : nil
  }

  private func withoutWindows(_ name: String, _ kernel: (Int, Int)) -> Tensor {
    failed(
      "\(name): shape \(shape), windows of \(kernel.0) x \(kernel.1)",
      "it takes [n, height, width, channels] with at least \(kernel.0) rows and \(kernel.1) columns, and a padding of "
        + "at most half a window", shape)
  }
}

extension WindowAxis {
  /// The windows over so many pixels; where rounded up, also one that ends beyond, if it begins within.
  fileprivate func outputs(_ pixels: Int, isCeiling: Bool) -> Int {
    let whole = outputs(pixels)
    guard isCeiling, pixels > 0 else { return whole }
    let room = pixels + before + after - reach
    let rounded = room < 0 ? 1 : (room + stride - 1) / stride + 1
    return rounded > whole && (rounded - 1) * stride < pixels + before ? rounded : whole
  }

  /// The same windows with so much behind the image that the last of them fits.
  fileprivate func reaching(_ pixels: Int, _ outputs: Int) -> WindowAxis {
    let end = (outputs - 1) * stride + reach - before - pixels
    return WindowAxis(
      kernel: kernel, stride: stride, dilation: dilation, before: before, after: max(end, after))
  }

  /// How many of each window's pixels count: those within the image, or within its padding, too.
  fileprivate func counts(_ pixels: Int, _ outputs: Int, _ isCountingPadding: Bool) -> [Int] {
    let (first, last) = isCountingPadding ? (-before, pixels + after) : (0, pixels)
    return (0..<outputs).map { index in
      let start = index * stride - before
      return min(start + kernel, last) - max(start, first)
    }
  }
}
