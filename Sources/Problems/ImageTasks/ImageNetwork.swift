import Models

/// A network over images: from them to features, and from these to scores of classes.
struct ImageNetwork {
  private static let blocks = 4
  private let settings: ImageNetworkSettings
  private let shape: ImageShape
  /// Rows and columns that are left of an image.
  private let left: (height: Int, width: Int)

  /// A network that sees images of a shape.
  ///
  /// - Throws: `SettingError` for images that are too small for it.
  init(_ settings: ImageNetworkSettings, _ shape: ImageShape) throws(SettingError) {
    self.settings = settings
    self.shape = shape
    var (height, width) = (shape.height, shape.width)
    for _ in 0..<Self.blocks {
      switch settings.network {
      case .strided: (height, width) = ((height + 1) / 2, (width + 1) / 2)
      case .maxPool, .resNet12: (height, width) = (height / 2, width / 2)
      case .dense: break
      }
    }
    guard height > 0, width > 0 else {
      throw SettingError(
        "network=\(settings.network.rawValue): images of \(shape.height)x\(shape.width) are too "
          + "small for four poolings; 16x16 is the least; set network=strided or dense")
    }
    left = (height, width)
  }

  /// The size of an image's features.
  var featureCount: Int {
    switch settings.network {
    case .strided, .maxPool: left.height * left.width * settings.filters
    case .resNet12: settings.filters << (Self.blocks - 1)
    case .dense: settings.hidden
    }
  }

  /// Layers from images `[n, height, width, channels]` to features `[n, featureCount]`.
  func features(_ p: Parameters) -> [any Layer] {
    switch settings.network {
    case .strided, .maxPool: (1...Self.blocks).flatMap { block($0, p) } + [Flatten()]
    case .resNet12:
      Networks.resNet12(
        p, channels: shape.channels, widths: (0..<Self.blocks).map { settings.filters << $0 },
        classes: nil
      ).layers
    case .dense:
      [
        Flatten(), Dense(p.part("dense1"), shape.count, settings.hidden), Activation.relu,
        Dense(p.part("dense2"), settings.hidden, settings.hidden), Activation.relu,
      ]
    }
  }

  /// The network from images to scores of classes `[n, classes]`.
  func classifier(_ p: Parameters, classes: Int) -> Sequential {
    let weight =
      switch settings.network {
      case .strided, .maxPool: Self.weight
      case .resNet12, .dense: Initialiser.glorotUniform()
      }
    return Sequential(
      features(p) + [Dense(p.part("dense"), featureCount, classes, weight: weight)])
  }

  private func block(_ number: Int, _ p: Parameters) -> [any Layer] {
    let isStrided = settings.network == .strided
    let layers: [any Layer] = [
      Convolution(
        p.part("conv\(number)"), number == 1 ? shape.channels : settings.filters,
        settings.filters, stride: isStrided ? 2 : 1, weight: Self.weight),
      BatchNorm(p.part("norm\(number)"), settings.filters), Activation.relu,
    ]
    return isStrided ? layers : layers + [MaxPool()]
  }

  /// The official code's: Xavier with a gain of 1.73.
  private static let weight = Initialiser.glorotUniform(gain: 1.73)
}
