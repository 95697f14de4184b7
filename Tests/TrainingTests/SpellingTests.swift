import Testing
import Training

@Suite struct SpellingTests {
  @Test(arguments: [
    ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("tasks", "tasks", 0), ("task", "tasks", 1),
    ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("ab", "ba", 2), ("äb", "ab", 1),
  ]) func distanceCountsEdits(_ a: String, _ b: String, _ distance: Int) {
    #expect(Spelling.distance(a, b) == distance)
    #expect(Spelling.distance(b, a) == distance)
  }

  @Test func suggestsWhatIsNear() {
    let known = ["steps", "tasks", "lower-rate", "k"]
    #expect(Spelling.suggestion(for: "taks", among: known) == "; did you mean tasks?")
    #expect(Spelling.suggestion(for: "lower_rates", among: known) == "; did you mean lower-rate?")
    #expect(Spelling.suggestion(for: "kk", among: known) == "; did you mean k?")
  }

  /// What other programs say, and last parts of names.
  @Test func suggestsAllThatAreMeant() {
    let known = ["steps", "lower-rate", "lower-steps", "upper-rate", "heat-rate"]
    #expect(
      Spelling.suggestion(for: "lr", among: known)
        == "; did you mean lower-rate, upper-rate or heat-rate?")
    #expect(
      Spelling.suggestion(for: "Epochs", among: known) == "; did you mean steps or lower-steps?")
    #expect(Spelling.suggestion(for: "lr", among: ["steps", "rate"]) == "; did you mean rate?")
  }

  @Test(arguments: ["zebra", "", "xy", "momentum", "-"])
  func listsAllWhereNothingIsNear(_ word: String) {
    let known = ["steps", "tasks", "lower-rate", "k"]
    let list = "; there are steps, tasks, lower-rate, k"
    #expect(Spelling.suggestion(for: word, among: known) == list)
  }
}
