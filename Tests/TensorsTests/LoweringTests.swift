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
      let data = graph.input([3, 5, 4, 4], stage: .task)
      let weights = graph.input([3, 3, 4, 6], stage: .point)
      let direction = graph.input([3, 3, 4, 6], stage: .vector)
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
          graph, inputs: [waves(240, 0.37), waves(216, 1.7), waves(216, 0.9)],
          point: [variance, value, gradient], vector: [product], location: #_sourceLocation
        ).map { $0[1] })
    }
    // Two loops fewer: that of the hyperbolic tangent, and one of the two that read its values.
    #expect(try calls { $0 } == [9])
    #expect(try calls { tanh($0) } == [11])
  }

  /// A layer with batch norm and pooling, of images of few channels: right, and without an image of the convolution's.
  private func checkPatches(
    channels: Int, gain: (Tensor) -> Tensor = { $0 }, location: SourceLocation = #_sourceLocation
  ) throws {
    let (images, side, filters) = (3, 9, 12)
    let graph = Graph()
    let data = graph.input([images, side, side, channels], stage: .task)
    let weights = graph.input([3, 3, channels, filters], stage: .point)
    let gains = graph.input([filters], stage: .point)
    let shift = graph.input([filters], stage: .point)
    let direction = graph.input([3, 3, channels, filters], stage: .vector)
    let x = data.convolved(with: weights, stride: 1)
    let variance = x.centred.squared.mean(axes: 0..<3)
    let normal = x.centred * (gain(gains) / sqrt(variance + 1e-3)) + shift
    let value = relu(normal).maxPooled().squared.squared.sum()
    let point = graph.gradients(of: value, withRespectTo: [weights, gains, shift])
      .compactMap { $0 }
    let vector = graph.tangents(of: point, along: [(weights, direction)]).compactMap { $0 }
    #expect(point.count == 3 && vector.count == 3, sourceLocation: location)
    func waves(_ count: Int, _ step: Double) -> [Double] {
      (0..<count).map { sin(step * Double($0)) }
    }
    let count = 9 * channels * filters
    _ = try compareWithReference(
      graph,
      inputs: [
        waves(data.shape.count, 0.37), waves(count, 1.7), waves(filters, 2.3).map { 1 + $0 },
        waves(filters, 1.1), waves(count, 0.9),
      ], point: [variance, value] + point, vector: vector, location: location)
    let bytes = try Program.arenaByteCount(
      graph,
      [
        ListRequest("task", .task), ListRequest("point", .point, point),
        ListRequest("vector", .vector, vector),
      ], .single)
    let image = 4 * images * side * side * filters
    #expect(channels > 3 ? bytes > 5 * image : bytes < 4 * image, sourceLocation: location)
  }

  @Test func convolutionsOfFewChannelsAreComputedFromPatches() throws {
    for channels in 1...4 { try checkPatches(channels: channels) }
    try checkPatches(channels: 1, gain: { -1 * $0 })
  }
}
