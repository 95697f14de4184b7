import DataFiles
import TestSupport
import Testing
import Training

struct ConversionTests {
  private let file = TensorFile(
    metadata: [.init("b", "1"), .init("a", "\"ü\n")],
    tensors: [
      NamedTensor("upper/w", shape: [2, 3], elements: [1, 2, 3, 4, 5, 6] as [Float]),
      NamedTensor("d", shape: [], elements: [0.1]), NamedTensor("n", shape: [0], [] as [Double]),
      NamedTensor("i", shape: [1], elements: [Int64.min]),
      NamedTensor("u", shape: [2], elements: [1, 255] as [UInt8]),
    ])

  @Test func npzKeepsEverything() throws {
    let bytes = try file.npz(named: "x.npz")
    #expect(try TensorFile(npz: bytes, named: "x.npz") == file)
    let bare = TensorFile(metadata: [], tensors: file.tensors)
    #expect(try TensorFile(npz: bare.npz(named: "x.npz"), named: "x.npz") == bare)
  }

  @Test func metadataThatIsNotOursIsRefused() throws {
    for text in ["{}", "[[\"a\"]]", "[[\"a\",\"1\"],[\"a\",\"2\"]]", ""] {
      let array = RawArray(type: "u1", shape: [text.utf8.count], bytes: Array(text.utf8))
      let bytes = try ZipArchive([.init("__metadata__.npy", array.encoded)]).encoded(named: "x")
      #expect(throws: DataFileError.self) { try TensorFile(npz: bytes, named: "x") }
    }
  }

  @Test func smallerWholeNumbersBecomeLarge() throws {
    let arrays = [
      RawArray(type: "i1", shape: [2], bytes: [0xfe, 1]),
      RawArray(type: "u2", shape: [1], bytes: [0xff, 0xff]),
      RawArray(type: "i4", shape: [1], bytes: [0, 0, 0, 0x80]),
    ]
    let members = arrays.enumerated().map { ZipArchive.Member("\($0).npy", $1.encoded) }
    let found = try TensorFile(npz: ZipArchive(members).encoded(named: "x"), named: "x")
    #expect(
      found.tensors.map { $0.elements(of: Int64.self) } == [[-2, 1], [65535], [-2_147_483_648]])
  }

  // MARK: Maps

  private func apply(_ operations: [AxisOperation], _ shape: [Int]) throws -> NamedTensor {
    let count = shape.reduce(1, *)
    let tensor = NamedTensor("t", shape: shape, elements: (0..<count).map { Double($0) })
    let map = NameMap([.init(ours: "o", theirs: "t", operations)])
    return try map.applied(to: TensorFile(metadata: [], tensors: [tensor]), at: "x").file.tensors[0]
  }

  @Test func axesAreChangedAsNumPyChangesThem() throws {
    let transposed = try apply([.transpose], [2, 3])
    #expect(transposed.shape == [3, 2] && transposed.values == [0, 3, 1, 4, 2, 5])
    // numpy.arange(24).reshape(2, 3, 4).transpose(2, 0, 1)
    let permuted = try apply([.permute([2, 0, 1])], [2, 3, 4])
    #expect(permuted.shape == [4, 2, 3])
    #expect(permuted.values.prefix(8) == [0, 4, 8, 12, 16, 20, 1, 5])
    #expect(try apply([.split(axis: 1, sizes: [2, 3])], [4, 6]).shape == [4, 2, 3])
    #expect(try apply([.join(axis: 0, sizes: [4, 2])], [4, 2, 3]).shape == [8, 3])
  }

  /// A dense layer behind a flattened image: channels first there, last here.
  @Test func everyChangeCanBeUndone() throws {
    let operations: [AxisOperation] = [
      .split(axis: 1, sizes: [3, 2, 2]), .permute([2, 3, 1, 0]), .join(axis: 0, sizes: [2, 2, 3]),
    ]
    let there = NameMap([.init(ours: "o", theirs: "t", operations)])
    let start = TensorFile(
      metadata: [], tensors: [NamedTensor("t", shape: [5, 12], (0..<60).map(Double.init))])
    let (ours, _) = try there.applied(to: start, at: "x")
    #expect(ours.tensors[0].shape == [12, 5] && ours.tensors[0].name == "o")
    // Row (h, w, c), column o is theirs (o, c, h, w).
    let (height, width, channel, output) = (1, 0, 2, 4)
    let row = height * 6 + width * 3 + channel
    let theirs = output * 12 + channel * 4 + height * 2 + width
    #expect(ours.tensors[0].values[row * 5 + output] == Double(theirs))
    #expect(try there.inverse.applied(to: ours, at: "x").file == start)
  }

  @Test func changesThatDoNotFitAreErrors() throws {
    let wrong: [[AxisOperation]] = [
      [.permute([0])], [.permute([0, 2])], [.split(axis: 1, sizes: [2, 2])],
      [.split(axis: 2, sizes: [1])], [.split(axis: 0, sizes: [.max, .max])],
      [.join(axis: 1, sizes: [3, 1])], [.join(axis: 0, sizes: [3, 2])],
      [.join(axis: .max, sizes: [2])], [.join(axis: 1, sizes: [3, 1, 1])],
    ]
    for operations in wrong {
      let error = #expect(throws: StateError.self) { try apply(operations, [2, 3]) }
      #expect(error?.message.contains("t has shape [2, 3] where the map says") == true)
    }
  }

  @Test func whatTheMapDoesNotNameIsLeftOut() throws {
    let (mapped, leftOut) = try NameMap([.init(ours: "x", theirs: "d")]).applied(to: file, at: "f")
    #expect(mapped.tensors.map(\.name) == ["x"] && mapped.metadata.isEmpty)
    #expect(leftOut == ["upper/w", "n", "i", "u"])
    let missing = NameMap([.init(ours: "x", theirs: "upper/v")])
    let error = #expect(throws: StateError.self) { try missing.applied(to: file, at: "f") }
    #expect(error?.description.contains("has no tensor upper/v; did you mean upper/w?") == true)
  }
}
