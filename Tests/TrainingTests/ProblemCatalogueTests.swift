import Problems
import Testing
import Training

@Suite struct ProblemCatalogueTests {
  @Test func knowsItsProblemsByName() throws {
    #expect(ProblemCatalogue.entries.map(\.name) == ["label-cleaning", "few-shot", "sinusoid"])
    for entry in ProblemCatalogue.entries {
      let found = try ProblemCatalogue.entry(named: entry.name)
      #expect(found.name == entry.name && !found.about.isEmpty)
      let run = try found.run(RunRequest([("tasks", "3"), ("steps", "2")]))
      #expect(run.name == entry.name)
      #expect(run.size == (2, 3))
    }
  }

  @Test func aNameThatIsNoneGetsASuggestionOrTheList() {
    #expect(throws: SettingError("problem \"sinusoidal\" is unknown; did you mean sinusoid?")) {
      try ProblemCatalogue.entry(named: "sinusoidal")
    }
    let list = "problem \"mnist\" is unknown; there are label-cleaning, few-shot, sinusoid"
    #expect(throws: SettingError(list)) { try ProblemCatalogue.entry(named: "mnist") }
  }

  @Test func aUsersProblemIsAnEntryToo() throws {
    let entry = ProblemCatalogue.Entry(Quadratic.self)
    #expect(entry.name == "quadratic" && entry.about == "two parameters")
    let run = try entry.run(RunRequest([("strength", "2")]))
    #expect(run.settings.first { $0.key == "strength" }?.value == "2.0")
  }
}

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

  @Test(arguments: ["zebra", "", "lr", "xy", "momentum"])
  func listsAllWhereNothingIsNear(_ word: String) {
    let known = ["steps", "tasks", "lower-rate", "k"]
    let list = "; there are steps, tasks, lower-rate, k"
    #expect(Spelling.suggestion(for: word, among: known) == list)
  }
}
