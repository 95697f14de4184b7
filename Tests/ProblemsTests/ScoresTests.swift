import Foundation
import Problems
import Tensors
import Testing

@Suite struct ScoresTests {
  @Test func accuracyAndCrossEntropyOfLogits() throws {
    let logits = try DataArray([3, 2], [0.0, log(3), 2, 1, 5, 5])
    let scores = try Scores.classification(logits, DataArray(indices: [1, 1, 0]))
    // The second is wrong; of equal logits the first class counts.
    #expect(scores[0] == 2.0 / 3)
    let losses = [-log(0.75), log(exp(1.0) + 1), log(2.0)]
    #expect(abs(scores[1] - losses.reduce(0, +) / 3) < 1e-12)
  }

  @Test func largeLogitsStayFinite() throws {
    let logits = try DataArray([1, 2], [1e5, -1e5])
    #expect(try Scores.classification(logits, DataArray(indices: [1])) == [0, 2e5])
  }

  @Test(arguments: [-1, 2, 0.5, Double.nan, 1e30]) func labelsThatAreNoClassAreRefused(
    _ label: Double
  ) throws {
    let logits = try DataArray([1, 2], [0.0, 1])
    let labels = try DataArray([1], [label])
    let error = #expect(throws: TensorError.self) {
      try Scores.classification(logits, labels)
    }
    #expect(error?.code == .range && error?.message.contains("none of 2 classes") == true)
  }

  @Test func squaredErrorIsAMeanOverElements() throws {
    let scores = try Scores.regression(
      try DataArray([2, 1], [1.0, 2]), try DataArray([2, 1], [0.0, 4]))
    #expect(scores == [2.5])
  }

  @Test func nothingHasNoScore() throws {
    let message = "there are no examples to score; give at least one"
    let classification = #expect(throws: TensorError.self) {
      try Scores.classification(.empty, .empty)
    }
    let regression = #expect(throws: TensorError.self) { try Scores.regression(.empty, .empty) }
    #expect(classification?.message == message && regression?.message == message)
  }
}
