import Foundation
import TestSupport
import Tensors
import Testing

/// Planned programs against the reference, over hundreds of random formulas with all their derivatives.
@Suite struct ProgramTests {
  /// The lists of a lower objective: gradient, value, what products need, H v and C v.
  private struct Plan {
    let formula: RandomFormula
    let roots: [[Tensor]]
    let program: Program

    init(_ seed: Int, _ precision: Precision, _ set: KernelSet) throws {
      formula = RandomFormula(seed: seed)
      let graph = formula.graph
      let (u, w, v) = (formula.u, formula.w, formula.v)
      let gradient =
        graph.gradients(of: formula.value, withRespectTo: [w])[0] ?? w.filled(0, w.shape)
      let product = graph.tangents(of: [gradient], along: [(w, v)])[0] ?? w.filled(0, w.shape)
      let mixed = graph.cotangents(of: [u], seeds: [(gradient, v)])[0] ?? u.filled(0, u.shape)
      roots = [[], [gradient], [formula.value], [], [product], [mixed]]
      let stages: [Stage] = [.task, .point, .point, .point, .vector, .vector]
      program = try Program(
        graph, zip(stages, roots).map { ListRequest("list", $0, $1) }, precision, set)
    }

    /// Sets inputs from a number on, runs the lists from a number on, and gives all roots.
    func run(_ inputs: [[Double]], lists: Range<Int>) -> [[Double]] {
      for list in lists { program.run(list) }
      return roots.indices.flatMap { list in
        roots[list].indices.map { program.root($0, of: list).values }
      }
    }

    func set(_ number: Int, _ values: [Double]) {
      program.input(Tensor(formula.graph, input: number)).set(values)
    }

    func expected(_ inputs: [[Double]]) -> [[Double]] {
      let reference = ReferenceEvaluator(formula.graph, inputs: inputs)
      return roots.flatMap { $0.map { reference($0) } }
    }
  }

  private func check(
    _ found: [[Double]], _ expected: [[Double]], _ tolerance: Double, _ what: String
  ) {
    // A part may be small beside what it is the difference of.
    let scale = expected.map(norm).max() ?? 1
    for (index, (found, expected)) in zip(found, expected).enumerated() {
      let distance =
        norm(zip(found, expected).map { $0 - $1 }) / max(norm(expected), scale * 1e-2, 1e-2)
      #expect(distance < tolerance, "root \(index), \(what): \(distance)")
    }
  }

  @Test(arguments: [0, 100, 200, 300])
  func randomFormulas(_ start: Int) throws {
    for seed in start..<start + 60 {
      for set in KernelSet.available {
        let plan = try Plan(seed, .double, set)
        var inputs = plan.formula.inputs
        for (number, values) in inputs.enumerated() { plan.set(number, values) }
        let what = "seed \(seed), \(set.rawValue)"
        let first = plan.run(inputs, lists: 0..<6)
        check(first, plan.expected(inputs), 1e-10, what)
        // Another vector, then another point, then another task: only their own lists run again.
        var numbers = Numbers(seed + 7)
        for (input, list) in [(2, 4), (1, 1), (0, 0)] {
          inputs[input] = numbers.values(inputs[input].count).map { $0 * 0.5 }
          plan.set(input, inputs[input])
          check(plan.run(inputs, lists: list..<6), plan.expected(inputs), 1e-10, what)
        }
        // And back, to the bit.
        for (number, values) in plan.formula.inputs.enumerated() { plan.set(number, values) }
        #expect(plan.run(inputs, lists: 0..<6) == first, "\(what): bits")
      }
    }
  }

  @Test func singlePrecision() throws {
    for seed in 0..<60 {
      var bits: [[Double]]?
      for set in KernelSet.available {
        let plan = try Plan(seed, .single, set)
        for (number, values) in plan.formula.inputs.enumerated() { plan.set(number, values) }
        let found = plan.run(plan.formula.inputs, lists: 0..<6)
        check(found, plan.expected(plan.formula.inputs), 2e-3, "seed \(seed), \(set.rawValue)")
        if set == .avx2 { bits = found }
        if set == .avx512, let bits { #expect(found == bits, "seed \(seed): AVX2 and AVX-512") }
      }
    }
  }

  /// Data that an input is set from again are not copied, unless the input was changed meanwhile; a changed copy of them
  /// is other data.
  @Test(arguments: Precision.allCases) func dataAreSetOnce(_ precision: Precision) throws {
    let graph = Graph()
    let x = graph.data([3])
    let program = try Program(
      graph, [ListRequest("task", .task, [x * 2])], precision, try KernelSet.chosen())
    func doubled(_ data: DataArray) throws -> [Double] {
      try program.set(x, data, named: "x")
      program.run(0)
      return program.root(0, of: 0).values
    }
    var numbers = [1.0, 2, 3]
    let data = DataArray(numbers)
    #expect(try doubled(data) == [2, 4, 6])
    #expect(try doubled(data) == [2, 4, 6])
    program.input(x).set([7, 8, 9] as [Double])
    #expect(try doubled(data) == [2, 4, 6])
    numbers[1] = 5
    #expect(try doubled(DataArray(numbers)) == [2, 10, 6])
    #expect(try doubled(data) == [2, 4, 6])
    // Single precision's numbers are other numbers, wherever they are.
    #expect(try doubled(DataArray([3], [Float](arrayLiteral: 4, 5, 6))) == [8, 10, 12])
  }
}
