import BilevelOptimization
import Foundation
import TestSupport
import Testing

/// A task's rows in unequal shards: what each gives alone, and that their weighted sums are the whole's where weights are parts
/// of the rows. One task over several ranks is no part of the package yet.
@Suite(.enabled(if: MethodsFixture.isAvailable, "methods.json is not beside the package"))
struct ShardFixtureTests {
  @Test func shardsAlone() throws {
    let fixture = try MethodsFixture()
    let cases = fixture.methods.sharded.cases.list
    #expect(cases.count == 6)
    for entry in cases {
      let problem = try fixture.problem(entry.problem.text)
      let cosines = problem.w.indices.map { cos(Double($0)) }
      var (loss, gradient) = (0.0, problem.w.map { _ in 0.0 })
      for shard in entry.shards.list {
        let found = try problem.derivatives(
          try problem.train.rows(shard.rows.wholes), along: cosines)
        #expect(relative(found.loss, shard.loss.number) < 1e-9)
        #expect(relativeDistance(found.gradient, shard.gradient.numbers) < 1e-9)
        #expect(relativeDistance(found.product, shard.hvp_of_cos_i.numbers) < 1e-9)
        #expect(relativeDistance(found.mixed, shard.cross_of_cos_i.numbers) < 1e-9)
        loss += shard.weight.number * found.loss
        gradient = sum(gradient, found.gradient, times: shard.weight.number)
      }
      #expect(relative(loss, entry.loss.number) < 1e-9)
      #expect(relativeDistance(gradient, entry.gradient.numbers) < 1e-9)
      let parts = entry.shards.list.map { Double($0.rows.list.count) }
      let isWhole = zip(entry.shards.list, parts).allSatisfy {
        abs($0.weight.number - $1 / parts.reduce(0, +)) < 1e-12
      }
      guard isWhole else { continue }
      for (name, method) in [("LS", MethodName.linearSystem), ("NS", .neumannSeries)] {
        for k in entry[name].keys {
          let whole = try problem.run(method, problem.options(k: try #require(Int(k))))
          #expect(
            relativeDistance(whole.hypergradient, entry[name][k].numbers) < 1e-9,
            "\(name) \(k) of \(problem.name)")
        }
      }
    }
  }
}
