import Tensors

/// Element-wise functions between layers, with their usual settings; the shape stays as it is.
public enum Activation: String, Layer, Sendable, CaseIterable {
  /// max(x, 0); its derivative at 0 is 0.
  case relu
  /// The hyperbolic tangent.
  case tanh
  /// 1 / (1 + exp(-x)).
  case sigmoid
  /// log(1 + exp(x)).
  case softplus
  /// x where it is positive, else x / 100.
  case leakyRelu
  /// x where it is positive, else exp(x) - 1.
  case elu
  /// The self-normalising ELU.
  case selu
  /// x Phi(x), by the error function.
  case gelu
  /// GELU by a hyperbolic tangent.
  case geluTanh
  /// x sigmoid(x).
  case silu
  /// x tanh(softplus(x)).
  case mish
  /// min(max(x, 0), 6).
  case relu6
  /// x min(max(x / 6 + 1/2, 0), 1).
  case hardSwish
  /// x / (1 + |x|).
  case softsign

  /// The function of every element.
  public func output(_ x: Tensor) -> Tensor {
    switch self {
    case .relu: Tensors.relu(x)
    case .tanh: Tensors.tanh(x)
    case .sigmoid: Tensors.sigmoid(x)
    case .softplus: Tensors.softplus(x)
    case .leakyRelu: Tensors.leakyRelu(x)
    case .elu: Tensors.elu(x)
    case .selu: Tensors.selu(x)
    case .gelu: Tensors.gelu(x)
    case .geluTanh: Tensors.geluTanh(x)
    case .silu: Tensors.silu(x)
    case .mish: Tensors.mish(x)
    case .relu6: Tensors.relu6(x)
    case .hardSwish: Tensors.hardSwish(x)
    case .softsign: Tensors.softsign(x)
    }
  }
}
