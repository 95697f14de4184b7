import Models

/// The two networks of few-shot classification: four blocks, and a dense layer on what is left of the image.
enum FewShotNetwork {
  private static let blocks = 4

  static func model(
    _ settings: FewShotSettings, _ images: ImageClasses, seed: UInt64
  ) throws -> Model<Sequential> {
    var (height, width) = (images.height, images.width)
    for _ in 0..<blocks {
      switch settings.network {
      case .strided: (height, width) = ((height + 1) / 2, (width + 1) / 2)
      case .maxPool: (height, width) = (height / 2, width / 2)
      }
    }
    guard height > 0, width > 0 else {
      throw SettingError(
        "network=\(settings.network.rawValue): images of \(images.height)x\(images.width) are too "
          + "small for four poolings; 16x16 is the least")
    }
    let outputs = height * width * settings.filters
    return try Model(seed: seed) { p in
      var layers: [any Layer] = []
      for block in 1...blocks {
        layers += self.block(block, settings, images.channels, p)
      }
      layers += [Flatten(), Dense(p.part("dense"), outputs, settings.ways, weight: weight)]
      return Sequential(layers)
    }
  }

  private static func block(
    _ number: Int, _ settings: FewShotSettings, _ channels: Int, _ p: Parameters
  ) -> [any Layer] {
    let isStrided = settings.network == .strided
    let layers: [any Layer] = [
      Convolution(
        p.part("conv\(number)"), number == 1 ? channels : settings.filters, settings.filters,
        stride: isStrided ? 2 : 1, weight: weight),
      BatchNorm(p.part("norm\(number)"), settings.filters), Activation.relu,
    ]
    return isStrided ? layers : layers + [MaxPool()]
  }

  /// The official code's: Xavier with a gain of 1.73.
  private static let weight = Initialiser.glorotUniform(gain: 1.73)
}
