import Tensors

/// Networks that are ready to use, each as a layer from images to classes' scores `[n, classes]`.
public enum Networks {
  /// LeNet-5 (Y. LeCun et al., 1998), as it is written today: 5x5 convolutions of 6 and 16 filters, the first with padding
  /// 2, each with ReLU and 2x2 pooling; dense layers of 120, 84 and the classes. Parts `conv1`, `conv2`, `dense1` to
  /// `dense3`.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that they belong to.
  ///   - side: The images' height and width, 12 or more.
  ///   - channels: The images' channels.
  ///   - classes: How many classes there are.
  ///   - weight: What its weights start from; biases start at 0.
  /// - Returns: The network.
  public static func leNet5(
    _ parameters: Parameters, side: Int = 28, channels: Int = 1, classes: Int = 10,
    weight: Initialiser = .fanInUniform
  ) -> Sequential {
    let left = max((side / 2 - 4) / 2, 0)
    return Sequential(
      Convolution(
        parameters.part("conv1"), channels, 6, kernel: 5, padding: .all(2), weight: weight),
      MaxPool(), Activation.relu,
      Convolution(
        parameters.part("conv2"), 6, 16, kernel: 5, padding: .none, weight: weight),
      MaxPool(), Activation.relu, Flatten(),
      Dense(parameters.part("dense1"), left * left * 16, 120, weight: weight),
      Activation.relu, Dense(parameters.part("dense2"), 120, 84, weight: weight),
      Activation.relu, Dense(parameters.part("dense3"), 84, classes, weight: weight))
  }

  /// Four convolutions, each with batch norm, ReLU and 2x2 pooling, and a dense layer: the network of few-shot learning
  /// (O. Vinyals et al., 2016). Parts `conv1` to `conv4`, `norm1` to `norm4` and `dense`.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that they belong to.
  ///   - side: The images' height and width, 16 or more.
  ///   - channels: The images' channels.
  ///   - filters: Of each convolution.
  ///   - classes: How many classes there are.
  ///   - keepsStatistics: Whether batch norms have parameters for stored statistics.
  /// - Returns: The network.
  public static func convolutionFour(
    _ parameters: Parameters, side: Int, channels: Int = 3, filters: Int = 32, classes: Int = 5,
    keepsStatistics: Bool = false
  ) -> Sequential {
    var layers: [any Layer] = []
    for block in 1...4 {
      layers += [
        Convolution(
          parameters.part("conv\(block)"), block == 1 ? channels : filters, filters,
          weight: .heNormal),
        BatchNorm(
          parameters.part("norm\(block)"), filters, keepsStatistics: keepsStatistics),
        Activation.relu, MaxPool(),
      ]
    }
    let left = side / 16
    layers += [Flatten(), Dense(parameters.part("dense"), left * left * filters, classes)]
    return Sequential(layers)
  }

  /// ResNet-12 of few-shot learning (N. Mishra et al., 2018; B. Oreshkin et al., 2018): four blocks of three 3x3
  /// convolutions with batch norm and leaky ReLU beside a 1x1 one, each then pooled; the mean of all pixels; a dense layer.
  /// Parts `block1` to `block4` (with `conv1` to `conv3`, `norm1` to `norm3`, `shortcut`, `shortcut_norm`) and `dense`.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that they belong to.
  ///   - channels: The images' channels.
  ///   - widths: The blocks' channels.
  ///   - classes: How many classes there are; nil leaves the dense layer out, so that features `[n, widths.last]` come out.
  ///   - slope: Of the leaky ReLU.
  ///   - keepsStatistics: Whether batch norms have parameters for stored statistics.
  /// - Returns: The network.
  public static func resNet12(
    _ parameters: Parameters, channels: Int = 3, widths: [Int] = [64, 128, 256, 512],
    classes: Int? = 5, slope: Double = 0.1, keepsStatistics: Bool = false
  ) -> Sequential {
    func norm(_ part: Parameters, _ width: Int) -> BatchNorm {
      BatchNorm(part, width, keepsStatistics: keepsStatistics)
    }
    let activation = Function { leakyRelu($0, slope: slope) }
    var layers: [any Layer] = []
    var input = channels
    for (index, width) in widths.enumerated() {
      let part = parameters.part("block\(index + 1)")
      var body: [any Layer] = []
      for place in 1...3 {
        body += [
          Convolution(
            part.part("conv\(place)"), place == 1 ? input : width, width, hasBias: false,
            weight: .heNormal),
          norm(part.part("norm\(place)"), width),
        ]
        if place < 3 { body.append(activation) }
      }
      let shortcut = Sequential(
        Convolution(
          part.part("shortcut"), input, width, kernel: 1, hasBias: false, weight: .heNormal),
        norm(part.part("shortcut_norm"), width))
      layers += [Residual(Sequential(body), shortcut: shortcut), MaxPool(), activation]
      input = width
    }
    let head = classes.map { Dense(parameters.part("dense"), input, $0) }
    return Sequential(layers + [GlobalMeanPool()] + (head.map { [$0] } ?? []))
  }

  /// A ResNet for small images (K. He et al., 2016): a convolution, three stages of blocks of two 3x3 convolutions with
  /// batch norm and ReLU, the mean of all pixels, a dense layer. Where a stage halves its images and doubles its channels,
  /// the short way leaves out pixels and adds zeros. 3 blocks a stage are ResNet-20, 5 are ResNet-32. Parts `conv`, `norm`,
  /// `stage1.block1` (with `conv1`, `norm1`, `conv2`, `norm2`) and on, and `dense`.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that they belong to.
  ///   - blocks: Of each stage.
  ///   - channels: The images' channels.
  ///   - width: The first stage's channels.
  ///   - classes: How many classes there are.
  ///   - keepsStatistics: Whether batch norms have parameters for stored statistics.
  /// - Returns: The network.
  public static func resNet(
    _ parameters: Parameters, blocks: Int = 3, channels: Int = 3, width: Int = 16,
    classes: Int = 10, keepsStatistics: Bool = false
  ) -> Sequential {
    func norm(_ part: Parameters, _ width: Int) -> BatchNorm {
      BatchNorm(part, width, keepsStatistics: keepsStatistics)
    }
    var layers: [any Layer] = [
      Convolution(parameters.part("conv"), channels, width, hasBias: false, weight: .heNormal),
      norm(parameters.part("norm"), width), Activation.relu,
    ]
    var input = width
    for stage in 0..<3 {
      let output = width << stage
      for block in 0..<blocks {
        let part = parameters.part("stage\(stage + 1)").part("block\(block + 1)")
        let stride = input == output ? 1 : 2
        let body = Sequential(
          Convolution(
            part.part("conv1"), input, output, stride: stride, hasBias: false, weight: .heNormal),
          norm(part.part("norm1"), output), Activation.relu,
          Convolution(part.part("conv2"), output, output, hasBias: false, weight: .heNormal),
          norm(part.part("norm2"), output))
        let added = output - input
        layers += [
          Residual(body, shortcut: stride == 1 ? nil : Function { $0.thinned(added) }),
          Activation.relu,
        ]
        input = output
      }
    }
    return Sequential(layers + [GlobalMeanPool(), Dense(parameters.part("dense"), input, classes)])
  }

  /// A small transformer: embedded words with learnt places, blocks as in the paper, the mean of all steps, a dense layer.
  /// Parts `embedding`, `places` (a parameter `[steps, width]`), `block1` and on, and `dense`.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that they belong to.
  ///   - words: How many words there are; a text is `[n, steps]` of their numbers, given as data.
  ///   - steps: A text's length.
  ///   - width: The size of a step.
  ///   - heads: How many heads attend.
  ///   - hidden: The blocks' hidden size.
  ///   - blocks: How many blocks there are.
  ///   - classes: How many classes there are.
  /// - Returns: The network.
  public static func transformer(
    _ parameters: Parameters, words: Int, steps: Int, width: Int = 64, heads: Int = 4,
    hidden: Int = 256, blocks: Int = 2, classes: Int
  ) -> Sequential {
    let embedding = Embedding(parameters.part("embedding"), words, width)
    let places = parameters("places", [steps, width], .normal(deviation: 0.1))
    var layers: [any Layer] = [embedding, Function { $0 + places }]
    for block in 1...max(blocks, 1) {
      layers.append(
        TransformerBlock(parameters.part("block\(block)"), width, heads: heads, hidden: hidden))
    }
    return Sequential(
      layers + [GlobalMeanPool(), Dense(parameters.part("dense"), width, classes)])
  }
}

extension Tensor {
  /// Every second pixel of images, with channels of zeros before and behind.
  fileprivate func thinned(_ channels: Int) -> Tensor {
    guard shape.rank == 4 else {
      return failed("images of shape \(shape)", "it takes [n, height, width, channels]", shape)
    }
    let half = sliced(1, 0..<shape[1], by: 2).sliced(2, 0..<shape[2], by: 2)
    return half.padded([(0, 0), (0, 0), (0, 0), (channels / 2, channels - channels / 2)])
  }
}
