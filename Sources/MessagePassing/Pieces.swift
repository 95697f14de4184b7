/// The range `0 ..< count` cut into consecutive ranges of at most `limit`; none if it is empty.
package func pieces(of count: Int, atMost limit: Int) -> some Sequence<Range<Int>> {
  stride(from: 0, to: count, by: limit).lazy.map { start in
    start..<min(start + limit, count)
  }
}
