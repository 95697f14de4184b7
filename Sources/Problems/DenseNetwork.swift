import Models

/// Networks of dense layers by name.
public enum DenseNetwork: String, Sendable, CaseIterable {
  /// No hidden layer.
  case linear
  /// One hidden layer with hyperbolic tangents.
  case tanh
  /// One hidden layer with rectifiers.
  case relu

  /// The network's layers; `hidden` units are in the hidden one.
  func layers(_ p: Parameters, _ inputs: Int, hidden: Int, _ outputs: Int) -> Sequential {
    let activation: Activation
    switch self {
    case .linear: return Sequential(Dense(p.part("dense"), inputs, outputs))
    case .tanh: activation = .tanh
    case .relu: activation = .relu
    }
    return Sequential(
      Dense(p.part("dense1"), inputs, hidden), activation, Dense(p.part("dense2"), hidden, outputs))
  }
}
