/// Numbers with a shape, read from a file and held as compactly as there.
public struct FileArray: Sendable, Equatable {
  /// The numbers as the file has them.
  public enum Storage: Sendable, Equatable {
    /// Whole numbers from 0 to 255, such as pixels.
    case bytes([UInt8])
    /// Whole numbers.
    case integers([Int32])
    /// 32-bit numbers.
    case single([Float])
    /// 64-bit numbers.
    case double([Double])
  }

  /// The file, for errors.
  public let path: String
  /// The size of each axis.
  public let shape: [Int]
  /// The numbers, the last axis running fastest.
  public let storage: Storage
  /// NumPy's name of their type in the file: `uint8`, `float32`.
  public let type: String
  /// The CRC-32 of the file's bytes.
  public let checksum: UInt32

  init(_ file: FileBytes, _ type: String, _ shape: [Int], _ storage: Storage) {
    path = file.path
    checksum = file.checksum
    self.type = type
    self.shape = shape
    self.storage = storage
  }

  /// The number of rows: the size of the first axis, 1 where there is none.
  public var rows: Int { shape.first ?? 1 }

  /// Numbers of a row.
  public var rowCount: Int { shape.dropFirst().reduce(1, *) }

  /// Some numbers of the flat array.
  public func values(_ range: Range<Int>) -> [Double] {
    switch storage {
    case .bytes(let values): values[range].map(Double.init)
    case .integers(let values): values[range].map(Double.init)
    case .single(let values): values[range].map(Double.init)
    case .double(let values): Array(values[range])
    }
  }

  /// All numbers.
  public var values: [Double] { values(0..<shape.reduce(1, *)) }

  /// The numbers of a row.
  public func row(_ index: Int) -> [Double] { values(index * rowCount..<(index + 1) * rowCount) }

  /// The numbers as classes.
  ///
  /// - Parameters:
  ///   - count: As many labels as there must be.
  ///   - examples: What they are labels of, for errors.
  /// - Returns: Whole numbers from 0.
  /// - Throws: ``DataFileError`` for another shape or number of labels, or one that is negative or not whole.
  public func labels(count: Int, of examples: String) throws(DataFileError) -> [Int] {
    guard shape.count == 1 || (shape.count == 2 && shape[1] == 1) else {
      throw DataFileError(
        path, "holds an array of shape \(shape) where labels are needed",
        remedy: "give a file with one label an example")
    }
    guard rows == count else {
      throw DataFileError(
        path, "has \(rows) labels for the \(count) examples of \(examples)",
        remedy: "give the labels that belong to these examples")
    }
    var labels: [Int] = []
    labels.reserveCapacity(count)
    for (row, value) in values.enumerated() {
      guard value >= 0, value < 1e9, value == value.rounded(.towardZero) else {
        throw DataFileError(
          path, at: .row(row), "the label \(value) is no class number",
          remedy: "number the classes 0, 1, 2, ...")
      }
      labels.append(Int(value))
    }
    return labels
  }
}
