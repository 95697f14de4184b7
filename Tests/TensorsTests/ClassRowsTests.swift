import Foundation
import Tensors
import Testing

/// Products of softmax classifiers, which leave one class out, against the reference; and what must not.
@Suite struct ClassRowsTests {
  private let rows = 40
  private let features = 90
  private let classes = 5

  private struct Classifier {
    let graph = Graph()
    let data: Tensor, labels: Tensor, strengths: Tensor, weights: Tensor, bias: Tensor
    let direction: Tensor
    let roots: [Tensor]

    /// Gradient, Hessian-vector product and mixed product of a loss of the scores.
    init(
      _ rows: Int, _ features: Int, _ classes: Int,
      _ loss: (_ scores: Tensor, _ labels: Tensor) -> Tensor
    ) {
      data = graph.input([rows, features], stage: .task)
      labels = graph.data([rows])
      strengths = graph.input([rows], stage: .task)
      weights = graph.input([features, classes], stage: .point)
      bias = graph.input([classes], stage: .point)
      direction = graph.input([features, classes], stage: .vector)
      let value = (strengths * loss(matmul(data, weights) + bias, labels)).mean()
      let gradients = graph.gradients(of: value, withRespectTo: [weights, bias])
        .compactMap { $0 }
      let hessian = graph.tangents(of: [gradients[0]], along: [(weights, direction)])
      let mixed = graph.cotangents(of: [strengths], seeds: [(gradients[0], direction)])
      roots = [value] + gradients + (hessian + mixed).compactMap { $0 }
    }

    var requests: [ListRequest] {
      [
        ListRequest("task", .task), ListRequest("point", .point, Array(roots[..<3])),
        ListRequest("products", .vector, Array(roots[3...])),
      ]
    }

    /// The roots' values, one after another.
    func run(_ inputs: [[Double]], _ precision: Precision, _ set: KernelSet) throws -> [[Double]] {
      let program = try Program(graph, requests, precision, set)
      for (number, values) in inputs.enumerated() {
        program.input(Tensor(graph, input: number)).set(values)
      }
      for list in 0..<3 { program.run(list) }
      return roots.indices.map {
        program.root($0 < 3 ? $0 : $0 - 3, of: $0 < 3 ? 1 : 2).values
      }
    }
  }

  /// Numbers that single precision holds exactly, also when 512 is added.
  private func eighths(_ count: Int, _ step: Double) -> [Double] {
    (0..<count).map { (8 * sin(step * Double($0))).rounded() / 8 }
  }

  private var inputs: [[Double]] {
    [
      eighths(rows * features, 0.37), (0..<rows).map { Double($0 * 3 % classes) },
      eighths(rows, 0.7), eighths(features * classes, 1.7), eighths(classes, 2.3),
      eighths(features * classes, 0.9),
    ]
  }

  private func check(
    location: SourceLocation = #_sourceLocation,
    _ loss: (_ scores: Tensor, _ labels: Tensor) -> Tensor
  ) throws -> Classifier {
    let classifier = Classifier(rows, features, classes, loss)
    #expect(classifier.roots.count == 5, sourceLocation: location)
    _ = try compareWithReference(
      classifier.graph, inputs: inputs, point: Array(classifier.roots[..<3]),
      vector: Array(classifier.roots[3...]), location: location)
    return classifier
  }

  /// Weights and biases that are all larger by the same leave every bit as it is: only differences are used.
  @Test func scoresCountUpToAShift() throws {
    let classifier = try check { crossEntropies($0, $1) }
    var shifted = inputs
    for place in [3, 4, 5] { shifted[place] = shifted[place].map { $0 + 512 } }
    for set in KernelSet.available {
      let found = try classifier.run(inputs, .single, set)
      let moved = try classifier.run(shifted, .single, set)
      #expect(found == moved, "\(set)")
    }
  }

  /// The last class of gradient and Hessian-vector product is what the others leave, to the bit.
  @Test func gradientsOfClassesAddUpToNothing() throws {
    let classifier = try check { crossEntropies($0, $1) }
    for set in KernelSet.available {
      let found = try classifier.run(inputs, .double, set)
      for gradient in [found[1], found[3]] {
        for row in stride(from: 0, to: gradient.count, by: classes) {
          let sum = gradient[row..<row + classes - 1].reduce(0, +)
          #expect(gradient[row + classes - 1] == -sum, "\(set)")
        }
      }
    }
  }

  /// Losses of the scores themselves.
  @Test func otherLossesKeepAllClasses() throws {
    _ = try check { scores, labels in scores.squared.sum(axes: 1..<2) + 0 * labels }
    _ = try check { scores, labels in
      crossEntropies(scores, labels) + 0.01 * scores.logSumExp().squared
    }
    _ = try check { scores, labels in
      scores.logSumExp() - 0.5 * (scores * labels.oneHot(classes: classes)).sum(axes: 1..<2)
    }
    _ = try check { scores, labels in
      crossEntropies(relu(scores), labels)
    }
  }
}
