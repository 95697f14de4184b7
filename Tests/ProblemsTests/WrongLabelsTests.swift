import Problems
import Testing

@Suite struct WrongLabelsTests {
  @Test func countsByHand() {
    // Found: 0, 2, 3, 5. Wrong: 1, 2, 3. A logit of 0 is a weight of 1/2, which is not found.
    let result = WrongLabels(
      logits: [-1, 0, -0.1, -3, 2, -4], given: [5, 1, 2, 3, 4, 7], right: [5, 2, 3, 4, 4, 7])
    #expect(result.found == 4 && result.wrong == 3 && result.rightlyFound == 2)
    #expect(result.precision == 0.5)
    #expect(result.recall == 2.0 / 3)
    #expect(abs(result.f1 - 4.0 / 7) < 1e-15)
  }

  @Test func allFoundAndNothingElse() {
    let result = WrongLabels(logits: [-1, 1], given: [0, 1], right: [1, 1])
    #expect([result.precision, result.recall, result.f1] == [1, 1, 1])
  }

  @Test(arguments: [
    ([1.0, 0.0], [0, 1], [1, 1]), ([-1.0, -1.0], [1, 1], [1, 1]), ([-1.0, 1.0], [1, 0], [1, 1]),
    ([1.0, 1.0], [1, 1], [1, 1]), ([], [], []),
  ]) func emptyCellsGiveZeros(_ logits: [Double], _ given: [Int], _ right: [Int]) {
    let result = WrongLabels(logits: logits, given: given, right: right)
    #expect([result.precision, result.recall, result.f1] == [0, 0, 0])
  }
}
