/// Pieces of rows that follow each other, such as the parts of data of several files.
struct Pieces<Piece: Sendable>: Sendable {
  /// The pieces.
  let all: [Piece]
  /// How many rows there are in all.
  let rowCount: Int
  /// The first row of each.
  private let firsts: [Int]

  /// Pieces, and how many rows each has.
  init(_ pieces: [Piece], rows: (Piece) -> Int) {
    all = pieces
    var (firsts, count) = ([Int](), 0)
    for piece in pieces {
      firsts.append(count)
      count += rows(piece)
    }
    (self.firsts, rowCount) = (firsts, count)
  }

  /// The piece that has a row, and which of its own that is.
  subscript(row: Int) -> (piece: Piece, row: Int) {
    let place = firsts.lastIndex { $0 <= row } ?? 0
    return (all[place], row - firsts[place])
  }
}
