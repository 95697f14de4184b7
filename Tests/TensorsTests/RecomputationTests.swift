import Foundation
import TestSupport
import Tensors
import Testing

/// Loops that compute values anew beside others: all that a loop holds has one number of columns.
@Suite struct RecomputationTests {
  /// The numbers 1, 2, ... modulo a prime, as an input.
  private static func counting(_ count: Int) -> [Double] {
    (0..<count).map { Double(($0 + 1) % 7) / 4 - 0.5 }
  }

  private func check(
    _ data: Shape, _ parameters: [Shape], location: SourceLocation = #_sourceLocation,
    _ objective: (Tensor, [Tensor]) -> Tensor
  ) throws {
    try compareDerivatives(
      data: [data], parameters: parameters, numbers: { Self.counting($1) }, location: location
    ) { x, w in objective(x[0], w) }
  }

  @Test func broadcastsOfDifferentRowLengthsMeet() throws {
    try check([4, 16, 8], [[16, 8], [4, 16, 1]]) { x, w in ((x + w[0]) * w[1]).squared.sum() }
    try check([4, 8, 8, 3], [[4, 1, 1, 1], [3]]) { x, w in (x * w[0] + w[1]).squared.sum() }
    try check([4, 8, 8, 3], [[8, 8, 3]]) { x, w in 0.5 * (x * w[0]).maxPooled().squared.sum() }
    try check([8, 8, 8], [[8, 8], [8, 8, 1]]) { x, w in ((x + w[0]) * w[1]).squared.sum() }
  }

  /// By hand: position p[t, d] and mask m[n, t], whose sum of squares is a sum over n of m^2 (x + p)^2.
  @Test func maskedPositionsAddUp() throws {
    let graph = Graph()
    let x = graph.input([4, 16, 8], stage: .task)
    let (p, m) = (graph.input([16, 8], stage: .point), graph.input([4, 16, 1], stage: .point))
    let value = ((x + p) * m).squared.sum()
    let program = try Program(
      graph, [ListRequest("task", .task), ListRequest("value", .point, [value])], .double,
      try KernelSet.chosen())
    let inputs = [512, 128, 64].map { count in (0..<count).map { Double($0 % 5) - 1 } }
    for (number, values) in inputs.enumerated() {
      program.input(Tensor(graph, input: number)).set(values)
    }
    program.run(0)
    program.run(1)
    let expected = (0..<512).reduce(0.0) { sum, index in
      let term = (inputs[0][index] + inputs[1][index % 128]) * inputs[2][index / 8]
      return sum + term * term
    }
    #expect(program.root(0, of: 1).values == [expected])
  }

  @Test func everydayLayersMeetThem() throws {
    // Layer norm with positions.
    try check([4, 16, 8], [[16, 8], [8]]) { x, w in
      let y = x + w[0]
      let centred = y - y.mean(axes: 2..<3).reshaped([4, 16, 1])
      let variance = centred.squared.mean(axes: 2..<3).reshaped([4, 16, 1])
      return tanh(centred / sqrt(variance + 0.1) * w[1]).sum()
    }
    // A loss an image.
    try check([4, 8, 8, 3], [[3, 3, 3, 2], [2]]) { x, w in
      (x.convolved(with: w[0]) + w[1] - 0.5).squared.mean(axes: 1..<4).squared.sum()
    }
    // Attention scores and a bias a pair of places.
    try check([4, 12, 12], [[12, 12], [4, 12, 1]]) { x, w in
      exp(0.1 * (x * w[1] + w[0])).squared.mean()
    }
    try check([2, 8, 8, 6], [[6]]) { x, w in
      (x - w[0]).mean(axes: 0..<2).squared.sum()
    }
  }

  /// A loop that takes no part of a conflict still computes values anew: fewer are stored than there are steps.
  @Test func valuesThatFitAreStillComputedAnew() throws {
    let graph = Graph()
    let x = graph.input([64, 16], stage: .task)
    let w = graph.input([16], stage: .point)
    // Read by two products, which are no loops, and again by the loop between them.
    let shifted = x + w
    let value = matmul(shifted.squared, shifted.transposed()).squared.sum() + shifted.sum()
    let requests = [ListRequest("task", .task), ListRequest("value", .point, [value])]
    let kept = try Program(
      graph, requests, .double, try KernelSet.chosen(),
      optimisations: .all.subtracting(.recomputation))
    let anew = try Program(graph, requests, .double, try KernelSet.chosen())
    #expect(anew.instructionCount(1) <= kept.instructionCount(1))
  }
}
