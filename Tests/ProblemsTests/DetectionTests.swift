import Problems
import Testing

@Suite struct DetectionTests {
  private let yes = true
  private let no = false

  @Test func countsByHand() {
    let result = Detection(
      of: [no, yes, yes, yes, no, no], by: [yes, no, yes, yes, no, yes])
    #expect(result.found == 4 && result.there == 3 && result.rightlyFound == 2)
    #expect(result.precision == 0.5)
    #expect(result.recall == 2.0 / 3)
    #expect(abs(result.f1 - 4.0 / 7) < 1e-15)
  }

  @Test func allFoundAndNothingElse() {
    let result = Detection(of: [yes, no], by: [yes, no])
    #expect([result.precision, result.recall, result.f1] == [1, 1, 1])
  }

  @Test(arguments: [
    ([true, false], [false, false]), ([false, false], [true, true]), ([], []),
    ([false], [false]),
  ]) func emptyCellsGiveZeros(_ isThere: [Bool], _ isFound: [Bool]) {
    let result = Detection(of: isThere, by: isFound)
    #expect([result.precision, result.recall, result.f1] == [0, 0, 0])
  }
}
