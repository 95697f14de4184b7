import Models
import Tensors

/// Settings of a network that sees the images of ``ImageTaskSettings``.
public struct ImageNetworkSettings: SettingGroup, Equatable {
  /// Networks by name.
  public enum Network: String, Sendable, CaseIterable {
    /// Four blocks of a 3x3 convolution of stride 2, batch norm and ReLU (the official code of iMAML).
    case strided
    /// Four blocks of a 3x3 convolution, batch norm, ReLU and 2x2 max-pooling (Vinyals et al., 2016): conv-4.
    case maxPool = "max-pool"
    /// ResNet-12, whose four stages have `filters`, twice, four and eight times as many channels.
    case resNet12 = "resnet-12"
    /// Two dense layers of `hidden` units with ReLU.
    case dense
  }

  /// Where batch norms have means and variances of the query images from.
  public enum Statistics: String, Sendable, CaseIterable {
    /// From the query images together: each is classified with the others' help (the "transductive" setting).
    case batch
    /// From the task's support images: each query image is classified by itself.
    case support
  }

  /// The network.
  public var network = Network.strided
  /// Filters of each convolution.
  public var filters = 64
  /// Units of each layer of the dense network.
  public var hidden = 64
  /// Where batch norms have statistics of the query images from.
  public var statistics = Statistics.batch

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("network", &network, "strided, max-pool (conv-4), resnet-12 or dense")
    try keys("filters", &filters, 1...1024, "filters of each convolution, of resnet-12 the first")
    try keys("hidden", &hidden, 1...10_000, "units of the dense network's layers")
    try keys(
      "statistics", &statistics, "batch norms of query images: their own (batch), or of support")
  }
}

extension ImageNetworkSettings {
  /// Whether the support images are to stand before the query images, for ``output(of:_:behind:)``.
  var needsSupport: Bool { statistics == .support }

  /// What a layer makes of the query images.
  ///
  /// - Parameters:
  ///   - layer: The layer.
  ///   - images: The query images, behind the support images where these are needed.
  ///   - support: How many support images there are.
  /// - Returns: The output, a row a query image.
  func output(of layer: some Layer, _ images: Tensor, behind support: Int) -> Tensor {
    guard needsSupport else { return layer(images) }
    let count = images.shape[0]
    return layer(
      images.sliced(0, min(support, count)..<count),
      statistics: .of(images.sliced(0, 0..<min(support, count))))
  }
}
