import DataFiles
import Testing

@Suite struct IDXTests {
  private func decode(_ bytes: [UInt8]) throws -> FileArray {
    try IDX.decode(try FileBytes("images", bytes))
  }

  private static let header: [UInt8] = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]

  @Test func bytes() throws {
    let array = try decode(Self.header + [1, 2, 3, 250, 251, 255])
    #expect(array.shape == [2, 3] && array.rows == 2 && array.rowCount == 3)
    #expect(array.storage == .bytes([1, 2, 3, 250, 251, 255]))
    #expect(array.row(1) == [250, 251, 255])
  }

  @Test func shortsAreBigEndianAndSigned() throws {
    let array = try decode([0, 0, 11, 1, 0, 0, 0, 3, 0, 1, 0xff, 0xff, 0x80, 0])
    #expect(array.storage == .integers([1, -1, -32768]))
  }

  /// Every type of the format.
  @Test func otherNumbersAreBigEndian() throws {
    func array(_ type: UInt8, _ count: UInt8, _ bytes: [UInt8]) throws -> FileArray {
      try decode([0, 0, type, 1, 0, 0, 0, count] + bytes)
    }
    let bytes = try array(9, 2, [1, 0xff])
    #expect(bytes.storage == .integers([1, -1]) && bytes.type == "int8")
    let words = try array(12, 2, [0, 1, 0, 2, 0xff, 0xff, 0xff, 0xfe])
    #expect(words.storage == .integers([65538, -2]) && words.type == "int32")
    let singles = try array(13, 1, [0xbf, 0x80, 0, 0])
    #expect(singles.storage == .single([-1]) && singles.type == "float32")
    let doubles = try array(14, 1, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0])
    #expect(doubles.storage == .double([1]) && doubles.type == "float64")
    #expect(throws: DataFileError.self) { try array(12, 2, [0, 0, 0, 1]) }
  }

  @Test func thereMayBeFourAxes() throws {
    let sizes: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2]
    let array = try decode([0, 0, 8, 4] + sizes + [1, 2, 3, 4, 5, 6])
    #expect(array.shape == [1, 3, 1, 2] && array.values == [1, 2, 3, 4, 5, 6])
  }

  @Test func emptyAxesHoldNothing() throws {
    #expect(try decode([0, 0, 8, 1, 0, 0, 0, 0]).values == [])
  }

  static let damages: [([UInt8], DataFileError.Place)] = [
    ([], .byte(0)), ([0, 0, 8], .byte(0)), ([1, 0, 8, 1, 0, 0, 0, 0], .byte(0)),
    ([0, 0, 10, 1, 0, 0, 0, 0], .byte(2)), ([0, 0, 8, 0], .byte(3)), ([0, 0, 8, 9], .byte(3)),
    ([0, 0, 8, 2, 0, 0, 0, 1, 0, 0], .byte(10)), (header + [1, 2, 3, 4, 5], .byte(4)),
    (header + [1, 2, 3, 4, 5, 6, 7], .byte(4)),
    ([0, 0, 11, 1, 0, 0, 0, 2, 1, 2, 3], .byte(4)),
    // Sizes whose product is beyond any number, and a claim of 4 GiB.
    ([0, 0, 8, 3] + [UInt8](repeating: 0xff, count: 12), .byte(4)),
    ([0, 0, 8, 1, 0xff, 0xff, 0xff, 0xff], .byte(4)),
  ]

  @Test(arguments: damages)
  func damageIsNamedWithItsPlace(_ bytes: [UInt8], _ place: DataFileError.Place) {
    let error = #expect(throws: DataFileError.self) { try decode(bytes) }
    #expect(error?.place == place && error?.file == "images")
    #expect(error?.remedy.isEmpty == false)
  }

  @Test func labelsMustFitTheirImages() throws {
    let labels = try decode([0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 2])
    #expect(try labels.labels(count: 3, of: "images") == [7, 0, 2])
    #expect(throws: DataFileError.self) { try labels.labels(count: 4, of: "images") }
    let images = try decode(Self.header + [1, 2, 3, 4, 5, 6])
    #expect(throws: DataFileError.self) { try images.labels(count: 2, of: "images") }
    let negative = try decode([0, 0, 11, 1, 0, 0, 0, 2, 0, 1, 0xff, 0xff])
    let error = #expect(throws: DataFileError.self) {
      try negative.labels(count: 2, of: "images")
    }
    #expect(error?.place == .row(1))
  }
}
