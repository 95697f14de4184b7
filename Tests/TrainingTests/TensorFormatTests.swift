import Foundation
import Testing
import Training

/// The format as others write it, every element type, and headers made to mislead.
@Suite struct TensorFormatTests {
  private static func bytes(_ header: String, _ content: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
      + content
  }

  /// As `save` of the safetensors library writes it, version 0.8.0.
  private static let foreign = bytes(
    #"{"__metadata__":{"made by":"safetensors é"},"#
      + #""step":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"#
      + #""loss 😀":{"dtype":"F64","shape":[],"data_offsets":[16,24]},"#
      + #""upper/weight":{"dtype":"F32","shape":[2,2],"data_offsets":[24,40]},"#
      + #""flags":{"dtype":"U8","shape":[3],"data_offsets":[40,43]}}      "#,
    [
      0xFD, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0, 0, 0, 0x20, 0,
      0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xB9, 0x3F,
      0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0, 0, 0, 0x50, 0x40, 0, 0, 0, 0,
      0, 0xFF, 7,
    ])

  private static let own = TensorFile(
    metadata: [.init("made by", "safetensors é")],
    tensors: [
      NamedTensor("step", shape: [2], elements: [Int64(-3), 1 << 53 + 1]),
      NamedTensor("loss 😀", shape: [], [0.1]),
      NamedTensor("upper/weight", shape: [2, 2], elements: [Float(1), -2.5, 3.25, 0]),
      NamedTensor("flags", shape: [3], elements: [UInt8(0), 255, 7]),
    ])

  private func decode(_ bytes: [UInt8]) throws -> TensorFile {
    try TensorFile(decoding: bytes, named: "test")
  }

  @Test func filesOfOthersAreReadAndWrittenAlike() throws {
    #expect(Self.foreign.count == 347)
    #expect(try decode(Self.foreign) == Self.own)
    #expect(Self.own.encoded() == Self.foreign)
  }

  @Test func elementsKeepTypeAndBits() throws {
    let tensors = try decode(Self.foreign).tensors
    #expect(tensors[0].elements(of: Int64.self) == [-3, 1 << 53 + 1])
    #expect(tensors[1].elements(of: Double.self) == [0.1])
    #expect(tensors[2].elements(of: Float.self) == [1, -2.5, 3.25, 0])
    #expect(tensors[3].elements(of: UInt8.self) == [0, 255, 7])
    #expect(tensors[3].elements(of: Float.self) == nil)
    #expect(tensors.map(\.values) == [[-3, 0x1p53], [0.1], [1, -2.5, 3.25, 0], [0, 255, 7]])
    let odd = [-0.0, .infinity, .nan, -.leastNonzeroMagnitude, .greatestFiniteMagnitude]
    let file = TensorFile(metadata: [], tensors: [NamedTensor("odd", shape: [5], odd)])
    let read = try #require(try decode(file.encoded()).tensors[0].elements(of: Double.self))
    #expect(read.map(\.bitPattern) == odd.map(\.bitPattern))
  }

  /// Types of others, as PyTorch and NumPy have them: 1.5, -2 and the least of half precision; 1.5 and -2 as bfloat16.
  @Test func narrowTypesAreWidened() throws {
    let file = try decode(
      Self.bytes(
        #"{"h":{"dtype":"F16","shape":[3],"data_offsets":[0,6]},"#
          + #""b":{"dtype":"BF16","shape":[2],"data_offsets":[6,10]},"#
          + #""i":{"dtype":"I16","shape":[2],"data_offsets":[10,14]},"#
          + #""u":{"dtype":"U32","shape":[1],"data_offsets":[14,18]},"#
          + #""t":{"dtype":"BOOL","shape":[2],"data_offsets":[18,20]}}"#,
        [
          0, 0x3E, 0, 0xC0, 1, 0, 0xC0, 0x3F, 0, 0xC0, 0xFE, 0xFF, 5, 0, 0xFF, 0xFF, 0xFF, 0xFF, 1,
          0,
        ]))
    #expect(file.tensors[0].elements(of: Float.self) == [1.5, -2, 0x1p-24])
    #expect(file.tensors[1].elements(of: Float.self) == [1.5, -2])
    #expect(file.tensors[2].elements(of: Int64.self) == [-2, 5])
    #expect(file.tensors[3].elements(of: Int64.self) == [4_294_967_295])
    #expect(file.tensors[4].elements(of: UInt8.self) == [1, 0])
    #expect(throws: StateError.self) {
      try decode(
        Self.bytes(
          #"{"h":{"dtype":"F16","shape":[3],"data_offsets":[0,8]}}"#,
          [UInt8](repeating: 0, count: 8)))
    }
  }

  /// They matter to those alone who want that tensor.
  @Test func unknownTypesMatterOnlyWhereUsed() throws {
    let file = try decode(
      Self.bytes(
        #"{"odd":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[0,3]},"#
          + #""b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}"#, [1, 2, 3, 4]))
    #expect(file.tensors.map(\.name) == ["b"])
    #expect(file.unread.map(\.type) == ["F8_E4M3"])
    let map = { (name: String) in NameMap([.init(ours: "upper/x", theirs: name)]) }
    let used = try map("b").applied(to: file, at: "x")
    #expect(used.leftOut == ["odd"] && used.file.tensors.count == 1)
    let error = #expect(throws: StateError.self) { try map("odd").applied(to: file, at: "x") }
    #expect(error?.tensor == "odd" && error?.message.contains("F8_E4M3") == true)
  }

  /// As JSON and other readers have it: by code points, composed or not.
  @Test func namesThatUnicodeCallsEquivalentAreTwo() throws {
    let (one, two) = ("\u{E9}", "e\u{301}")
    let file = TensorFile(
      metadata: [.init(one, "1"), .init(two, "2")],
      tensors: [NamedTensor(one, shape: [1], [1.0]), NamedTensor(two, shape: [1], [2.0])])
    let read = try decode(file.encoded())
    #expect(read.tensors.map(\.values) == [[1], [2]])
    #expect(
      try TensorFile(npz: file.npz(named: "x"), named: "x").tensors.map(\.values) == [[1], [2]])
    let map = NameMap([.init(ours: "a", theirs: two), .init(ours: "b", theirs: one)])
    let mapped = try map.applied(to: read, at: "x")
    #expect(mapped.file.tensors.map(\.values) == [[2], [1]] && mapped.leftOut.isEmpty)
  }

  @Test func escapesOfJSONAreCharacters() throws {
    let header = #"{"__metadata__":{"\u00e9\ud83d\ude00\/\"\\\b\f\n\r\t":"\u0041"}}"#
    let word = try #require(try decode(Self.bytes(header, [])).metadata.first)
    #expect(word.key == "é😀/\"\\\u{8}\u{C}\n\r\t" && word.value == "A")
    // What we write, with all characters that need an escape, is read again.
    let odd = String(String.UnicodeScalarView((0...0x80).compactMap(Unicode.Scalar.init)))
    let file = TensorFile(metadata: [.init(odd, odd)], tensors: [])
    #expect(try decode(file.encoded()) == file)
  }

  /// Members of a JSON object have no order; their bytes have one.
  @Test func tensorsComeInTheOrderOfTheirBytes() throws {
    let header =
      #"{"b":{"shape":[1],"data_offsets":[1,2],"dtype":"U8"},"#
      + #""d":{"dtype":"U8","shape":[0],"data_offsets":[2,2]},"#
      + #""c":{"dtype":"U8","shape":[0,5],"data_offsets":[2,2]},"#
      + #""a":{"data_offsets":[0,1],"dtype":"U8","shape":[1]}}"#
    let file = try decode(Self.bytes(header, [4, 5]))
    #expect(file.tensors.map(\.name) == ["a", "b", "d", "c"])
    #expect(file.tensors.map(\.values) == [[4], [5], [], []])
  }

  private static func tensor(_ name: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
    #""\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
  }

  @Test(
    arguments: [
      ("{\(tensor("x", "[1]", 0, 4)),\(tensor("y", "[1]", 3, 7))}", "y", 4),
      ("{\(tensor("x", "[1]", 0, 4)),\(tensor("y", "[1]", 5, 9))}", "y", 4),
      ("{\(tensor("x", "[2]", 0, 8)),\(tensor("y", "[1]", 4, 0))}", "y", 8),
      ("{\(tensor("x", "[3]", 0, 12))}", "x", 0),
      ("{\(tensor("x", "[2,1152921504606846976]", 0, 8))}", "x", 0),
      ("{\(tensor("x", "[0,4611686018427387904,4]", 0, 0))}", "x", 0),
      ("{\(tensor("x", "[1]", 0, 4))}", nil, 4),
    ] as [(String, String?, Int)])
  func faultsAreLocated(_ header: String, _ tensor: String?, _ offset: Int) {
    let error = #expect(throws: StateError.self) {
      try decode(Self.bytes(header, [UInt8](repeating: 0, count: 8)))
    }
    #expect(error?.tensor == tensor)
    #expect(error?.offset == 8 + header.utf8.count + offset)
    #expect(error?.path == "test" && error?.exitCode == .dataError)
    #expect(error?.description.hasSuffix("; use another copy") == true)
  }

  @Test(arguments: [
    #" {}"#, #"[]"#, #"{"a":[]}"#, #"{"a":{"dtype":"U8","shape":[00],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"U8","shape":[0.0],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[-0,0]}}"#,
    #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}}"#,
    #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"dtype":"U8"}}"#,
    #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"more":1}}"#,
    #"{"a":{"dtype":"U8","shape":null,"data_offsets":[0,0]}}"#,
    #"{"__metadata__":{"a":"b","a":"c"}}"#, #"{"__metadata__":{},"__metadata__":{}}"#,
    #"{"__metadata__":{"a":{}}}"#, #"{"__metadata__":{"a":"\ud800"}}"#, #"{,}"#, #"{}}"#,
    #"{"__metadata__":{"a":"\ud800\u0041"}}"#, #"{"__metadata__":{"a":"\udc00\ud800"}}"#,
    #"{"__metadata__":{"a":"\u12"}}"#, #"{"__metadata__":{"a":"\x"}}"#, #"{"__metadata__":{"a"#,
    #"{"__metadata__":{"a":"\"#, #"{"__metadata__":{"a":"\u"#, "{\"a\u{1}\":{}}", #"{"a":{},}"#,
    String(repeating: #"{"a":"#, count: 1 << 16), String(repeating: "[", count: 1 << 16),
  ])
  func loosenessIsRefused(_ header: String) {
    let error = #expect(throws: StateError.self) { try decode(Self.bytes(header, [])) }
    #expect(error?.code == .malformed)
    #expect((8...8 + header.utf8.count).contains(error?.offset ?? 0))
  }

  @Test func bytesThatAreNotUTF8AreRefused() {
    for wrong: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]] {
      let header = Array(#"{"__metadata__":{"a":""#.utf8) + wrong + Array(#""}}"#.utf8)
      let error = #expect(throws: StateError.self) {
        try decode([UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header)
      }
      #expect(error?.message.contains("not UTF-8") == true)
    }
  }

  /// Names reach terminals and logs.
  @Test func messagesStayOnOneShortLine() {
    let name = String(repeating: #"\u001b\n\u202e"#, count: 10_000)
    let error = #expect(throws: StateError.self) {
      try decode(Self.bytes("{\(Self.tensor(name, "[9]", 0, 4))}", [0, 0, 0, 0]))
    }
    let message = error?.message ?? ""
    #expect(message.hasPrefix("no valid safetensors file: tensor \\u{1b}\\u{a}\\u{202e}\\u{1b}"))
    #expect(message.count < 400 && !message.contains("\n") && !message.contains("\u{1B}"))
  }

  /// Every header is one of a well-formed file in which numbers, words and marks were exchanged: it gets past the first
  /// checks more often than random bytes do.
  @Test func misleadingHeadersNeverTrap() throws {
    let header = String(decoding: Self.foreign[8..<304], as: UTF8.self)
    let content = Array(Self.foreign[304...])
    let pieces = header.split(omittingEmptySubsequences: false) { "{}[]:,\" ".contains($0) }
    let numbers = [
      "0", "1", "2", "16", "24", "40", "43", "-1", "4294967296", "4611686018427387904",
      "9223372036854775807", "9223372036854775808", "18446744073709551615", "1e3", "",
    ]
    var state: UInt64 = 7
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let marks = header.filter { "{}[]:,\" ".contains($0) }.map(String.init) + [""]
    var read = 0
    for _ in 0..<20_000 {
      var parts = pieces.map(String.init)
      var ends = marks
      for _ in 0...random(2) {
        let place = random(parts.count)
        switch random(6) {
        case 0: ends[place] = ["{", "}", "[", "]", ":", ",", "\"", " ", ""][random(9)]
        case 1: parts[place] = parts[random(parts.count)]
        default: if Int(parts[place]) != nil { parts[place] = numbers[random(numbers.count)] }
        }
      }
      let changed = zip(parts, ends).map { $0 + $1 }.joined()
      guard let file = try? decode(Self.bytes(changed, content)), file.unread.isEmpty else {
        continue
      }
      // What is accepted is whole, and can be written and read again.
      #expect(file.tensors.map(\.data.count).reduce(0, +) == content.count)
      #expect(try decode(file.encoded()) == file)
      read += 1
    }
    #expect(read > 1000)
  }

  /// From Python's hashlib, over bytes packed by hand.
  @Test func digestsAreWhatTheyAreDefinedAs() {
    #expect(
      ParameterDigest.sha256([("a.weight", [2, 1], [1, -0.0]), ("bé", [], [0.1])])
        == "d0c1f3f11b98d37ad99dd50431289e14a43e27c62ef77f65304e35513e081179")
  }
}
