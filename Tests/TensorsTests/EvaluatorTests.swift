import TestSupport
import Tensors
import Testing

/// The engine's own evaluator against the tests' reference.
@Suite struct EvaluatorTests {
  /// Every value of random formulas, their gradients and products.
  @Test func randomFormulas() throws {
    for seed in 2000..<2040 {
      let formula = RandomFormula(seed: seed)
      let (graph, w, v) = (formula.graph, formula.w, formula.v)
      let gradient = try #require(graph.gradients(of: formula.value, withRespectTo: [w])[0])
      let product = graph.tangents(of: [gradient], along: [(w, v)])[0] ?? gradient
      let mixed = graph.cotangents(of: [formula.u], seeds: [(gradient, v)])[0] ?? gradient
      let roots = [formula.value, gradient, product, mixed]
      let reference = ReferenceEvaluator(graph, inputs: formula.inputs)
      let evaluator = try Evaluator(graph, roots, .double) { formula.inputs[$0] }
      let single = try Evaluator(graph, roots, .single) { formula.inputs[$0] }
      for root in roots {
        let wanted = reference(root)
        #expect(relativeDistance(evaluator(root), wanted) < 1e-12 || norm(wanted) == 0, "\(seed)")
        #expect(relativeDistance(single(root), wanted) < 1e-2 || norm(wanted) < 1e-6, "\(seed)")
        #expect(single(root).allSatisfy { Double(Float($0)) == $0 })
      }
    }
  }
}
