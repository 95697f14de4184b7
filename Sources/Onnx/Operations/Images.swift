import DataFiles
import Tensors

extension OnnxOperation {
  /// Windows over images `[n, channels, height, width]` and signals `[n, channels, length]`, which are held with their
  /// channels last.
  static let images: [OnnxOperation] = [
    OnnxOperation("Conv", .images, "along one or two axes") { call in [try call.convolution()] },
    OnnxOperation(
      "ConvTranspose", .images, "along one or two axes, without `output_shape`"
    ) { call in
      [try call.transposedConvolution()]
    },
    OnnxOperation("MaxPool", .images, "without dilation and places") { call in
      let windows = try Windows(call, try call.images(0))
      guard windows.dilations == [1, 1] else { throw call.wrong("its windows are dilated") }
      let pooled = windows.images.maxPooled(
        windows.pair(\.kernel), strides: windows.pair(\.strides), padding: windows.padding,
        isCeiling: try call.flag("ceil_mode"))
      return [windows.result(pooled)]
    },
    OnnxOperation("AveragePool", .images, "without dilation") { call in
      let windows = try Windows(call, try call.images(0))
      guard windows.dilations == [1, 1] else { throw call.wrong("its windows are dilated") }
      let pooled = windows.images.meanPooled(
        windows.pair(\.kernel), strides: windows.pair(\.strides), padding: windows.padding,
        isCountingPadding: try call.flag("count_include_pad"),
        isCeiling: try call.flag("ceil_mode"))
      return [windows.result(pooled)]
    },
    OnnxOperation("GlobalAveragePool", .images) { call in
      let x = try call.traced(0)
      guard x.rank >= 3, x.sizes.allSatisfy({ $0 > 0 }) else {
        throw call.wrong("shape \(x.sizes) is no images")
      }
      let places = (2..<x.rank).map(x.place).sorted()
      return [.traced(x.with(x.tensor.mean(axes: places, keepingAxes: true)))]
    },
    OnnxOperation("GlobalMaxPool", .images) { call in
      let x = try call.traced(0)
      guard x.rank >= 3, x.sizes.allSatisfy({ $0 > 0 }) else {
        throw call.wrong("shape \(x.sizes) is no images")
      }
      let places = (2..<x.rank).map(x.place).sorted()
      return [.traced(x.with(x.tensor.max(axes: places, keepingAxes: true)))]
    },
  ]
}

/// What an operation over windows is asked for, as if of images: signals are images of one column.
private struct Windows {
  /// `[n, height, width, channels]`.
  let images: Tensor
  private(set) var kernel: [Int]
  private(set) var strides: [Int]
  private(set) var dilations: [Int]
  private(set) var padding: Padding
  private let isSignal: Bool

  init(_ call: OnnxCall, _ x: Traced, kernel given: [Int]? = nil) throws(DataFileError) {
    let count = x.rank - 2
    isSignal = count == 1
    guard let kernel = try call.optionalIntegers("kernel_shape") ?? given, kernel.count == count
    else { throw call.wrong("it has no windows of \(count) axes") }
    let ones = [Int](repeating: 1, count: count)
    let strides = try call.optionalIntegers("strides") ?? ones
    let dilations = try call.optionalIntegers("dilations") ?? ones
    let pads = try call.optionalIntegers("pads") ?? [Int](repeating: 0, count: 2 * count)
    let all = kernel + strides + dilations
    guard strides.count == count, dilations.count == count, pads.count == 2 * count,
      all.allSatisfy({ 1...1 << 20 ~= $0 }), pads.allSatisfy({ 0...1 << 20 ~= $0 })
    else { throw call.wrong("windows of \(kernel), strides \(strides), pads \(pads)") }
    let auto = try call.text("auto_pad", "NOTSET")
    guard auto == "NOTSET" || auto == "VALID" else { throw call.wrong("auto_pad is \(auto)") }
    self.kernel = isSignal ? kernel + [1] : kernel
    self.strides = isSignal ? strides + [1] : strides
    self.dilations = isSignal ? dilations + [1] : dilations
    let sides = isSignal ? [pads[0], 0, pads[1], 0] : pads
    padding = .sides(top: sides[0], left: sides[1], bottom: sides[2], right: sides[3])
    let last = x.arranged([0] + Array(2..<x.rank) + [1])
    images = isSignal ? last.expanded(at: 2) : last
    let rows = images.shape[1] + sides[0] + sides[2]
    let columns = images.shape[2] + sides[1] + sides[3]
    guard rows * columns <= OnnxArray.mostElements else {
      throw call.wrong("images of shape \(x.sizes) are too large", remedy: "make them smaller")
    }
  }

  func pair(_ numbers: KeyPath<Windows, [Int]>) -> (Int, Int) {
    (self[keyPath: numbers][0], self[keyPath: numbers][1])
  }

  /// What was made of the images, in the order in which it is held.
  func result(_ made: Tensor) -> OnnxValue {
    guard isSignal else { return .traced(Traced(made, order: [0, 2, 3, 1])) }
    let shape = Shape([made.shape[0], made.shape[1], made.shape[3]])
    return .traced(Traced(made.reshaped(shape), order: [0, 2, 1]))
  }
}

extension OnnxCall {
  /// Images or signals.
  fileprivate func images(_ index: Int) throws(DataFileError) -> Traced {
    let x = try traced(index)
    guard x.rank == 3 || x.rank == 4 else {
      throw wrong(
        "shape \(x.sizes) is neither [n, channels, height, width] nor [n, channels, length]")
    }
    return x
  }

  /// The filters with their windows' axes first: `[height, width, axis 1, axis 0]`.
  private func filters(_ x: Traced) throws(DataFileError) -> Tensor {
    let weights = try traced(1)
    guard weights.rank == x.rank else {
      throw wrong("filters \(weights.sizes) over shape \(x.sizes)")
    }
    let arranged = weights.arranged(Array(2..<x.rank) + [1, 0])
    return x.rank == 3 ? arranged.expanded(at: 1) : arranged
  }

  private func biased(_ made: Tensor) throws(DataFileError) -> Tensor {
    guard let bias = optionalTensor(2) else { return made }
    guard bias.shape == [made.shape[3]] else {
      throw wrong("a bias of shape \(bias.shape) for \(made.shape[3]) channels")
    }
    return made + bias
  }

  fileprivate func convolution() throws(DataFileError) -> OnnxValue {
    let x = try images(0)
    let weights = try filters(x)
    let kernel = Array(weights.shape.sizes[..<(x.rank - 2)])
    let windows = try Windows(self, x, kernel: kernel)
    guard windows.kernel == [weights.shape[0], weights.shape[1]] else {
      throw wrong("windows of \(windows.kernel) with filters of \(try traced(1).sizes)")
    }
    let made = windows.images.convolved(
      with: weights, strides: windows.pair(\.strides), padding: windows.padding,
      dilations: windows.pair(\.dilations), groups: try groups())
    return windows.result(try biased(made))
  }

  private func groups() throws(DataFileError) -> Int {
    let groups = try integer("group", 1)
    guard 1...1 << 20 ~= groups else { throw wrong("\(groups) groups") }
    return groups
  }

  fileprivate func transposedConvolution() throws(DataFileError) -> OnnxValue {
    let x = try images(0)
    guard node.attributes["output_shape"] == nil else { throw wrong("it asks for a shape") }
    let weights = try filters(x)
    let windows = try Windows(self, x, kernel: Array(weights.shape.sizes[..<(x.rank - 2)]))
    let more = try optionalIntegers("output_padding") ?? [0, 0]
    guard more.allSatisfy({ 0...1 << 20 ~= $0 }), more.count >= x.rank - 2,
      windows.kernel == [weights.shape[0], weights.shape[1]]
    else { throw wrong("windows of \(windows.kernel), output padding \(more)") }
    let made = windows.images.transposedConvolved(
      with: weights, strides: windows.pair(\.strides), padding: windows.padding,
      dilations: windows.pair(\.dilations), groups: try groups(),
      outputPadding: (more[0], x.rank == 3 ? 0 : more[1]))
    return windows.result(try biased(made))
  }
}
