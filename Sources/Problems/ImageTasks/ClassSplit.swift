import DataFiles
import Randomness

/// Which classes train and which are held out; no class does both.
struct ClassSplit: Sendable, Equatable {
  let train: [Int]
  let heldOut: [Int]

  /// Classes in a random order, the first `train` of which train.
  init(random classes: Int, train: Int, seed: UInt64) {
    var stream = RandomStream(seed: seed, purpose: .split)
    let order = stream.permutation(of: classes)
    self.train = Array(order.prefix(train))
    heldOut = Array(order.dropFirst(train))
  }

  /// The first so many train, the others are held out.
  init(first count: Int, of classes: Int) {
    (train, heldOut) = (Array(0..<count), Array(count..<classes))
  }

  /// A split from a table with a header: tab-separated columns, among them `id` and `vinyals_split` (train, val or
  /// test). Train and val train.
  ///
  /// - Throws: `DataFileError` for a table that is none, or not about so many classes.
  init(vinyals path: String, classes: Int) throws(DataFileError) {
    let file = try FileBytes(reading: path)
    let lines = file.bytes.split(separator: UInt8(ascii: "\n")).map { line in
      line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self).trimmingSuffix("\r")
      }
    }
    let remedy = "give a table of tab-separated columns with the headings id and vinyals_split"
    guard let header = lines.first, let id = header.firstIndex(of: "id"),
      let split = header.firstIndex(of: "vinyals_split")
    else {
      throw DataFileError(
        path, at: .cell(line: 1, column: 1), "a heading is missing", remedy: remedy)
    }
    guard lines.count == classes + 1 else {
      throw DataFileError(
        path, "has \(lines.count - 1) rows for \(classes) classes", remedy: remedy)
    }
    var train: [Int] = []
    var heldOut: [Int] = []
    for (row, cells) in lines.enumerated().dropFirst() {
      guard cells.count == header.count, Int(cells[id]) == row - 1 else {
        throw DataFileError(
          path, at: .cell(line: row + 1, column: id + 1), "the row is not class \(row - 1)'s",
          remedy: "sort the rows by id, 0, 1, 2, ..., each with \(header.count) columns")
      }
      switch cells[split] {
      case "train", "val": train.append(row - 1)
      case "test": heldOut.append(row - 1)
      case let other:
        throw DataFileError(
          path, at: .cell(line: row + 1, column: split + 1), "\"\(other)\" is no part of the split",
          remedy: "write train, val or test")
      }
    }
    self.train = train
    self.heldOut = heldOut
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
