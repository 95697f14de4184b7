import Tensors
import Testing

@Suite struct PlanCacheTests {
  /// Plans are as large as their key.
  private var cache: PlanCache<Int, Int> { PlanCache { $0 } }

  private func made(_ keys: [Int], _ cache: inout PlanCache<Int, Int>) throws -> [Int] {
    var made: [Int] = []
    for key in keys {
      let plan = try cache.plan(key) {
        made.append(key)
        return key
      }
      #expect(plan == key)
    }
    return made
  }

  @Test func plansAreMadeOnceBelowTheBound() throws {
    var cache = cache
    let keys = (0..<2000).map { $0 * 7 % 100 }
    #expect(try made(keys, &cache) == Array(keys[..<100]))
    #expect(cache.count == 100)
  }

  @Test func theLeastRecentlyUsedGo() throws {
    var cache = cache
    cache.bound = 100
    #expect(try made([20, 21, 22, 18, 19], &cache).count == 5)
    #expect(cache.count == 5)
    // 20 is used again, so that 21 and 22 go.
    #expect(try made([20, 40], &cache) == [40])
    #expect(try made([20, 18, 19, 40], &cache) == [])
    #expect(try made([21], &cache) == [21])
  }

  /// A few large forms, in turn: what an ordinary run has.
  @Test func theLastFewStayHoweverLarge() throws {
    var cache = cache
    cache.bound = 10
    let keys = (0..<400).map { 1000 + $0 % PlanCaches.fewest }
    #expect(try made(keys, &cache).count == PlanCaches.fewest)
    #expect(cache.count == PlanCaches.fewest)
  }

  @Test func manySmallOnesAreBoundedInNumber() throws {
    var cache = PlanCache<Int, Int> { _ in 1 }
    _ = try made(Array(0..<3 * PlanCaches.most), &cache)
    #expect(cache.count == PlanCaches.most)
  }

  /// Where memory is short, plans at hand give theirs back before that is an error.
  @Test func memoryThatIsShort() throws {
    var cache = cache
    _ = try made([1, 2, 3], &cache)
    var tries = 0
    let plan = try cache.plan(4) {
      tries += 1
      if tries == 1 { throw TensorError(.memory, "none left") }
      return 4
    }
    #expect(plan == 4 && tries == 2 && cache.count == 1)
    #expect(throws: TensorError.self) {
      try cache.plan(5) { throw TensorError(.memory, "none left") }
    }
    #expect(throws: TensorError.self) {
      try cache.plan(6) { throw TensorError(.shape, "no") }
    }
  }
}
