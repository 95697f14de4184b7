import Models
import Tensors
import TestSupport
import Testing
import Training

/// Names and layouts of PyTorch's modules: there and back, tensor by tensor and number by number.
@Suite struct PyTorchMapTests {
  private func tensor(_ name: String, _ shape: [Int]) -> NamedTensor {
    let seed = name.utf8.reduce(1) { ($0 * 31 + Int($1)) % 997 }
    return NamedTensor(
      name, shape: shape,
      elements: (0..<shape.reduce(1, *)).map { Float(($0 * 37 + seed) % 101) / 64 - 0.5 })
  }

  private func file(_ shapes: [(String, [Int])]) -> TensorFile {
    TensorFile(metadata: [], tensors: shapes.map { tensor($0.0, $0.1) })
  }

  /// A state dictionary of every kind of module, by the names that PyTorch gives.
  private var state: TensorFile {
    var file = file([
      ("conv1.weight", [6, 3, 5, 4]), ("conv1.bias", [6]), ("up.weight", [4, 2, 3, 3]),
      ("signal.weight", [4, 2, 3]), ("bn1.weight", [6]), ("bn1.bias", [6]),
      ("bn1.running_mean", [6]), ("bn1.running_var", [6]), ("words.weight", [7, 4]),
      ("head.fc.weight", [5, 24]), ("head.fc.bias", [5]), ("gru.weight_ih_l0", [9, 2]),
      ("gru.weight_hh_l0", [9, 3]), ("gru.bias_ih_l0", [9]), ("gru.bias_hh_l0", [9]),
      ("blocks.0.self_attn.in_proj_weight", [12, 4]), ("blocks.0.self_attn.in_proj_bias", [12]),
      ("blocks.0.self_attn.out_proj.weight", [4, 4]), ("blocks.0.self_attn.out_proj.bias", [4]),
      ("blocks.0.linear1.weight", [8, 4]), ("blocks.0.linear1.bias", [8]),
      ("blocks.0.linear2.weight", [4, 8]), ("blocks.0.linear2.bias", [4]),
      ("blocks.0.norm1.weight", [4]), ("blocks.0.norm1.bias", [4]), ("places", [3, 4]),
    ])
    file.tensors.insert(
      NamedTensor("bn1.num_batches_tracked", shape: [], elements: [Int64(0)]), at: 8)
    return file
  }

  private let map = PyTorchMap([
    .init(ours: "norm1", theirs: "bn1"),
    .init(ours: "dense", theirs: "head.fc", flattened: [6, 2, 2]),
    .init(ours: "block1", theirs: "blocks.0"),
  ])

  @Test func namesAndShapesAreThoseOfLayers() throws {
    let ours = try map.ours(from: state, at: "x").file
    let shapes = Dictionary(uniqueKeysWithValues: ours.tensors.map { ($0.name, $0.shape) })
    let wanted: [String: [Int]] = [
      "upper/conv1.weight": [5, 4, 3, 6], "upper/conv1.bias": [6], "upper/up.weight": [3, 3, 2, 4],
      "upper/signal.weight": [3, 2, 4], "upper/norm1.gain": [6], "upper/norm1.shift": [6],
      "upper/norm1.mean": [6], "upper/norm1.variance": [6], "upper/words.weight": [7, 4],
      "upper/dense.weight": [24, 5], "upper/dense.bias": [5], "upper/gru.input_weight": [3, 2, 3],
      "upper/gru.hidden_weight": [3, 3, 3], "upper/gru.bias": [3, 3],
      "upper/gru.hidden_bias": [3, 3], "upper/block1.attention.query.weight": [4, 4],
      "upper/block1.attention.query.bias": [4], "upper/block1.attention.key.weight": [4, 4],
      "upper/block1.attention.key.bias": [4], "upper/block1.attention.value.weight": [4, 4],
      "upper/block1.attention.value.bias": [4], "upper/block1.attention.output.weight": [4, 4],
      "upper/block1.attention.output.bias": [4], "upper/block1.dense1.weight": [4, 8],
      "upper/block1.dense1.bias": [8], "upper/block1.dense2.weight": [8, 4],
      "upper/block1.dense2.bias": [4], "upper/block1.norm1.gain": [4],
      "upper/block1.norm1.shift": [4], "upper/places": [3, 4],
    ]
    #expect(shapes == wanted)
  }

  /// The very file comes back: no number is lost, and none is where it was not.
  @Test func everythingComesBack() throws {
    let (ours, leftOut) = try map.ours(from: state, at: "x")
    #expect(leftOut.isEmpty)
    let (theirs, others) = try map.theirs(from: ours, at: "x")
    #expect(others.isEmpty)
    func sorted(_ file: TensorFile) -> [NamedTensor] { file.tensors.sorted { $0.name < $1.name } }
    #expect(sorted(theirs).map(\.name) == sorted(state).map(\.name))
    #expect(sorted(theirs) == sorted(state))
  }

  /// The two biases of an LSTM are one here, and come back as one and zeros.
  @Test func biasesOfAnLSTMAreAddedUp() throws {
    let start = file([
      ("weight_ih_l0", [8, 3]), ("weight_hh_l0", [8, 2]), ("bias_ih_l0", [8]), ("bias_hh_l0", [8]),
    ])
    let ours = try PyTorchMap().ours(from: start, at: "x").file
    #expect(
      ours.tensors.map(\.name) == ["upper/input_weight", "upper/hidden_weight", "upper/bias"])
    #expect(ours.tensors.map(\.shape) == [[4, 3, 2], [4, 2, 2], [4, 2]])
    // Gate g's unit j, input i: row 2 g + j, column i there.
    #expect(ours.tensors[0].values[(1 * 3 + 2) * 2 + 1] == start.tensors[0].values[3 * 3 + 2])
    let sums = zip(start.tensors[2].values, start.tensors[3].values).map { $0 + $1 }
    #expect(ours.tensors[2].values == sums)
    let back = try PyTorchMap().theirs(from: ours, at: "x").file
    #expect(back.tensors[0] == start.tensors[0] && back.tensors[1] == start.tensors[1])
    #expect(back.tensors[2].values == sums && back.tensors[3].values.allSatisfy { $0 == 0 })
    #expect(try PyTorchMap().ours(from: back, at: "x").file == ours)
  }

  /// Models made here come back from there, parameters of every layer among them.
  @Test func modelsComeBack() throws {
    let model = try Model(seed: 3) { p in
      let layers: [any Layer] = [
        Models.Convolution(p.part("conv"), 3, 4, kernel: 5),
        BatchNorm(p.part("norm"), 4, keepsStatistics: true),
        TransposedConvolution(p.part("up"), 4, 2), Convolution1D(p.part("signal"), 2, 3),
        GroupNorm(p.part("group"), 4, groups: 2), LSTM(p.part("lstm"), 3, 4),
        GRU(p.part("gru"), 3, 4), Embedding(p.part("words"), 5, 6),
        TransformerBlock(p.part("block"), 6, heads: 2, hidden: 7),
        MultiHeadAttention(p.part("other"), 6, heads: 2), Dense(p.part("dense"), 12, 3),
      ]
      return Sequential(layers)
    }
    let file = TensorFile(
      metadata: [],
      tensors: model.parameters.map { parameter in
        NamedTensor(
          "upper/" + parameter.name, shape: parameter.shape.sizes,
          Array(model.values[parameter.offset..<parameter.offset + parameter.shape.count]))
      })
    let map = PyTorchMap([.init(ours: "dense", theirs: "fc", flattened: [3, 2, 2])])
    let back = try map.ours(from: map.theirs(from: file, at: "x").file, at: "x").file
    #expect(back.tensors.sorted { $0.name < $1.name } == file.tensors.sorted { $0.name < $1.name })
  }

  @Test func whatDoesNotFitIsSaid() throws {
    func message(_ shapes: [(String, [Int])], _ map: PyTorchMap = PyTorchMap()) -> String {
      let error = #expect(throws: StateError.self) { try map.ours(from: file(shapes), at: "f") }
      return error?.description ?? ""
    }
    let flattened = PyTorchMap([.init(ours: "fc", theirs: "fc", flattened: [2, 2, 2])])
    #expect(message([("fc.weight", [3, 9]), ("fc.bias", [3])], flattened).contains("[3, 9]"))
    #expect(message([("a.weight", [3])], flattened).contains("has no tensors fc"))
    #expect(
      message([
        ("lstm.weight_ih_l0", [8, 3]), ("lstm.weight_hh_l0", [8, 2]),
        ("lstm.weight_ih_l1", [8, 2]),
      ]).contains("of one layer, in one direction"))
    #expect(
      message([("m.in_proj_weight", [6, 2]), ("m.in_proj_bias", [6])]).contains(
        "in_proj and out_proj"))
    let state = TensorFile(metadata: [], tensors: [tensor("optimizer/x", [1])])
    #expect(throws: StateError.self) { try PyTorchMap().theirs(from: state, at: "f") }
  }
}
