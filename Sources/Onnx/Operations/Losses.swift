import DataFiles
import Tensors

extension OnnxOperation {
  /// Losses and what they are made of.
  static let losses: [OnnxOperation] = [
    OnnxOperation("Softmax", .losses) { call in
      let x = try call.traced(0)
      let axis = try call.axis(try call.integer("axis", -1), rank: x.rank)
      return [.traced(x.with(x.tensor.softmax(axis: x.place(of: axis))))]
    },
    OnnxOperation("LogSoftmax", .losses) { call in
      let x = try call.traced(0)
      let axis = try call.axis(try call.integer("axis", -1), rank: x.rank)
      return [.traced(x.with(x.tensor.logSoftmax(axis: x.place(of: axis))))]
    },
    OnnxOperation("SoftmaxCrossEntropyLoss", .losses, "labels are data") { call in
      try call.classLosses(isOfLogarithms: false)
    },
    OnnxOperation("NegativeLogLikelihoodLoss", .losses, "labels are data") { call in
      try call.classLosses(isOfLogarithms: true)
    },
  ]
}

extension OnnxCall {
  fileprivate func classLosses(isOfLogarithms: Bool) throws(DataFileError) -> [OnnxValue] {
    let scores = try traced(0)
    guard scores.rank >= 2, scores.sizes[1] > 0 else {
      throw wrong("scores of shape \(scores.sizes)")
    }
    let labels = try index(1)
    let rows = scores.arranged([0] + Array(2..<scores.rank) + [1])
    guard labels.shape.sizes == Array(rows.shape.sizes.dropLast()) else {
      throw wrong("scores of shape \(scores.sizes) and labels of \(labels.shape)")
    }
    let weights = optionalTensor(2)
    guard weights?.shape ?? [scores.sizes[1]] == [scores.sizes[1]] else {
      throw wrong("weights of shape \(weights?.shape ?? .scalar)")
    }
    let ignored = node.attributes["ignore_index"] == nil ? nil : try integer("ignore_index", 0)
    let classes = scores.sizes[1]
    let losses: Tensor
    if isOfLogarithms {
      let flat = rows.reshaped([labels.shape.count, classes])
      losses = negativeLogLikelihoods(
        flat, labels.reshaped([labels.shape.count]), weights: weights, ignoring: ignored
      ).reshaped(labels.shape)
    } else {
      losses = crossEntropies(rows, labels, weights: weights, ignoring: ignored)
    }
    let result = try reduced(losses, labels, weights, ignored, classes)
    guard node.outputs.count > 1, !node.outputs[1].isEmpty else { return [.traced(Traced(result))] }
    let logarithms = scores.tensor.logSoftmax(axis: scores.place(of: 1))
    return [.traced(Traced(result)), .traced(scores.with(logarithms))]
  }

  private func reduced(
    _ losses: Tensor, _ labels: Tensor, _ weights: Tensor?, _ ignored: Int?, _ classes: Int
  ) throws(DataFileError) -> Tensor {
    switch try text("reduction", "mean") {
    case "none": return losses
    case "sum": return losses.sum()
    case "mean":
      guard losses.shape.count > 0 else { throw wrong("it is the mean of nothing") }
      if weights == nil, ignored == nil { return losses.mean() }
      let own = labels.oneHot(classes: classes, ignoring: ignored)
      return losses.sum() / (weights.map { own * $0 } ?? own).sum()
    case let other: throw wrong("its reduction is \(other)")
    }
  }
}
