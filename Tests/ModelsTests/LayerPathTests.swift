import Models
import Tensors
import Testing

/// Errors name the layer's place in the model, as its parameters do, whatever it is a part of.
@Suite struct LayerPathTests {
  private struct Block: Layer {
    let first, second: Models.Convolution

    init(_ p: Parameters) {
      first = Models.Convolution(p.part("conv1"), 2, 3)
      second = Models.Convolution(p.part("conv2"), 4, 2)
    }

    func output(_ x: Tensor) -> Tensor { second(first(x)) }
  }

  private func message(
    _ shape: Shape, _ build: @escaping (Parameters) -> any Layer
  ) throws -> String {
    let model = try Model { p in Sequential(build(p)) }
    let data = try DataArray(shape, [Double](repeating: 1, count: shape.count))
    let error = #expect(throws: TensorError.self) { try model.evaluate(data) { $0($1) } }
    return error?.message ?? ""
  }

  @Test func blocksOfOnesOwn() throws {
    let message = try message([1, 4, 4, 2]) { Block($0.part("block2")) }
    for words in [
      "convolved", "[1, 4, 4, 3]", "[3, 3, 4, 2]", "in Convolution block2.conv2", "in Block",
      "LayerPathTests.swift:",
    ] {
      #expect(message.contains(words), "\(words): \(message)")
    }
  }

  @Test func everyLayer() throws {
    let cases: [(String, Shape, (Parameters) -> any Layer)] = [
      ("Dense a.dense", [2, 3], { Dense($0.part("a").part("dense"), 4, 2) }),
      ("Convolution a.conv", [2, 3], { Models.Convolution($0.part("a").part("conv"), 1, 2) }),
      ("Convolution1D a", [2, 3], { Convolution1D($0.part("a"), 1, 2) }),
      ("TransposedConvolution a", [2, 3], { TransposedConvolution($0.part("a"), 1, 2) }),
      ("LayerNorm a", [2, 3], { LayerNorm($0.part("a"), 4) }),
      ("GroupNorm a", [2, 3, 3], { GroupNorm($0.part("a"), 4, groups: 2) }),
      ("InstanceNorm a", [2, 3, 3], { InstanceNorm($0.part("a"), 4) }),
      ("BatchNorm a", [2, 3], { BatchNorm($0.part("a"), 4) }),
      ("LSTM a", [2, 3], { LSTM($0.part("a"), 4, 2) }),
      ("GRU a", [2, 3], { GRU($0.part("a"), 4, 2) }),
      ("MultiHeadAttention a", [2, 3], { MultiHeadAttention($0.part("a"), 4, heads: 2) }),
      ("Dense a.query", [2, 3, 8], { MultiHeadAttention($0.part("a"), 4, heads: 2) }),
      (
        "MultiHeadAttention b.attention", [2, 3],
        {
          TransformerBlock($0.part("b"), 4, heads: 2, hidden: 5)
        }
      ),
      (
        "Embedding a", [2, 3],
        { p in
          Sequential(Function { $0 * 2 }, Models.Embedding(p.part("a"), 4, 2))
        }
      ),
      ("Dense a.c", [2, 3], { Residual(Dense($0.part("a").part("c"), 4, 3)) }),
      ("MaxPool (layer 1)", [2, 3], { _ in Models.MaxPool() }),
    ]
    for (words, shape, build) in cases {
      let message = try message(shape, build)
      #expect(message.contains("in \(words)"), "\(words): \(message)")
    }
  }
}
