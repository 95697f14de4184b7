import Tensors

/// Layers one after another.
public struct Sequential: Layer {
  /// The layers, the first to run first.
  public let layers: [any Layer]

  /// Layers one after another, the first to run first; none pass the input on.
  public init(_ layers: any Layer...) { self.layers = layers }

  /// Layers one after another, the first to run first; none pass the input on.
  public init(_ layers: [any Layer]) { self.layers = layers }

  /// The output of the last layer.
  public func output(_ x: Tensor) -> Tensor {
    layers.enumerated().reduce(x) { x, layer in
      x.inLayer(layer.element, place: "layer \(layer.offset + 1)", layer.element.output)
    }
  }
}
