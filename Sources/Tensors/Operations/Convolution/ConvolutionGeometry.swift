/// How a convolution's or pooling's windows lie along an axis of images.
package struct WindowAxis: Hashable, Sendable {
  /// Taps.
  package let kernel: Int
  /// From a window to the next.
  package let stride: Int
  /// From a tap to the next.
  package let dilation: Int
  /// Zeros before the first pixel and behind the last.
  package let before: Int
  package let after: Int

  package init(kernel: Int, stride: Int = 1, dilation: Int = 1, before: Int = 0, after: Int = 0) {
    (self.kernel, self.stride, self.dilation) = (kernel, stride, dilation)
    (self.before, self.after) = (before, after)
  }

  /// The pixels that a window spans.
  var reach: Int { dilation * (kernel - 1) + 1 }

  /// The windows over so many pixels; below 1 where not one fits.
  func outputs(_ pixels: Int) -> Int {
    let room = pixels + before + after - reach
    return room < 0 ? 0 : room / stride + 1
  }

  /// Whether the numbers are possible at all.
  var isPossible: Bool {
    kernel > 0 && stride > 0 && dilation > 0 && before >= 0 && after >= 0
      && max(kernel, stride, dilation, before, after) < 1 << 24
  }
}

/// The windows of a convolution: along both axes, and in how many groups of channels.
package struct ConvolutionGeometry: Hashable, Sendable {
  package let height: WindowAxis
  package let width: WindowAxis
  package let groups: Int

  package init(_ height: WindowAxis, _ width: WindowAxis, groups: Int = 1) {
    (self.height, self.width, self.groups) = (height, width, groups)
  }

  /// 3x3 windows with padding 1 and a stride of 1 or 2, for which there are kernels of their own; `nil` for others.
  var strideOf3x3: Int? {
    let stride = height.stride
    let same = WindowAxis(kernel: 3, stride: stride, before: 1, after: 1)
    return height == same && width == same && groups == 1 && stride <= 2 ? stride : nil
  }

  /// Whether windows are single pixels, all of them.
  var isOfPixels: Bool {
    let pixel = WindowAxis(kernel: 1)
    return height == pixel && width == pixel && groups == 1
  }

  /// The convolution that puts images together from what windows receive.
  var ofAdjoint: ConvolutionGeometry {
    ConvolutionGeometry(
      WindowAxis(kernel: height.kernel, dilation: height.dilation),
      WindowAxis(kernel: width.kernel, dilation: width.dilation), groups: groups)
  }

  /// Whether each channel has one filter of its own.
  func isDepthwise(_ input: Int, _ output: Int) -> Bool {
    groups > 1 && groups == input && input == output
  }
}
