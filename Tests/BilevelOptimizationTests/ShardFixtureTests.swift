import BilevelOptimization
import Foundation
import MessagePassing
import TestSupport
import Testing

/// A task's rows in unequal shards: what each gives alone, and that their weighted sums are the whole's where weights are parts
/// of the rows; and slabs of the rows, on one rank or on several that compute the task together.
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
      guard Self.isWhole(entry) else { continue }
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

  @Test func slabsAreTheWholeOnAnyTeam() throws {
    let cases = try MethodsFixture().methods.sharded.cases.list
    let names = Set(cases.map(\.problem.text)).sorted()
    #expect(!names.isEmpty)
    for name in names {
      let entry = try #require(cases.first { $0.problem.text == name && Self.isWhole($0) })
      let ends = [("LS", MethodName.linearSystem), ("NS", .neumannSeries)].flatMap { key, method in
        entry[key].keys.compactMap { k in Int(k).map { (key: key, method: method, k: $0) } }
      }
      let (methods, terms) = (ends.map(\.method), ends.map(\.k))
      for slabs in [2, 3, 5] {
        let alone = try Self.hypergradients(name, methods, terms, SlabSums(count: slabs))
        for ranks in 2...min(slabs, 4) {
          let made = try ThreadCommunicator.values(size: ranks) {
            try Self.hypergradients(
              name, methods, terms, SlabSums(count: slabs, ThreadTeam($0)))
          }
          for found in made { #expect(found == alone, "\(name): \(ranks) ranks") }
        }
        for (end, found) in zip(ends, alone) {
          let expected = entry[end.key]["\(end.k)"].numbers
          #expect(relativeDistance(found, expected) < 1e-9, "\(name) in \(slabs) slabs")
        }
      }
    }
  }

  /// Hypergradients over slabs, by programs of this thread's own.
  private static func hypergradients(
    _ name: String, _ methods: [MethodName], _ terms: [Int], _ sums: SlabSums
  ) throws -> [[Double]] {
    let problem = try MethodsFixture().problem(name)
    problem.levels.slabs = sums
    return try zip(methods, terms).map { method, k in
      try sums.together { try problem.run(method, problem.options(k: k)).hypergradient }
    }
  }

  /// Whether an entry's weights are the shards' parts of the rows.
  private static func isWhole(_ entry: MethodsFixture.Value) -> Bool {
    let rows = entry.shards.list.map { Double($0.rows.list.count) }
    return zip(entry.shards.list, rows).allSatisfy {
      abs($0.weight.number - $1 / rows.reduce(0, +)) < 1e-12
    }
  }
}
