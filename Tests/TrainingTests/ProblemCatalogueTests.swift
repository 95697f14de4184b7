import Problems
import Testing
import Training

@Suite struct ProblemCatalogueTests {
  @Test func knowsItsProblemsByName() throws {
    let catalogue = ProblemCatalogue.builtIn
    let names = [
      "label-cleaning", "few-shot", "representation", "sinusoid", "regularisation",
      "sparse-regularisation", "weight-net", "distillation", "augmentation", "quadratic",
    ]
    #expect(catalogue.entries.map(\.name) == names)
    #expect(try catalogue.entry().name == "label-cleaning", "the first is the default")
    #expect(throws: Never.self) { try catalogue.check() }
    for entry in catalogue.entries {
      let found = try catalogue.entry(named: entry.name)
      #expect(found.name == entry.name && !found.about.isEmpty)
      let run = try found.run(RunRequest([("tasks", "3"), ("steps", "2")]))
      #expect(run.name == entry.name)
      #expect(run.size == (2, 3))
    }
  }

  @Test func aNameThatIsNoneGetsASuggestionOrTheList() {
    #expect(throws: SettingError("problem \"sinusoidal\" is unknown; did you mean sinusoid?")) {
      try ProblemCatalogue.builtIn.entry(named: "sinusoidal")
    }
    let list =
      "problem \"mnist\" is unknown; there are label-cleaning, few-shot, representation, sinusoid, "
      + "regularisation, sparse-regularisation, weight-net, distillation, augmentation, quadratic"
    #expect(throws: SettingError(list)) { try ProblemCatalogue.builtIn.entry(named: "mnist") }
  }

  @Test func aUsersProblemIsAnEntryToo() throws {
    let entry = try ProblemCatalogue([Sinusoid.self, Quadratic.self]).entry(named: "quadratic")
    #expect(entry.name == "quadratic" && entry.about == "two parameters")
    let run = try entry.run(RunRequest([("strength", "2")]))
    #expect(run.settings.first { $0.key == "strength" }?.value == "2.0")
  }

  @Test func cataloguesWithoutOrWithEqualNamesAreRefused() {
    let none = ProblemCatalogue([])
    #expect(throws: SettingError("there are no problems; name at least one")) { try none.check() }
    #expect(throws: SettingError.self) { try none.entry() }
    let twice = ProblemCatalogue([Sinusoid.self, LabelCleaning.self, Sinusoid.self])
    #expect(throws: SettingError("two problems are named \"sinusoid\"; names must differ")) {
      try twice.check()
    }
  }
}
