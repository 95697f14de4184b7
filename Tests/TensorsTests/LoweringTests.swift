import Foundation
import Tensors
import Testing

/// What lowering makes of products, against the reference.
@Suite struct LoweringTests {
  /// Gradient and Hessian-vector product of a net of one hidden layer; gives the kernel calls of a task.
  private func check(
    rows: Int, features: Int, hidden: Int, location: SourceLocation = #_sourceLocation
  ) throws -> [Int] {
    let graph = Graph()
    let data = graph.input([rows, features], stage: .task)
    let weights = graph.input([features, hidden], stage: .point)
    let bias = graph.input([hidden], stage: .point)
    let direction = graph.input([features, hidden], stage: .vector)
    let value = (relu(matmul(data, weights) + bias)).squared.squared.sum()
    let gradients = graph.gradients(of: value, withRespectTo: [weights, bias]).compactMap { $0 }
    let product = graph.tangents(of: gradients, along: [(weights, direction)]).compactMap { $0 }
    #expect(gradients.count == 2 && product.count == 2, sourceLocation: location)
    func waves(_ count: Int, _ step: Double) -> [Double] {
      (0..<count).map { 0.1 * sin(step * Double($0)) }
    }
    let inputs = [
      waves(rows * features, 0.37), waves(features * hidden, 1.7), waves(hidden, 2.3),
      waves(features * hidden, 0.9),
    ]
    let calls = try compareWithReference(
      graph, inputs: inputs, point: gradients, vector: product, location: location)
    return calls.map { $0[0] }
  }

  /// The quarters' sums are made once a task.
  @Test func largeMatrixOfTheTaskIsQuartered() throws {
    // With columns left over, and without.
    #expect(try check(rows: 270, features: 261, hidden: 200).allSatisfy { $0 == 1 })
    #expect(try check(rows: 256, features: 259, hidden: 128).allSatisfy { $0 == 1 })
  }

  @Test func smallProductsAreMadeDirectly() throws {
    #expect(try check(rows: 255, features: 300, hidden: 40).allSatisfy { $0 == 0 })
  }

  /// Kernel calls for batch norm's mean and variance, of a convolution and of what is made from one in a loop.
  @Test func momentsOfAConvolutionAreFoundTogether() throws {
    func calls(_ images: (Tensor) -> Tensor) throws -> Set<Int> {
      let graph = Graph()
      let data = graph.input([3, 5, 4, 2], stage: .task)
      let weights = graph.input([3, 3, 2, 6], stage: .point)
      let direction = graph.input([3, 3, 2, 6], stage: .vector)
      let x = images(data.convolved(with: weights, stride: 1))
      let variance = x.centred.squared.mean(axes: 0..<3)
      let value = (x.centred * (1 / sqrt(variance + 1e-2))).squared.squared.sum()
      let gradient = try #require(graph.gradients(of: value, withRespectTo: [weights])[0])
      let product = try #require(
        graph.tangents(of: [gradient], along: [(weights, direction)])[0])
      func waves(_ count: Int, _ step: Double) -> [Double] {
        (0..<count).map { sin(step * Double($0)) }
      }
      return Set(
        try compareWithReference(
          graph, inputs: [waves(120, 0.37), waves(108, 1.7), waves(108, 0.9)],
          point: [variance, value, gradient], vector: [product], location: #_sourceLocation
        ).map { $0[1] })
    }
    // Two loops fewer: that of the hyperbolic tangent, and one of the two that read its values.
    #expect(try calls { $0 } == [9])
    #expect(try calls { tanh($0) } == [11])
  }
}
