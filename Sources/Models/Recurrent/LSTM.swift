import Tensors

/// Long short-term memory (S. Hochreiter and J. Schmidhuber, 1997): `[n, steps, inputs]` to the hidden states
/// `[n, steps, hidden]`. With i, f, o = sigmoid and g = tanh of x W + h R + b each:
/// c = f c + i g, h = o tanh(c). Gates are in the order i, f, g, o.
public struct LSTM: Layer {
  /// W of each gate, `[4, inputs, hidden]`.
  public let inputWeight: Tensor
  /// R of each gate, `[4, hidden, hidden]`.
  public let hiddenWeight: Tensor
  /// b of each gate, `[4, hidden]`.
  public let bias: Tensor
  private let hidden: Int

  /// A layer with parameters `input_weight`, `hidden_weight` and `bias`, all drawn on +-1 / sqrt(hidden).
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that they belong to.
  ///   - inputs: The size of an input, at least 1.
  ///   - hidden: The size of the state, at least 1.
  public init(_ parameters: Parameters, _ inputs: Int, _ hidden: Int) {
    let drawn = Initialiser.uniform(bound: 1 / Double(max(hidden, 1)).squareRoot())
    inputWeight = parameters("input_weight", [4, inputs, hidden], drawn)
    hiddenWeight = parameters("hidden_weight", [4, hidden, hidden], drawn)
    bias = parameters("bias", [4, hidden], drawn)
    self.hidden = hidden
  }

  /// The hidden states of x `[n, steps, inputs]`, `[n, steps, hidden]`.
  public func output(_ x: Tensor) -> Tensor { states(x).hidden }

  /// The hidden states of all steps, and the last memory.
  ///
  /// - Parameter x: `[n, steps, inputs]`, of one step or more.
  /// - Returns: The hidden states `[n, steps, hidden]`, the last of them `[n, hidden]`, and the last memory `[n, hidden]`.
  public func states(_ x: Tensor) -> (hidden: Tensor, last: Tensor, memory: Tensor) {
    guard let steps = Steps(x, inputs: inputWeight.shape[1]) else {
      let stray = x.notSequences(inputWeight.shape[1])
      return (stray, stray, stray)
    }
    let gates = steps.projected(inputWeight, bias)
    var (h, c): (Tensor?, Tensor?) = (nil, nil)
    var states: [Tensor] = []
    for step in 0..<steps.count {
      let parts = (0..<4).map { gate in
        h.map { gates[gate][step] + matmul($0, hiddenWeight.at(gate)) } ?? gates[gate][step]
      }
      let added = sigmoid(parts[0]) * tanh(parts[2])
      let memory = c.map { sigmoid(parts[1]) * $0 + added } ?? added
      let state = sigmoid(parts[3]) * tanh(memory)
      (h, c) = (state, memory)
      states.append(state)
    }
    return (.stacked(states, axis: 1), states[states.count - 1], c ?? states[0])
  }
}

/// Gated recurrent units (K. Cho et al., 2014), as PyTorch has them: `[n, steps, inputs]` to the hidden states
/// `[n, steps, hidden]`. r, z = sigmoid(x W + b + h R + d) each, m = tanh(x W + b + r (h R + d)), h = (1 - z) m + z h. Gates
/// are in the order r, z, m.
public struct GRU: Layer {
  /// W of each gate, `[3, inputs, hidden]`.
  public let inputWeight: Tensor
  /// R of each gate, `[3, hidden, hidden]`.
  public let hiddenWeight: Tensor
  /// b of each gate, `[3, hidden]`.
  public let bias: Tensor
  /// d of each gate, `[3, hidden]`.
  public let hiddenBias: Tensor
  private let hidden: Int

  /// A layer with parameters `input_weight`, `hidden_weight`, `bias` and `hidden_bias`, all drawn on +-1 / sqrt(hidden).
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that they belong to.
  ///   - inputs: The size of an input, at least 1.
  ///   - hidden: The size of the state, at least 1.
  public init(_ parameters: Parameters, _ inputs: Int, _ hidden: Int) {
    let drawn = Initialiser.uniform(bound: 1 / Double(max(hidden, 1)).squareRoot())
    inputWeight = parameters("input_weight", [3, inputs, hidden], drawn)
    hiddenWeight = parameters("hidden_weight", [3, hidden, hidden], drawn)
    bias = parameters("bias", [3, hidden], drawn)
    hiddenBias = parameters("hidden_bias", [3, hidden], drawn)
    self.hidden = hidden
  }

  /// The hidden states of x `[n, steps, inputs]`, `[n, steps, hidden]`.
  public func output(_ x: Tensor) -> Tensor {
    guard let steps = Steps(x, inputs: inputWeight.shape[1]) else {
      return x.notSequences(inputWeight.shape[1])
    }
    let gates = steps.projected(inputWeight, bias)
    var h = x.filled(0, [x.shape[0], hidden])
    var states: [Tensor] = []
    for step in 0..<steps.count {
      let parts = (0..<3).map { matmul(h, hiddenWeight.at($0)) + hiddenBias.at($0) }
      let reset = sigmoid(gates[0][step] + parts[0])
      let update = sigmoid(gates[1][step] + parts[1])
      let proposal = tanh(gates[2][step] + reset * parts[2])
      h = proposal + update * (h - proposal)
      states.append(h)
    }
    return .stacked(states, axis: 1)
  }
}

/// Sequences with their steps first, so that a step is a view.
private struct Steps {
  private let x: Tensor
  let count: Int

  init?(_ x: Tensor, inputs: Int) {
    guard x.shape.rank == 3, x.shape[1] > 0, x.shape[2] == inputs else { return nil }
    self.x = x.transposed(0, 1)
    count = x.shape[1]
  }

  /// x W + b of each gate: of all steps at once, as a list of steps.
  func projected(_ weight: Tensor, _ bias: Tensor) -> [[Tensor]] {
    let n = x.shape[1]
    let all = x.reshaped([count * n, x.shape[2]])
    return (0..<weight.shape[0]).map { gate in
      let values = (matmul(all, weight.at(gate)) + bias.at(gate)).reshaped([
        count, n, weight.shape[2],
      ])
      return (0..<count).map { values.at($0) }
    }
  }
}

extension Tensor {
  fileprivate func notSequences(_ inputs: Int) -> Tensor {
    failed(
      "sequences of shape \(shape)", "it takes [n, steps, \(inputs)], of one step or more", shape)
  }
}
