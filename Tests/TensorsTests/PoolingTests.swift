import Foundation
import TestSupport
import Tensors
import Testing

/// Gradients of maximum pooling where what comes back repeats.
@Suite struct PoolingTests {
  private func check(
    _ shape: Shape, parameters: [Shape] = [], location: SourceLocation = #_sourceLocation,
    _ objective: (Tensor, [Tensor]) -> Tensor
  ) throws {
    try compareDerivatives(
      parameters: [shape] + parameters,
      numbers: { input, count in (0..<count).map { sin(Double($0) * 1.7 + Double(input)) } },
      location: location
    ) { _, w in objective(w[0], Array(w.dropFirst())) }
  }

  @Test func whatComesBackMayRepeat() throws {
    for shape: Shape in [[1, 2, 2, 2], [1, 6, 8, 3], [3, 6, 8, 2], [2, 5, 7, 1]] {
      for function: (Tensor) -> Tensor in [{ $0 }, { tanh($0) }, { softplus($0) * $0 }] {
        try check(shape) { x, _ in function(x).maxPooled().mean() }
        try check(shape) { x, _ in function(x).maxPooled().sum() }
        for axes in [0..<3, 3..<4, 1..<3, 0..<1] {
          try check(shape) { x, _ in function(x).maxPooled().mean(axes: axes).sum() }
        }
        try check(shape, parameters: [[shape[3]]]) { x, c in
          (function(x).maxPooled() * c[0]).sum()
        }
      }
      try check(shape, parameters: [[3, 3, shape[3], 4]]) { x, k in
        let y = x.convolved(with: k[0])
        return (y * y.maxPooled().mean()).maxPooled().mean(axes: 1..<3).sum()
      }
    }
  }

  @Test func gradientOfFourValues() throws {
    let graph = Graph()
    let w = graph.input([1, 2, 2, 2], stage: .point)
    let value = tanh(w).maxPooled().sum()
    let gradient = try #require(graph.gradients(of: value, withRespectTo: [w])[0])
    let program = try Program(
      graph, [ListRequest("task", .task), ListRequest("gradient", .point, [gradient])], .double,
      try KernelSet.chosen())
    program.input(w).set((1...8).map { Double($0) / 10 })
    program.run(0)
    program.run(1)
    let slopes = [0.7, 0.8].map { 1 - tanh($0) * tanh($0) }
    let found = program.root(0, of: 1).values
    #expect(found[..<6].allSatisfy { $0 == 0 })
    #expect(zip(found[6...], slopes).allSatisfy { abs($0 - $1) < 1e-15 })
  }

  /// What is added and taken away again passes no gradient.
  @Test func whatCancelsHasNoGradient() throws {
    try check([2, 6, 8, 2], parameters: [[3, 3, 2, 2], [2, 6, 8, 2], [1]]) { x, w in
      let v = (w[2] * x).convolved(with: w[0])
      return (w[1] - v + v).maxPooled().squared.sum()
    }
    let graph = Graph()
    let x = graph.input([2, 6, 8, 2], stage: .task)
    let (k, w) = (graph.input([3, 3, 2, 2], stage: .task), graph.input(x.shape, stage: .task))
    let b = graph.input([1], stage: .point)
    let v = (b * x).convolved(with: k)
    let value = (w - v + v).maxPooled().squared.sum()
    let gradient = graph.gradients(of: value, withRespectTo: [b])[0] ?? b.filled(0, [1])
    let program = try Program(
      graph, [ListRequest("task", .task), ListRequest("gradient", .point, [gradient])], .double,
      try KernelSet.chosen())
    for (number, count) in [192, 36, 192, 1].enumerated() {
      program.input(Tensor(graph, input: number)).set((0..<count).map { sin(Double($0) * 1.3) })
    }
    program.run(0)
    program.run(1)
    #expect(program.root(0, of: 1).values == [0])
  }
}
