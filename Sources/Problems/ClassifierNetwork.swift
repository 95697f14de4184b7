import Models
import Tensors

/// Networks that classify images or rows of a table, by name.
public enum ClassifierNetwork: String, Sendable, CaseIterable {
  /// No hidden layer.
  case linear
  /// One hidden layer with hyperbolic tangents.
  case tanh
  /// One hidden layer with rectifiers.
  case relu
  /// LeNet-5, of square images of 12 pixels or more.
  case leNet = "lenet"
  /// ResNet-20 for small images.
  case resNet20 = "resnet-20"
  /// ResNet-32 for small images.
  case resNet32 = "resnet-32"

  /// All of them, for messages.
  static let words = "linear, tanh, relu, lenet, resnet-20 or resnet-32"

  /// Whether it has batch norms, whose statistics are stored before it predicts.
  var keepsStatistics: Bool { self == .resNet20 || self == .resNet32 }

  /// A model of it for some examples, from `[n, numbers]` to `[n, classes]`.
  ///
  /// - Parameters:
  ///   - parts: The examples.
  ///   - hidden: Units of the hidden layer of dense ones.
  ///   - seed: What its first values are drawn from.
  /// - Returns: The model.
  /// - Throws: `SettingError` where it takes other examples; `TensorError`.
  func model(_ parts: LabelledParts, hidden: Int, seed: UInt64) throws -> Model<Sequential> {
    let classes = parts.classCount
    if let dense = DenseNetwork(rawValue: rawValue) {
      return try Model(seed: seed) { p in
        dense.layers(p, parts.examples.inputCount, hidden: hidden, classes)
      }
    }
    guard case .images(let images) = parts.examples else {
      throw SettingError(
        "network=\(rawValue): rows of a table are no images; take linear, tanh or relu")
    }
    let (height, width, channels) = (images.height, images.width, images.channels)
    guard self != .leNet || height == width && width >= 12 else {
      throw SettingError(
        "network=lenet: the images have \(height)x\(width) pixels; it takes square ones of 12 or more"
      )
    }
    let shaped = Function { $0.reshaped([$0.shape[0], height, width, channels]) }
    return try Model(seed: seed) { p in
      Sequential(shaped, convolutional(p, side: width, channels, classes))
    }
  }

  private func convolutional(
    _ p: Parameters, side: Int, _ channels: Int, _ classes: Int
  ) -> Sequential {
    switch self {
    case .leNet:
      // Starts of PyTorch's size hardly move in the few steps that distilled examples are for.
      Networks.leNet5(
        p, side: side, channels: channels, classes: classes, weight: .glorotUniform())
    default:
      Networks.resNet(
        p, blocks: self == .resNet20 ? 3 : 5, channels: channels, classes: classes,
        keepsStatistics: true)
    }
  }
}
