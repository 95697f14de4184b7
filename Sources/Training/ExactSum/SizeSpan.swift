/// Rows of neighbouring sizes, over all ranks, whose sum is one ``SumLayer``.
package struct SizeSpan: Sendable, Hashable {
  /// The layer's unit.
  let unit: Int
  /// The unit of the largest rows, before they are brought to the layer's.
  let lastUnit: Int
  /// What the rows' weights add up to.
  let weight: Int

  /// One row.
  init(_ size: Int, unit: Int) {
    self.init(unit: unit, lastUnit: unit, weight: 1 << (size - unit))
  }

  private init(unit: Int, lastUnit: Int, weight: Int) {
    (self.unit, self.lastUnit, self.weight) = (unit, lastUnit, weight)
  }

  /// As few spans as there is room for: first all rows of a unit, then neighbours, from the smallest up.
  static func joined(_ rows: [SizeSpan]) -> [SizeSpan] {
    var units: [SizeSpan] = []
    for row in rows {
      if let last = units.last, last.unit == row.unit {
        units[units.count - 1] = SizeSpan(
          unit: row.unit, lastUnit: row.unit, weight: last.weight + row.weight)
      } else {
        units.append(row)
      }
    }
    var spans: [SizeSpan] = []
    for next in units {
      if let both = spans.last.flatMap({ $0.joined(with: next) }) {
        spans[spans.count - 1] = both
      } else {
        spans.append(next)
      }
    }
    return spans
  }

  /// This one and the next larger one, where they have room in one layer.
  private func joined(with next: SizeSpan) -> SizeSpan? {
    let places = next.unit - unit
    guard places <= SumLayer.maximumWeight.trailingZeroBitCount else { return nil }
    let both = weight + next.weight << places
    guard both <= SumLayer.maximumWeight else { return nil }
    return SizeSpan(unit: unit, lastUnit: next.lastUnit, weight: both)
  }

  /// How many low bits of all numbers, counted from 2^(unit - 84), can be left out so that any rank's sums, and
  /// those over some ranks, fit one word; nil where that takes bits that are set.
  ///
  /// - Parameter lowest: The exponent of the lowest bit that is set on any rank; nil where none is.
  /// - Returns: The number of bits, or nil.
  func droppedBits(lowest: Int?) -> Int? {
    let lowest = max(lowest ?? unit, unit - 84)
    // All sums are below 2^(unit + 1) * weight.
    let places = unit + 1 - lowest + (Int.bitWidth - (weight - 1).leadingZeroBitCount)
    return places <= 62 ? lowest - (unit - 84) : nil
  }
}
