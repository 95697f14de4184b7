import Foundation
import Tensors
import Testing

/// Passes over long matrices, found in what is traced, against the reference.
@Suite struct PassFinderTests {
  private let rows = 1500
  private let features = 120
  private let classes = 5

  /// An objective of a linear model: gradient and Hessian-vector product are one pass each.
  private func check(
    hasBias: Bool, location: SourceLocation = #_sourceLocation,
    _ objective: (_ scores: Tensor, _ classes: Tensor) -> Tensor
  ) throws {
    let graph = Graph()
    let data = graph.input([rows, features], stage: .task)
    let labels = graph.data([rows])
    let weights = graph.input([features, classes], stage: .point)
    let bias = graph.input([classes], stage: .point)
    let direction = graph.input([features, classes], stage: .vector)
    let value = objective(matmul(data, weights) + bias, labels)
    let upon = hasBias ? [weights, bias] : [weights]
    let gradients = graph.gradients(of: value, withRespectTo: upon).compactMap { $0 }
    let product = graph.tangents(of: gradients, along: [(weights, direction)]).compactMap { $0 }
    #expect(gradients.count == upon.count && product.count == upon.count, sourceLocation: location)

    func waves(_ count: Int, _ step: Double) -> [Double] {
      (0..<count).map { 0.3 * sin(step * Double($0)) }
    }
    let inputs: [[Double]] = [
      waves(rows * features, 0.37), (0..<rows).map { Double($0 * 3 % classes) },
      waves(features * classes, 1.7), waves(classes, 2.3), waves(features * classes, 0.9),
    ]
    let counts = try compareWithReference(
      graph, inputs: inputs, point: gradients, vector: product, location: location)
    // The gradient in the bias is divided by the number of rows afterwards.
    let calls = hasBias ? 2 : 1
    #expect(counts.allSatisfy { $0[1] == calls && $0[2] == calls }, sourceLocation: location)
  }

  @Test func classifierIsOnePass() throws {
    try check(hasBias: true) { crossEntropy($0, $1) }
  }

  @Test func flatLoopIsOnePass() throws {
    try check(hasBias: false) { scores, _ in scores.squared.squared.sum() }
  }
}
