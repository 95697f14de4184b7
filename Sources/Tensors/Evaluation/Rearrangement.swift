/// Sums, repetitions, matrices and rows, by plain loops.
enum Rearrangement {
  typealias Split = (outer: Int, middle: Int, inner: Int)

  static func sum(_ x: [Double], _ s: Split) -> [Double] {
    var result = [Double](repeating: 0, count: s.outer * s.inner)
    for o in 0..<s.outer {
      for m in 0..<s.middle {
        for i in 0..<s.inner { result[o * s.inner + i] += x[(o * s.middle + m) * s.inner + i] }
      }
    }
    return result
  }

  static func spread(_ x: [Double], _ s: Split) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(s.outer * s.middle * s.inner)
    for o in 0..<s.outer {
      for _ in 0..<s.middle { result += x[o * s.inner..<(o + 1) * s.inner] }
    }
    return result
  }

  static func transpose(_ x: [Double], rows: Int, columns: Int) -> [Double] {
    var result = x
    for i in 0..<rows {
      for j in 0..<columns { result[j * rows + i] = x[i * columns + j] }
    }
    return result
  }

  static func centre(_ x: [Double], channels: Int) -> [Double] {
    let rows = channels == 0 ? 0 : x.count / channels
    let sums = sum(x, (outer: 1, middle: rows, inner: channels))
    return x.enumerated().map { $1 - sums[$0 % channels] / Double(rows) }
  }

  static func assemble(
    _ pieces: Zip2Sequence<[Int], [[Double]]>, count: Int
  ) -> [Double] {
    var result = [Double](repeating: 0, count: count)
    for (offset, piece) in pieces {
      result.replaceSubrange(offset..<offset + piece.count, with: piece)
    }
    return result
  }

  /// a [rows, k] times b [k, columns].
  static func product(_ a: [Double], _ b: [Double], rows: Int, columns: Int) -> [Double] {
    var result = [Double](repeating: 0, count: rows * columns)
    let k = rows == 0 ? 0 : a.count / rows
    for i in 0..<rows {
      for l in 0..<k {
        let factor = a[i * k + l]
        for j in 0..<columns { result[i * columns + j] += factor * b[l * columns + j] }
      }
    }
    return result
  }

  static func gather(_ x: [Double], _ index: [Double], width: Int) -> [Double] {
    index.flatMap { x[Int($0) * width..<(Int($0) + 1) * width] }
  }

  static func scatter(_ x: [Double], _ index: [Double], width: Int, _ count: Int) -> [Double] {
    var result = [Double](repeating: 0, count: count)
    for (row, place) in index.enumerated() {
      for j in 0..<width { result[Int(place) * width + j] += x[row * width + j] }
    }
    return result
  }
}
