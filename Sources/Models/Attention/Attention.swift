import Tensors

/// Attention of sequences to themselves in several heads (A. Vaswani et al., Attention is all you need, 2017):
/// `[n, steps, width]` to `[n, steps, width]`.
public struct MultiHeadAttention: Layer {
  private let queries: Dense
  private let keys: Dense
  private let values: Dense
  private let output: Dense
  private let heads: Int
  private let isCausal: Bool

  /// A layer with parts `query`, `key`, `value` and `output`, each a ``Dense``.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that they belong to.
  ///   - width: The size of a step, a multiple of the heads.
  ///   - heads: How many heads there are.
  ///   - isCausal: Whether a step sees only itself and what was before.
  public init(_ parameters: Parameters, _ width: Int, heads: Int, isCausal: Bool = false) {
    queries = Dense(parameters.part("query"), width, width)
    keys = Dense(parameters.part("key"), width, width)
    values = Dense(parameters.part("value"), width, width)
    output = Dense(parameters.part("output"), width, width)
    (self.heads, self.isCausal) = (heads, isCausal)
  }

  /// What each step of x `[n, steps, width]` attends to.
  public func output(_ x: Tensor) -> Tensor {
    guard x.shape.rank == 3, heads > 0, x.shape[2] % heads == 0 else {
      return x.failed(
        "sequences of shape \(x.shape), \(heads) heads",
        "it takes [n, steps, width], a width of whole heads",
        x.shape)
    }
    let (n, steps, width) = (x.shape[0], x.shape[1], x.shape[2])
    let parts = [queries, keys, values].map { layer in
      x.inLayer(layer, layer.output).reshaped([n, steps, heads, width / heads])
        .permuted([0, 2, 1, 3])
    }
    let seen = attention(parts[0], parts[1], parts[2], mask: isCausal ? x.earlier(steps) : nil)
    return output.output(seen.permuted([0, 2, 1, 3]).reshaped([n, steps, width]))
  }
}

/// A block of a transformer's encoder, normalised after each part as in the paper, or before: attention of the steps to
/// each other, then a dense net at each step, each with a short way round it. `[n, steps, width]` stays as it is.
public struct TransformerBlock: Layer {
  private let attention: MultiHeadAttention
  private let wide: Dense
  private let narrow: Dense
  private let norms: [LayerNorm]
  private let activation: Activation
  private let normalisesFirst: Bool

  /// A block with parts `attention`, `norm1`, `dense1`, `dense2` and `norm2`.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that they belong to.
  ///   - width: The size of a step, a multiple of the heads.
  ///   - heads: How many heads attend.
  ///   - hidden: The dense net's hidden size.
  ///   - activation: Between the net's layers.
  ///   - isCausal: Whether a step sees only itself and what was before.
  ///   - normalisesFirst: Whether the parts' inputs are normalised, rather than the sums.
  public init(
    _ parameters: Parameters, _ width: Int, heads: Int, hidden: Int,
    activation: Activation = .gelu, isCausal: Bool = false, normalisesFirst: Bool = false
  ) {
    attention = MultiHeadAttention(
      parameters.part("attention"), width, heads: heads, isCausal: isCausal)
    let first = LayerNorm(parameters.part("norm1"), width)
    wide = Dense(parameters.part("dense1"), width, hidden)
    narrow = Dense(parameters.part("dense2"), hidden, width)
    norms = [first, LayerNorm(parameters.part("norm2"), width)]
    (self.activation, self.normalisesFirst) = (activation, normalisesFirst)
  }

  /// The block's output, of the shape of x.
  public func output(_ x: Tensor) -> Tensor {
    let seen = added(x, norms[0]) { $0.inLayer(attention, attention.output) }
    return added(seen, norms[1]) { x in
      activation.output(x.inLayer(wide, wide.output)).inLayer(narrow, narrow.output)
    }
  }

  private func added(_ x: Tensor, _ norm: LayerNorm, _ part: (Tensor) -> Tensor) -> Tensor {
    normalisesFirst ? x + part(norm.output(x)) : norm.output(x + part(x))
  }
}

extension Tensor {
  /// 1 where a column is no later than its row.
  fileprivate func earlier(_ steps: Int) -> Tensor {
    constant((0..<steps * steps).map { $0 % steps <= $0 / steps ? 1 : 0 }, [steps, steps])
  }
}
