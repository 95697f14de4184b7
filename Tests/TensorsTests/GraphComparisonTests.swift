import Tensors
import Testing

/// Traces of one formula are the same; what differs is named with its line.
@Suite struct GraphComparisonTests {
  private func difference(_ formula: (Tensor, Int) -> Tensor) -> String? {
    let roots = (0..<2).map { run in
      let graph = Graph()
      let x = graph.input([2, 3], stage: .point)
      return (graph, formula(x, run))
    }
    return roots[0].0.difference(at: roots[0].1, from: roots[1].0, at: roots[1].1)
  }

  @Test func randomFormulasAreTheSameEveryTime() {
    for seed in 0..<60 {
      let (a, b) = (RandomFormula(seed: seed), RandomFormula(seed: seed))
      #expect(a.graph.difference(at: a.value, from: b.graph, at: b.value) == nil)
      // Derivatives come after.
      _ = a.graph.gradients(of: a.value, withRespectTo: [a.w])
      #expect(a.graph.difference(at: a.value, from: b.graph, at: b.value) == nil)
    }
    #expect(difference { x, _ in (x * Double.nan).sum() } == nil)
  }

  @Test func numbersThatDiffer() throws {
    let line = #line + 1
    let found = try #require(difference { x, run in (exp(x) * (0.25 + Double(run))).sum() })
    #expect(found.contains("GraphComparisonTests.swift:\(line)"))
    #expect(found.contains("has 0.25 the first time, and 1.25 the second"))
    // Both are multiplied by infinity.
    #expect(difference { x, run in (x / (run == 0 ? 0x1p-1063 : 0x1p-1062)).sum() } == nil)
    #expect(difference { x, run in (x * (run == 0 ? 3 : 3.0.nextUp)).sum() } != nil)
  }

  @Test func operationsThatDiffer() throws {
    let found = try #require(difference { x, run in (run == 0 ? exp(x) : tanh(x)).sum() })
    #expect(found.contains("exp at") && found.contains("and tanh at"))
    #expect(difference { x, run in run == 0 ? x.sum() : x.mean() } != nil)
    #expect(difference { x, run in x.reshaped(run == 0 ? [3, 2] : [6]).sum() } != nil)
    let longer = difference { x, run in run == 0 ? exp(x).sum() : log(exp(x).sum()) }
    #expect(longer?.contains("operations the first time") == true)
  }

  /// What has no part in the result may differ.
  @Test func whatIsNotNeededDoesNotCount() {
    let found = difference { x, run in
      _ = exp(x) * Double(run)
      return tanh(x).sum()
    }
    #expect(found == nil)
  }
}
