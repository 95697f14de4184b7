import DataFiles
import Testing

@Suite struct NPYTests {
  static func file(_ header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let text = Array((header + "\n").utf8)
    let length = version == 1 ? 2 : 4
    return [0x93] + Array("NUMPY".utf8) + [version, 0]
      + (0..<length).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + data
  }

  private func decode(_ header: String, _ data: [UInt8], version: UInt8 = 1) throws -> FileArray {
    try NPY.decode(try FileBytes("array", Self.file(header, data, version: version)))
  }

  private func header(_ type: String, _ shape: String, fortran: String = "False") -> String {
    "{'descr': '\(type)', 'fortran_order': \(fortran), 'shape': \(shape), }"
  }

  @Test func everyTypeInBothByteOrders() throws {
    #expect(try decode(header("|u1", "(3,)"), [0, 7, 255]).storage == .bytes([0, 7, 255]))
    #expect(try decode(header("|b1", "(2,)"), [0, 1]).storage == .bytes([0, 1]))
    #expect(try decode(header("|i1", "(2,)"), [1, 255]).storage == .integers([1, -1]))
    #expect(try decode(header("<i2", "(2,)"), [1, 0, 0, 0x80]).storage == .integers([1, -32768]))
    #expect(try decode(header(">u2", "(1,)"), [0xff, 0xfe]).storage == .integers([0xfffe]))
    #expect(try decode(header(">i4", "(1,)"), [255, 255, 255, 254]).storage == .integers([-2]))
    #expect(
      try decode(header("<u4", "(1,)"), [255, 255, 255, 255]).storage == .double([4_294_967_295]))
    #expect(
      try decode(header("<i8", "(1,)"), [0xfe] + [UInt8](repeating: 255, count: 7)).storage
        == .double([-2]))
    #expect(try decode(header("<f2", "(2,)"), [0, 0x3e, 1, 0]).storage == .single([1.5, 0x1p-24]))
    #expect(try decode(header(">f2", "(1,)"), [0xc0, 0]).storage == .single([-2]))
    #expect(try decode(header("<f4", "(1,)"), [0, 0, 0xc0, 0x3f]).storage == .single([1.5]))
    #expect(
      try decode(header(">f8", "()"), [0x3f, 0xf8, 0, 0, 0, 0, 0, 0]).storage == .double([1.5]))
  }

  /// Every size of elements, in both byte orders and both orders of axes.
  @Test func rawBytesAreLittleEndianWithTheLastAxisFastest() throws {
    let shape = [2, 3, 4]
    for (type, size) in [("u1", 1), ("i2", 2), ("f4", 4), ("f8", 8)] {
      func bytes(_ number: Int, _ isBig: Bool) -> [UInt8] {
        let little = (0..<size).map { UInt8($0 == 0 ? number : 100 + $0) }
        return isBig ? little.reversed() : little
      }
      let wanted = (0..<24).flatMap { bytes($0, false) }
      for isBig in [false, true] {
        let order = size == 1 ? "|" : isBig ? ">" : "<"
        let turned = (0..<4).flatMap { c in
          (0..<3).flatMap { b in (0..<2).flatMap { a in bytes((a * 3 + b) * 4 + c, isBig) } }
        }
        let plain = (0..<24).flatMap { bytes($0, isBig) }
        for (fortran, stored) in [("False", plain), ("True", turned)] {
          let text = header(order + type, "(2, 3, 4)", fortran: fortran)
          let raw = try NPY.decodeRaw(FileBytes("a.npy", Self.file(text, stored)))
          #expect(raw == RawArray(type: type, shape: shape, bytes: wanted), "\(text)")
        }
      }
    }
    let empty = header("|u1", "(1000000, 1000000, 0)", fortran: "True")
    #expect(try NPY.decodeRaw(FileBytes("a.npy", Self.file(empty, []))).bytes == [])
  }

  /// As Python 2 wrote sizes.
  @Test func longSizesAreNumbers() throws {
    #expect(try decode(header("|u1", "(2L, 1L)"), [1, 2]).shape == [2, 1])
  }

  @Test func fortranOrderIsTurnedRound() throws {
    // [[1, 2, 3], [4, 5, 6]], columns first.
    let array = try decode(header("|u1", "(2, 3)", fortran: "True"), [1, 4, 2, 5, 3, 6])
    #expect(array.shape == [2, 3] && array.storage == .bytes([1, 2, 3, 4, 5, 6]))
  }

  @Test(arguments: [1, 2, 3] as [UInt8]) func allVersions(_ version: UInt8) throws {
    #expect(try decode(header("|u1", "(1,)"), [9], version: version).values == [9])
  }

  @Test(arguments: [
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<f3', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (1LL,), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (999999999999999999, 99), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,), }",
    "{'descr': '|u1', 'shape': (1,), }",
    "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'more': 1}",
    "{'descr': '|u1', 'fortran_order': __import__('os'), 'shape': (1,), }", "{", "",
  ])
  func otherHeadersAreRefused(_ header: String) {
    #expect(throws: DataFileError.self) { try decode(header, [1]) }
  }

  @Test func filesThatEndEarlyAreRefused() throws {
    let whole = Self.file(header("|u1", "(2,)"), [1, 2])
    for count in 0..<whole.count {
      #expect(throws: DataFileError.self) {
        try NPY.decode(try FileBytes("array", Array(whole[..<count])))
      }
    }
    #expect(throws: DataFileError.self) { try NPY.decode(try FileBytes("array", whole + [0])) }
  }
}
