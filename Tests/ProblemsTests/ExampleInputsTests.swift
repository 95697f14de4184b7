import DataFiles
import Foundation
import Problems
import Randomness
import Testing

/// Tables whose rows stay in their file are those that are read, bit for bit: a law over random files and settings.
@Suite struct ExampleInputsTests {
  /// A file of NumPy's, as it would be saved: numbers of 32 or 64 bits.
  private static func npy(_ shape: [Int], _ values: [Double], single: Bool) -> Data {
    let bytes =
      single
      ? values.flatMap { withUnsafeBytes(of: Float($0)) { Array($0) } }
      : values.flatMap { withUnsafeBytes(of: $0) { Array($0) } }
    return Data(RawArray(type: single ? "f4" : "f8", shape: shape, bytes: bytes).encoded)
  }

  /// A table in files, read and mapped.
  private struct Files {
    let read, mapped: Table

    init(_ stream: inout RandomStream) throws {
      let (rows, width) = (10 + stream.integer(below: 30), 2 + stream.integer(below: 5))
      let isMissing = stream.integer(below: 2) == 0
      var values: [Double] = []
      for row in 0..<rows {
        for column in 0..<width {
          let isNone = isMissing && column > 0 && stream.integer(below: 20) == 0
          values.append(
            isNone ? .nan : column == width - 1 ? Double(row % 3) : stream.normal() * 100)
        }
      }
      let folder = FileManager.default.temporaryDirectory.path
      let paths = (0..<2).map { _ in "\(folder)/\(UUID().uuidString).npy" }
      defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
      let single = stream.integer(below: 2) == 0
      try ExampleInputsTests.npy([rows, width], values, single: single)
        .write(to: URL(fileURLWithPath: paths[0]))
      let hasOwn = stream.integer(below: 2) == 0
      try ExampleInputsTests.npy([rows], (0..<rows).map { Double($0 % 2) }, single: single)
        .write(to: URL(fileURLWithPath: paths[1]))
      let targets = hasOwn ? nil : paths[1]
      read = try Table.read(paths[0], targets: targets, mappingFrom: .max)
      mapped = try Table.read(paths[0], targets: targets, mappingFrom: 0)
    }
  }

  @Test func theirCellsAreTheSame() throws {
    var stream = RandomStream(seed: 61, purpose: .task)
    for _ in 0..<20 {
      let files = try Files(&stream)
      let (read, mapped) = (files.read, files.mapped)
      #expect(read.mapped == nil && mapped.mapped != nil)
      #expect(mapped.rowCount == read.rowCount && mapped.columnCount == read.columnCount)
      #expect(mapped.checksum == read.checksum && mapped.targetChecksum == read.targetChecksum)
      #expect(mapped.hasTargets == read.hasTargets && mapped.format == read.format)
      for row in 0..<read.rowCount {
        for column in 0..<read.columnCount {
          #expect(mapped.content(row, column) == read.content(row, column))
          #expect(try mapped.word(row, column) == read.word(row, column))
        }
      }
    }
  }

  @Test func theirExamplesAreTheSame() throws {
    var stream = RandomStream(seed: 62, purpose: .task)
    var (failed, made) = (0, 0)
    for _ in 0..<60 {
      let files = try Files(&stream)
      var settings = TableSettings()
      settings.missing = TableSettings.MissingRule.allCases[stream.integer(below: 3)]
      settings.ignore = files.read.columnCount > 2 && stream.integer(below: 2) == 0 ? "0" : ""
      settings.categorical = stream.integer(below: 6) == 0 ? "1" : ""
      settings.kind = stream.integer(below: 2) == 0 ? .classification : .regression
      let tables: (ExampleTable, ExampleTable)
      do {
        tables.0 = try ExampleTable(files.read, settings)
      } catch {
        failed += 1
        let other = #expect(throws: DataFileError.self) {
          try ExampleTable(files.mapped, settings)
        }
        #expect(other?.description == error.description)
        continue
      }
      tables.1 = try ExampleTable(files.mapped, settings)
      made += 1
      let (read, mapped) = tables
      #expect(mapped.rows == read.rows && mapped.targets == read.targets)
      try Self.expectSame(mapped.inputs, read.inputs, &stream)
      try Self.expectSame(
        mapped.inputs.followed(by: read.inputs).followed(by: mapped.inputs),
        read.inputs.followed(by: read.inputs).followed(by: read.inputs), &stream)
    }
    #expect(failed > 3 && made > 20)
  }

  private static func expectSame(
    _ mapped: ExampleInputs, _ read: ExampleInputs, _ stream: inout RandomStream
  ) throws {
    #expect(mapped.count == read.count && mapped.width == read.width)
    #expect(mapped.withMissing == read.withMissing)
    let training = (0..<read.count).filter { _ in stream.integer(below: 3) > 0 } + [0]
    let taken = (0..<5).map { _ in stream.integer(below: read.count) }
    let standards = (mapped.standards(of: training), read.standards(of: training))
    let own = try mapped.array(taken, standards.0)
    #expect(own.values == (try read.array(taken, standards.1)).values)
    #expect(own.shape == [5, read.width] && own.values.allSatisfy(\.isFinite))
  }

  @Test func infiniteNumbersAreRefused() throws {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).npy"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Self.npy([3, 2], [1, 2, 3, -.infinity, 5, 6], single: true)
      .write(to: URL(fileURLWithPath: path))
    for least in [0, Int.max] {
      let error = #expect(throws: DataFileError.self) {
        try Table.read(path, targets: nil, mappingFrom: least)
      }
      #expect(error?.description.contains("row 1: has an infinite number") == true)
    }
  }
}
