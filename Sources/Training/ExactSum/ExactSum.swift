import BilevelOptimization

/// Sums of rows of numbers whose bits depend neither on the order of the rows nor on how they are
/// spread over ranks, for only integers are added.
///
/// A row of size e has its largest magnitude from 2^e to below 2^(e + 1). Each of its numbers counts
/// as the multiple of 2^(e - 84) nearest to it: what is lost is at most 2^-85 of the row's largest.
/// The sum of these multiples is exact, for rows of whatever sizes, and is rounded just once. So
/// numbers a power of two larger have a sum a power of two larger, bit for bit.
///
/// Rows of similar size share a ``SumLayer``. Which sizes do depends on the most rows that the sum is
/// for, so that it is the same on every rank; it changes no bit.
package struct ExactSum: Sendable {
  /// How many rows one sum has room for at the most.
  package static let maximumTerms = 1 << 20
  /// Rows that are smaller count as of this size: their numbers are near the least there are.
  package static let leastSize = -960

  /// How many numbers a row has.
  package let count: Int
  /// How many rows were added here since the last ``clear()``.
  package private(set) var terms = 0
  private let maximumTerms: Int
  /// Sizes that share a layer.
  private let sizesOfLayer: Int
  /// Rising by unit.
  private var layers: [SumLayer] = []
  /// Memory of layers that are not in use.
  private var spare: [SumLayer] = []

  /// An empty sum.
  ///
  /// - Parameters:
  ///   - count: How many numbers a row has.
  ///   - terms: The most rows that it is for, over all ranks, from 1 to ``maximumTerms``.
  package init(count: Int, terms: Int) {
    precondition((1...Self.maximumTerms).contains(terms), "a sum of \(terms) rows has no room")
    self.count = count
    maximumTerms = terms
    let room = SumLayer.maximumWeight / terms
    sizesOfLayer = Int.bitWidth - room.leadingZeroBitCount
  }

  /// Forgets all rows.
  package mutating func clear() {
    terms = 0
    spare += layers
    layers.removeAll(keepingCapacity: true)
  }

  /// Adds a row.
  ///
  /// - Parameter row: ``count`` numbers.
  /// - Returns: The row's size; nil where all its numbers are 0.
  /// - Throws: ``ExactSumError`` where a number is not finite, or the sum is full; the sum is then as
  ///   it was.
  @discardableResult
  package mutating func add(_ row: UnsafeBufferPointer<Double>) throws(ExactSumError) -> Int? {
    precondition(row.count == count, "a row of \(row.count) is added to an exact sum of \(count)")
    let size = try Self.size(of: row)
    guard terms < maximumTerms else { throw .tooManyTerms(terms + 1, of: maximumTerms) }
    terms += 1
    if let size { layers[layer(for: size)].add(row, size: size) }
    return size
  }

  /// A row's size; nil where all its numbers are 0.
  ///
  /// - Throws: ``ExactSumError`` where a number is not finite.
  static func size(of row: UnsafeBufferPointer<Double>) throws(ExactSumError) -> Int? {
    let largest = row.largestMagnitude
    guard largest.isFinite else {
      let index = row.firstIndex { !$0.isFinite } ?? 0
      throw .diverged(index: index, value: row[index])
    }
    return largest > 0 ? max(Int(largest.exponent), leastSize) : nil
  }

  /// The exponent of the lowest bit that is set in any of the sums; nil where all are 0.
  package var lowestBit: Int? { layers.compactMap(\.lowestBit).min() }

  /// Whether rows of this rank alone are together already.
  package var isArranged: Bool { layers.count <= 1 }

  /// Brings rows together that are near enough in size, over all ranks. Changes no bit of the sum.
  ///
  /// - Parameter sizes: Those of all rows on all ranks but for rows of zeros, in any order: the same
  ///   on every rank.
  /// - Returns: The spans of sizes that have a layer each, the same on every rank.
  package mutating func arrange(_ sizes: [Int]) -> [SizeSpan] {
    let spans = SizeSpan.joined(sizes.sorted().map { SizeSpan($0, unit: unit(of: $0)) })
    for (place, span) in spans.enumerated() {
      if place < layers.count, layers[place].unit <= span.lastUnit {
        layers[place].lower(to: span.unit)
      } else {
        layers.insert(emptyLayer(span.unit), at: place)
      }
      while place + 1 < layers.count, layers[place + 1].unit <= span.lastUnit {
        let larger = layers.remove(at: place + 1)
        layers[place].merge(larger)
        spare.append(larger)
      }
    }
    return spans
  }

  /// Replaces this sum by the one over all ranks, which `sum` adds up word by word in place, once for
  /// each span. Where all bits of all sums lie near enough to each other, the numbers travel in one
  /// word each, in half as many bytes: the sum has the same bits either way.
  ///
  /// - Parameters:
  ///   - spans: What ``arrange(_:)`` gave.
  ///   - lowestBit: The least of all ranks' ``lowestBit``, the same on every rank.
  ///   - sum: Replaces each word by the sum of all ranks' words at its index.
  /// - Throws: What `sum` throws.
  package mutating func reduce<Failure: Error>(
    _ spans: [SizeSpan], lowestBit: Int?,
    by sum: (UnsafeMutableBufferPointer<Int64>) throws(Failure) -> Void
  ) throws(Failure) {
    for (place, span) in spans.enumerated() {
      try layers[place].reduce(droppedBits: span.droppedBits(lowest: lowestBit), by: sum)
    }
  }

  /// The sums, as near as a `Double` can be: the error is at most half a unit in the last place of the
  /// result, besides what ``add(_:)`` lost. A sum of zero is +0.
  ///
  /// - Returns: ``count`` numbers.
  package func values() -> [Double] {
    guard let layer = layers.first else { return [Double](repeating: 0, count: count) }
    if layers.count == 1 { return layer.values() }
    var sum = RoundedSum()
    return (0..<count).map { index in
      sum.clear()
      for layer in layers {
        let (high, low) = layer.parts(at: index)
        sum.add(high)
        sum.add(low)
      }
      return sum.value
    }
  }

  /// The unit of the layer that a size belongs to: sizes from it on, ``sizesOfLayer`` of them.
  private func unit(of size: Int) -> Int {
    let rest = size % sizesOfLayer
    return size - (rest < 0 ? rest + sizesOfLayer : rest)
  }

  /// The place of the layer for a size, which is made where there is none.
  private mutating func layer(for size: Int) -> Int {
    let unit = unit(of: size)
    let place = layers.firstIndex { $0.unit >= unit } ?? layers.count
    if place == layers.count || layers[place].unit != unit {
      layers.insert(emptyLayer(unit), at: place)
    }
    return place
  }

  private mutating func emptyLayer(_ unit: Int) -> SumLayer {
    var layer = spare.popLast() ?? SumLayer(count: count)
    layer.clear(unit: unit)
    return layer
  }
}
