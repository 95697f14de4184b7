import DataFiles
import Tensors

extension OnnxOperation {
  /// Normalisations.
  static let normalisations: [OnnxOperation] = [
    OnnxOperation(
      "BatchNormalization", .normalisation,
      "by given statistics; in training mode by the batch's, without running ones"
    ) { call in
      let x = try call.traced(0)
      guard x.rank >= 2 else { throw call.wrong("shape \(x.sizes) has no channels") }
      let epsilon = try call.number("epsilon", 1e-5)
      let channels = x.place(of: 1)
      func repeated(_ index: Int) throws -> Tensor {
        try call.vector(index, x.sizes[1], along: channels, of: x)
      }
      let (gain, shift) = (try repeated(1), try repeated(2))
      if try call.flag("training_mode") {
        let places = (0..<x.rank).filter { $0 != channels }
        let normalised = x.tensor.normalised(axes: places, epsilon: epsilon)
        return [.traced(x.with(normalised * gain + shift))]
      }
      let (mean, variance) = (try repeated(3), try repeated(4))
      return [.traced(x.with((x.tensor - mean) * rsqrt(variance + epsilon) * gain + shift))]
    },
    OnnxOperation("LayerNormalization", .normalisation, "the first output alone") { call in
      let x = try call.tensor(0)
      let first = try call.axis(try call.integer("axis", -1), rank: x.shape.rank)
      let normalised = x.normalised(
        axes: Array(first..<x.shape.rank), epsilon: try call.number("epsilon", 1e-5))
      let gained = try call.optionalTensor(1).map { try call.product(normalised, $0) } ?? normalised
      guard let shift = call.optionalTensor(2) else { return [.traced(Traced(gained))] }
      guard Strides.broadcast(gained.shape.sizes, shift.shape.sizes) == gained.shape.sizes else {
        throw call.wrong("shapes \(gained.shape) and \(shift.shape) do not fit")
      }
      return [.traced(Traced(gained + shift))]
    },
    OnnxOperation("RMSNormalization", .normalisation) { call in
      let x = try call.tensor(0)
      let first = try call.axis(try call.integer("axis", -1), rank: x.shape.rank)
      let epsilon = try call.number("epsilon", 1e-5)
      let mean = x.squared.mean(axes: Array(first..<x.shape.rank), keepingAxes: true)
      return [.traced(Traced(try call.product(x * rsqrt(mean + epsilon), try call.tensor(1))))]
    },
    OnnxOperation("InstanceNormalization", .normalisation) { call in
      let x = try call.traced(0)
      guard x.rank >= 3 else { throw call.wrong("shape \(x.sizes) is no images") }
      let (channels, places) = (x.place(of: 1), (2..<x.rank).map(x.place).sorted())
      let normalised = x.tensor.normalised(
        axes: places, epsilon: try call.number("epsilon", 1e-5))
      let gain = try call.vector(1, x.sizes[1], along: channels, of: x)
      let shift = try call.vector(2, x.sizes[1], along: channels, of: x)
      return [.traced(x.with(normalised * gain + shift))]
    },
    OnnxOperation("GroupNormalization", .normalisation, "of version 21 on") { call in
      let x = try call.traced(0)
      let groups = try call.integer("num_groups", 1)
      guard x.rank >= 3, groups > 0, x.sizes[1] % groups == 0, call.version >= 21 else {
        throw call.wrong("\(groups) groups of shape \(x.sizes), version \(call.version)")
      }
      let order = [0] + Array(2..<x.rank) + [1]
      let normalised = Traced(
        x.arranged(order).groupNormalised(
          groups: groups, epsilon: try call.number("epsilon", 1e-5)), order: order)
      let gain = try call.vector(1, x.sizes[1], along: x.rank - 1, of: normalised)
      let shift = try call.vector(2, x.sizes[1], along: x.rank - 1, of: normalised)
      return [.traced(normalised.with(normalised.tensor * gain + shift))]
    },
    OnnxOperation("LpNormalization", .normalisation) { call in
      let x = try call.traced(0)
      let place = x.place(of: try call.axis(try call.integer("axis", -1), rank: x.rank))
      let order = try call.integer("p", 2)
      guard order == 1 || order == 2 else { throw call.wrong("p is \(order)") }
      return [
        .traced(
          x.with(x.tensor / x.tensor.norm(axes: [place], order: Double(order), keepingAxes: true)))
      ]
    },
  ]
}

extension OnnxCall {
  /// A vector with so many elements, in a shape that repeats along all other axes of a tensor as it is held.
  func vector(
    _ index: Int, _ count: Int, along place: Int, of x: Traced
  ) throws(DataFileError) -> Tensor {
    let vector = try tensor(index)
    guard vector.shape == [count] else {
      throw wrong("input \(index) has shape \(vector.shape), and there are \(count) channels")
    }
    let behind = x.rank - 1 - place
    return behind == 0
      ? vector : vector.reshaped(Shape([count] + [Int](repeating: 1, count: behind)))
  }

  /// A product of a tensor and one that repeats to its shape.
  func product(_ x: Tensor, _ y: Tensor) throws(DataFileError) -> Tensor {
    guard Strides.broadcast(x.shape.sizes, y.shape.sizes) == x.shape.sizes else {
      throw wrong("shapes \(x.shape) and \(y.shape) do not fit")
    }
    return x * y
  }
}
