import Tensors

/// A layer's output plus its input, or what a shortcut makes of that.
public struct Residual: Layer {
  /// What is learnt beside the shortcut.
  public let body: any Layer
  /// What the input goes through on the short way; `nil` passes it on.
  public let shortcut: (any Layer)?

  /// A layer with a short way round it.
  ///
  /// - Parameters:
  ///   - body: The layer.
  ///   - shortcut: What the input goes through on the short way, to the body's shape; `nil` passes it on.
  public init(_ body: any Layer, shortcut: (any Layer)? = nil) {
    (self.body, self.shortcut) = (body, shortcut)
  }

  /// The sum, of the body's shape.
  public func output(_ x: Tensor) -> Tensor {
    let short = shortcut.map { x.inLayer($0, place: "shortcut", $0.output) } ?? x
    return x.inLayer(body, place: "body", body.output) + short
  }
}

/// Any function of a tensor as a layer.
public struct Function: Layer {
  private let function: (Tensor) -> Tensor

  /// A layer of a function.
  public init(_ function: @escaping (Tensor) -> Tensor) { self.function = function }

  /// The function's value.
  public func output(_ x: Tensor) -> Tensor { function(x) }
}
