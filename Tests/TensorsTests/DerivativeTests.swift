import TestSupport
import Tensors
import Testing

/// Derivatives of random formulas, as graphs, against differences of the reference's values, and their identities.
@Suite struct DerivativeTests {
  private func evaluate(_ formula: RandomFormula, _ tensor: Tensor, _ inputs: [[Double]])
    -> [Double]
  {
    ReferenceEvaluator(formula.graph, inputs: inputs)(tensor)
  }

  /// Central differences of a tensor along a direction of one input.
  private func difference(
    _ formula: RandomFormula, _ tensor: Tensor, input: Int, along direction: [Double]
  ) -> [Double] {
    let step = 1e-5
    let sides = [step, -step].map { step in
      var inputs = formula.inputs
      inputs[input] = zip(inputs[input], direction).map { $0 + step * $1 }
      return evaluate(formula, tensor, inputs)
    }
    return zip(sides[0], sides[1]).map { ($0 - $1) / (2 * step) }
  }

  private func isClose(_ x: [Double], _ y: [Double]) -> Bool {
    norm(zip(x, y).map { $0 - $1 }) < 2e-6 * max(norm(y), 1)
  }

  @Test(arguments: [1000, 1100, 1200])
  func randomFormulas(_ start: Int) throws {
    for seed in start..<start + 40 {
      let formula = RandomFormula(seed: seed)
      let graph = formula.graph
      let (u, w, v) = (formula.u, formula.w, formula.v)
      let direction = formula.inputs[2]
      let gradient = try #require(graph.gradients(of: formula.value, withRespectTo: [w])[0])
      let tangent = graph.tangents(of: [formula.value], along: [(w, v)])[0]
      let product = graph.tangents(of: [gradient], along: [(w, v)])[0]
      let mixed = graph.cotangents(of: [u], seeds: [(gradient, v)])[0]
      let values = ReferenceEvaluator(graph, inputs: formula.inputs)
      let slope = difference(formula, formula.value, input: 1, along: direction)
      #expect(isClose([dot(values(gradient), direction)], slope), "seed \(seed): gradient")
      if let tangent { #expect(isClose(values(tangent), slope), "seed \(seed): tangent") }
      let change = difference(formula, gradient, input: 1, along: direction)
      #expect(
        isClose(
          product.map { values($0) } ?? [Double](repeating: 0, count: direction.count), change),
        "seed \(seed): H v")
      // <C v, z> is the change along z, in u, of <gradient, v>.
      let z = (0..<direction.count).map { Double($0 % 5) - 2 }
      let along = dot(difference(formula, gradient, input: 0, along: z), direction)
      #expect(isClose([mixed.map { dot(values($0), z) } ?? 0], [along]), "seed \(seed): C v")
      // <H z, v> = <z, H v>.
      if let product {
        let other = graph.tangents(of: [gradient], along: [(w, formula.u)])[0]
        let values = ReferenceEvaluator(graph, inputs: formula.inputs)
        let left = dot(other.map { values($0) } ?? [], direction)
        #expect(
          isClose([left], [dot(formula.inputs[0], values(product))]), "seed \(seed): symmetry")
      }
    }
  }

  @Test func biasBeforeBatchNormalisationCostsNothing() throws {
    let graph = Graph()
    let x = graph.input([4, 6, 6, 2], stage: .task)
    let weights = graph.input([3, 3, 2, 5], stage: .point)
    let bias = graph.input([5], stage: .point)
    let y = (x.convolved(with: weights) + bias).centred
    let value = (y / sqrt(y.squared.mean(axes: 0..<3) + 1e-5)).squared.squared.sum()
    #expect(graph.gradients(of: value, withRespectTo: [bias])[0] == nil)
    #expect(graph.gradients(of: value, withRespectTo: [weights])[0] != nil)
  }

  @Test func whatDoesNotDependHasNoDerivative() {
    let graph = Graph()
    let (a, b) = (graph.input([3], stage: .point), graph.input([3], stage: .point))
    let value = squaredNorm(a)
    #expect(graph.gradients(of: value, withRespectTo: [b])[0] == nil)
    #expect(graph.tangents(of: [value], along: [(b, a)])[0] == nil)
  }

  @Test func workIsDoneWhenItsStageChanges() throws {
    let graph = Graph()
    let data = graph.input([7, 3], stage: .task)
    let w = graph.input([3, 2], stage: .point)
    // The exponential depends on the data alone.
    let value = matmul(exp(data), w).squared.sum()
    let program = try Program(
      graph, [ListRequest("task", .task), ListRequest("value", .point, [value])], .double,
      try KernelSet.chosen())
    #expect(program.instructionCount(0) == 1)
    #expect(program.instructionCount(1) == 2)
  }
}
