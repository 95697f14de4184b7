import DataFiles
import Tensors

/// The pixels of images, image by image: in memory, or in files that the system maps. A task's images are made of them when they
/// are taken, a batch at a time.
package final class PixelStore: RowStore {
  /// Images that follow each other.
  package enum Piece: Sendable {
    /// In memory.
    case bytes([UInt8])
    /// In a file.
    case mapped(MappedArray)

    /// How many bytes.
    package var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .mapped(let array): array.shape.reduce(1, *)
      }
    }

    /// All of them, in memory.
    package var bytes: [UInt8] {
      switch self {
      case .bytes(let bytes): bytes
      case .mapped(let array): Array(array.bytes(0..<count))
      }
    }

    /// Has some of them used.
    func with(_ range: Range<Int>, _ use: (UnsafeRawBufferPointer) -> Void) {
      switch self {
      case .bytes(let bytes):
        bytes.withUnsafeBytes { use(UnsafeRawBufferPointer(rebasing: $0[range])) }
      case .mapped(let array): use(array.bytes(range))
      }
    }
  }

  package let width: Int
  package var rowCount: Int { pieces.rowCount }
  /// The byte that full ink has.
  let fullInk: Float
  private let pieces: Pieces<Piece>

  /// Images of `width` numbers each.
  package init(_ pieces: [Piece], width: Int, fullInk: Float) {
    self.pieces = Pieces(pieces) { $0.count / width }
    (self.width, self.fullInk) = (width, fullInk)
  }

  /// These images, then others of as many numbers.
  package func followed(by others: PixelStore) -> PixelStore {
    PixelStore(pieces.all + others.pieces.all, width: width, fullInk: fullInk)
  }

  package func write(_ row: Int, to target: UnsafeMutableBufferPointer<Double>) {
    with(row) { pixels in
      for index in 0..<width { target[index] = Double(Float(pixels[index]) / fullInk) }
    }
  }

  private func with(_ row: Int, _ use: (UnsafeRawBufferPointer) -> Void) {
    let (piece, own) = pieces[row]
    piece.with(own * width..<(own + 1) * width, use)
  }

  /// Whether some of them are in a file.
  var isMapped: Bool {
    pieces.all.contains { if case .mapped = $0 { true } else { false } }
  }

  /// The numbers of some images.
  func rows(_ rows: [Int]) -> [Float] {
    [Float](unsafeUninitializedCapacity: rows.count * width) { target, count in
      for row in rows {
        with(row) { pixels in
          for index in 0..<width { target[count + index] = Float(pixels[index]) / fullInk }
        }
        count += width
      }
    }
  }
}
