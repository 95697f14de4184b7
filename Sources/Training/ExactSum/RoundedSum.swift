/// The sum of some finite doubles, as near as a `Double` can be: it does not depend on their order.
///
/// Kept as doubles that do not overlap, rising in magnitude (Shewchuk, 1997, "Adaptive Precision
/// Floating-Point Arithmetic"). Where a sum is beyond all doubles it is not finite.
package struct RoundedSum {
  private var parts: [Double] = []

  /// The sum of nothing.
  package init() {}

  /// Forgets all terms.
  package mutating func clear() { parts.removeAll(keepingCapacity: true) }

  /// Adds a term.
  package mutating func add(_ term: Double) {
    var carried = term
    var kept = 0
    for index in parts.indices {
      let part = parts[index]
      let sum = carried + part
      let added = sum - carried
      let error = (carried - (sum - added)) + (part - added)
      if error != 0 {
        parts[kept] = error
        kept += 1
      }
      carried = sum
    }
    parts.removeLast(parts.count - kept)
    if carried != 0 { parts.append(carried) }
  }

  /// The sum, rounded once; +0 where it is zero.
  package var value: Double {
    guard var sum = parts.last else { return 0 }
    for index in parts.indices.dropLast().reversed() {
      let before = sum
      sum = before + parts[index]
      let error = parts[index] - (sum - before)
      guard error != 0 else { continue }
      // Halfway between two doubles, the parts below decide.
      if index > 0, (error < 0) == (parts[index - 1] < 0) {
        let away = sum + 2 * error
        if away - sum == 2 * error { sum = away }
      }
      return sum
    }
    return sum
  }
}
