/// Plans by what they were made for. Where they take more memory than a bound, those used least recently are given back;
/// the last few stay, so that the forms of an ordinary run (training and validation data, a smaller last batch) are
/// planned once however large they are.
package struct PlanCache<Key: Hashable, Plan> {
  private struct Entry {
    let key: Key
    let plan: Plan
  }

  /// The most bytes, the last few plans aside.
  package var bound = PlanCaches.defaultBound
  private let byteCount: (Plan) -> Int
  /// The last used last.
  private var entries: [Entry] = []

  /// No plans, which take as many bytes as `byteCount` says.
  package init(byteCount: @escaping (Plan) -> Int) {
    self.byteCount = byteCount
  }

  /// How many plans there are.
  package var count: Int { entries.count }

  /// The plan for a key, made where there is none.
  ///
  /// - Throws: What making it throws. Where memory is not to be had, all other plans are given back before.
  package mutating func plan(_ key: Key, make: () throws -> Plan) throws -> Plan {
    if let index = entries.lastIndex(where: { $0.key == key }) {
      if index + 1 < entries.count { entries.append(entries.remove(at: index)) }
    } else {
      entries.append(Entry(key: key, plan: try made(make)))
      shrink()
    }
    return entries[entries.count - 1].plan
  }

  private mutating func made(_ make: () throws -> Plan) throws -> Plan {
    do {
      return try make()
    } catch let error as TensorError where error.code == .memory && !entries.isEmpty {
      entries.removeAll()
      return try make()
    }
  }

  private mutating func shrink() {
    var total = entries.reduce(0) { $0 + byteCount($1.plan) }
    while entries.count > PlanCaches.most
      || entries.count > PlanCaches.fewest && total > bound
    {
      total -= byteCount(entries.removeFirst().plan)
    }
  }
}

/// The bounds of all caches of plans.
package enum PlanCaches {
  /// The most bytes by default.
  package static let defaultBound = 256 << 20
  /// So many plans stay, however large they are.
  package static let fewest = 4
  /// No more plans stay, however small they are.
  package static let most = 256
}
