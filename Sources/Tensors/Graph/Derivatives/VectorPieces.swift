/// What the pieces of a flat vector receive, added up piece by piece.
struct VectorPieces {
  private struct Place: Hashable {
    let offset: Int
    let count: Int
  }

  private var nodes: [Place: Int] = [:]

  /// Adds what a piece receives to what was received there before.
  mutating func add(_ node: Int, at offset: Int, in graph: Graph) {
    let place = Place(offset: offset, count: graph.shape(node).count)
    guard let other = nodes[place] else {
      nodes[place] = node
      return
    }
    nodes[place] = graph.add(other, graph.reshape(node, graph.shape(other)))
  }

  /// The pieces in the order of their places, in rows within which none overlap: one row, unless a number is in pieces of
  /// several sizes.
  var rows: [[(offset: Int, node: Int)]] {
    var rows: [(end: Int, pieces: [(offset: Int, node: Int)])] = []
    let order = nodes.keys.sorted { ($0.offset, $0.count) < ($1.offset, $1.count) }
    for place in order {
      guard let node = nodes[place] else { continue }
      let piece = (offset: place.offset, node: node)
      if let row = rows.firstIndex(where: { $0.end <= place.offset }) {
        rows[row].pieces.append(piece)
        rows[row].end = place.offset + place.count
      } else {
        rows.append((place.offset + place.count, [piece]))
      }
    }
    return rows.map(\.pieces)
  }
}

extension Graph {
  /// A vector of `count` elements made of pieces, zero elsewhere.
  func assemble(_ pieces: VectorPieces, count: Int) -> Int? {
    pieces.rows.reduce(nil) { sum(of: $0, assemble($1, count: count)) }
  }
}
