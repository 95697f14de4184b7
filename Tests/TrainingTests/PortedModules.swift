import Models
import Tensors

// The Swift of the article "From a PyTorch module to a model", which shows it as it is here from its first struct on.

// The package has operations of this name; those who use it see layers alone.
typealias Convolution = Models.Convolution

struct Block: Layer {
  let conv1, conv2, shortcut: Convolution
  let bn1, bn2: BatchNorm

  init(_ p: Parameters, _ inputs: Int, _ outputs: Int, stride: Int) {
    conv1 = Convolution(p.part("conv1"), inputs, outputs, stride: stride, hasBias: false)
    bn1 = BatchNorm(p.part("bn1"), outputs)
    conv2 = Convolution(p.part("conv2"), outputs, outputs, hasBias: false)
    bn2 = BatchNorm(p.part("bn2"), outputs)
    shortcut = Convolution(
      p.part("shortcut"), inputs, outputs, kernel: 1, stride: stride, hasBias: false)
  }

  func output(_ x: Tensor) -> Tensor {
    var y = relu(bn1(conv1(x)))
    y = bn2(conv2(y))
    return relu(y + shortcut(x))
  }
}

struct Classifier: Layer {
  let lstm: LSTM
  let dense: Dense

  init(_ p: Parameters, _ inputs: Int, _ hidden: Int, classes: Int) {
    lstm = LSTM(p.part("lstm"), inputs, hidden)
    dense = Dense(p.part("dense"), hidden, classes)
  }

  func output(_ x: Tensor) -> Tensor {
    let (_, h, _) = lstm.states(x)
    return dense(h)
  }
}

struct Attention: Layer {
  let heads: Int
  let q, k, v, out: Dense

  init(_ p: Parameters, _ width: Int, heads: Int) {
    self.heads = heads
    q = Dense(p.part("q"), width, width)
    k = Dense(p.part("k"), width, width)
    v = Dense(p.part("v"), width, width)
    out = Dense(p.part("out"), width, width)
  }

  func output(_ x: Tensor) -> Tensor {
    let (n, t, width) = (x.shape[0], x.shape[1], x.shape[2])
    let parts = [q, k, v].map { f in
      f(x).reshaped([n, t, heads, width / heads]).transposed(1, 2)
    }
    let isCausal = x.constant((0..<t * t).map { $0 % t <= $0 / t ? 1 : 0 }, [t, t])
    let a = attention(parts[0], parts[1], parts[2], mask: isCausal)
    return out(a.transposed(1, 2).reshaped([n, t, width]))
  }
}
