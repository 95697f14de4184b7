import Foundation
import TestSupport
import Tensors
import Testing

/// Graphs whose parts are shared or many: what the planner makes of them is right, and does not take for ever.
@Suite struct PlannerTests {
  private func waves(_ count: Int, _ step: Double) -> [Double] {
    (0..<count).map { sin(step * Double($0 + 1)) }
  }

  /// A product that the user writes and that differentiation finds, in another form, becomes one; a sum that is made onto
  /// it must not change it for others.
  @Test func whatIsAddedOntoIsLeftToItsOtherReaders() throws {
    let graph = Graph()
    let y = graph.input([6, 5], stage: .point)
    let (z, c) = (graph.input([5, 7], stage: .task), graph.input([6, 7], stage: .task))
    let (e, f) = (graph.input([6, 4], stage: .task), graph.input([4, 5], stage: .task))
    let inner = (tanh(matmul(y, z)) * c).sum()
    let slope = try #require(graph.gradients(of: inner, withRespectTo: [y])[0])
    // The slope is this times z'.
    let back = c * (1 - tanh(matmul(y, z)).squared)
    let sum = matmul(back, z.transposed()) + matmul(e, f)
    let value = sum.squared.sum() + exp(slope).sum()
    let gradient = try #require(graph.gradients(of: value, withRespectTo: [y])[0])
    _ = try compareWithReference(
      graph,
      inputs: [
        waves(30, 0.7), waves(35, 1.3), waves(42, 0.9), waves(24, 2.1), waves(20, 0.4),
      ], point: [value, sum, exp(slope), gradient], vector: [], location: #_sourceLocation)
  }

  /// Values that are added to what they are made from share their parts: each part is worked on once.
  @Test(.timeLimit(.minutes(1)))
  func deepSumsShareTheirParts() throws {
    let graph = Graph()
    let depth = 60
    let w = graph.input([depth * 4], stage: .point)
    var x = graph.input([2, 8, 8, 4], stage: .task)
    for layer in 0..<depth { x = x + x * (0.1 * w.piece(at: layer * 4, [4])) }
    let value = x.maxPooled().sum() + x.sum() + x.centred.squared.sum()
    let gradient = try #require(graph.gradients(of: value, withRespectTo: [w])[0])
    _ = try compareWithReference(
      graph, inputs: [waves(depth * 4, 0.7), waves(512, 1.3)], point: [gradient], vector: [],
      location: #_sourceLocation)
  }

  @Test(.timeLimit(.minutes(1)))
  func deepClassifiersShareTheirParts() throws {
    let graph = Graph()
    let w = graph.input([4 * 3], stage: .point)
    let x = graph.input([9, 4], stage: .task)
    var scores = matmul(x, w.piece(at: 0, [4, 3]))
    for _ in 0..<60 { scores = scores - scores * 0.1 + 0.05 * scores.softmax() }
    let value = scores.softmax().squared.sum()
    let gradient = try #require(graph.gradients(of: value, withRespectTo: [w])[0])
    _ = try compareWithReference(
      graph, inputs: [waves(12, 0.7), waves(36, 1.3)], point: [gradient], vector: [],
      location: #_sourceLocation)
  }

  /// Sums over no elements are 0, wherever they come from: batches may be empty.
  @Test func sumsOverNothingAreZero() throws {
    let graph = Graph()
    let x = graph.input([0, 1, 2], stage: .point)
    let (w, v) = (graph.input([3], stage: .point), graph.input([3], stage: .vector))
    let data = graph.input([0, 3], stage: .task)
    let value =
      (x.centred.squared - w.piece(at: 0, [1, 1, 1])).squared.sum()
      + matmul(data, w.piece(at: 0, [3, 1])).squared.sum() + w.squared.sum()
    let gradient = try #require(graph.gradients(of: value, withRespectTo: [w])[0])
    let product = try #require(graph.tangents(of: [gradient], along: [(w, v)])[0])
    let centre = x.centred.squared.sum(axes: 0..<1)
    for set in KernelSet.available {
      let program = try Program(
        graph,
        [
          ListRequest("task", .task), ListRequest("point", .point, [value, gradient, centre]),
          ListRequest("vector", .vector, [product]),
        ], .double, set, isAudited: true)
      program.input(w).set([1, 2, 3] as [Double])
      program.input(v).set([4, 5, 6] as [Double])
      for list in 0..<3 { program.run(list) }
      #expect(program.root(0, of: 1).values == [14])
      #expect(program.root(1, of: 1).values == [2, 4, 6])
      #expect(program.root(2, of: 1).values == [0, 0])
      #expect(program.root(0, of: 2).values == [8, 10, 12])
      #expect(program.findings.isEmpty)
    }
  }

  /// Pieces of a vector that overlap receive what each of them does.
  @Test func piecesMayOverlap() throws {
    let graph = Graph()
    let w = graph.input([12], stage: .point)
    let v = graph.input([12], stage: .vector)
    let value =
      tanh(w.piece(at: 0, [6])).sum() + exp(w.piece(at: 3, [2, 3])).sum()
      + w.piece(at: 3, [6]).squared.squared.sum() + (w.piece(at: 0, [2, 3]) * 3).squared.sum()
      + w.squared.sum()
    let gradient = try #require(graph.gradients(of: value, withRespectTo: [w])[0])
    let product = try #require(graph.tangents(of: [gradient], along: [(w, v)])[0])
    _ = try compareWithReference(
      graph, inputs: [waves(12, 0.7), waves(12, 1.9)], point: [value, gradient],
      vector: [product], location: #_sourceLocation)
    // By hand, of a number in two of the pieces and of one in none.
    let values = ReferenceEvaluator(graph, inputs: [waves(12, 0.7), waves(12, 1.9)])(gradient)
    let x = waves(12, 0.7)
    #expect(abs(values[8] - (exp(x[8]) + 4 * x[8] * x[8] * x[8] + 2 * x[8])) < 1e-14)
    #expect(abs(values[10] - 2 * x[10]) < 1e-15)
  }
}
