import Foundation
import MessagePassing
import Problems
import TestSupport
import Testing
import Training

@Suite struct ContinuationTests {
  private func run(_ more: [(key: String, value: String)] = []) throws -> ProblemRun<Quadratic> {
    try ProblemRun<Quadratic>(RunRequest([("steps", "7"), ("upper-rule", "adam")] + more))
  }

  /// The states that a run stores on the way, and the last.
  private func states(_ run: ProblemRun<Quadratic>, every interval: Int) throws -> [TensorFile] {
    var states: [TensorFile] = []
    let continuation = Continuation(from: nil, every: interval) { state, _ in states.append(state) }
    let last = try run.train(SoloCommunicator(), continuation) { _, _ in }.state
    return states + [try #require(last)]
  }

  @Test func statesAreStoredEverySoManySteps() throws {
    #expect(try states(run(), every: 3).map { $0["step"] } == ["3", "6", "7"])
    #expect(try states(run(), every: 0).map { $0["step"] } == ["7"])
  }

  /// It begins when nothing is wrong, and ends before scores and results: these may fail.
  @Test func aRunBeginsAndFinishesOnce() throws {
    var events: [String] = []
    func continuation(from state: TensorFile? = nil) -> Continuation {
      Continuation(
        from: state.map { ($0, "state") }, requests: { _ in StepRequests() },
        begin: { events.append("begin") }, store: { _, _, _ in },
        finish: { events.append("finish at \($0["step"] ?? "")") })
    }
    let end = try run().train(SoloCommunicator(), continuation()) { step, _ in
      events.append("\(step.step)")
    }
    #expect(events == ["begin", "0", "1", "2", "3", "4", "5", "6", "finish at 7"])
    events = []
    #expect(throws: AgreementError.self) {
      try run([("results-fail", "on")]).train(SoloCommunicator(), continuation()) { _, _ in }
    }
    #expect(events == ["begin", "finish at 7"])
    events = []
    #expect(throws: AgreementError.self) {
      try run([("k", "2")]).train(SoloCommunicator(), continuation(from: end.state)) { _, _ in }
    }
    #expect(events.isEmpty)
  }

  @Test(arguments: [1, 2, 4]) func aRunTakenUpEndsWithTheSameBits(_ size: Int) throws {
    let states = try states(run(), every: 1)
    let whole = try #require(states.last)
    for stored in states {
      let ends = try ThreadCommunicator.values(size: size) { communicator in
        let continuation = Continuation(from: (stored, "state"), every: 0) { _, _ in }
        var steps = 0
        let end = try run().train(communicator, continuation) { _, _ in steps += 1 }
        #expect(steps == 7 - (Int(stored["step"] ?? "") ?? 0))
        return end.state
      }
      #expect(ends[0] == whole)
    }
  }

  @Test func otherSettingsAreRefusedAndNamed() throws {
    let stored = try #require(try states(run(), every: 2).first)
    func message(_ more: [(key: String, value: String)]) throws -> String {
      let continuation = Continuation(from: (stored, "state"), every: 0) { _, _ in }
      let error = #expect(throws: AgreementError.self) {
        try run(more).train(SoloCommunicator(), continuation) { _, _ in }
      }
      return error?.description ?? ""
    }
    #expect(try message([("k", "2")]).contains("k was 3 and is 2"))
    #expect(try message([("strength", "0.5")]).contains("strength was 0.75 and is 0.5"))
    #expect(try message([("steps", "1")]).contains("is at step 2 already"))
    // How long it goes on does not change the steps that were made.
    let longer = Continuation(from: (stored, "state"), every: 0) { _, _ in }
    let end = try run([("steps", "9")]).train(SoloCommunicator(), longer) { _, _ in }
    #expect(end.state?["step"] == "9")
  }

  /// Row 12: a change that is allowed by name is made, and remembered from then on; one that would make another run is not.
  @Test func allowedChangesAreRemembered() throws {
    let stored = try #require(try states(run(), every: 2).first)
    func end(_ key: String, _ value: String, _ state: TensorFile) throws -> TensorFile? {
      let continuation = Continuation(
        from: (state, "state"), allowing: [key], requests: { _ in StepRequests() },
        store: { _, _, _ in })
      return try run([("steps", "9"), (key, value)])
        .train(SoloCommunicator(), continuation) { _, _ in }.state
    }
    #expect(stored["lineage"] == nil)
    let changed = try #require(try end("k", "2", stored))
    #expect(changed["lineage"] == "step 2: k 3 -> 2" && changed["setting/k"] == "2")
    let again = try #require(try end("k", "4", changed))
    #expect(again["lineage"] == "step 2: k 3 -> 2; step 9: k 2 -> 4")
    for (key, value) in [("strength", "0.5"), ("seed", "7"), ("upper-rule", "sgd")] {
      let error = #expect(throws: AgreementError.self) { try end(key, value, stored) }
      #expect(error?.exitCode == .configuration)
      #expect(error?.description.contains("only in a new run") == true, "\(error!)")
    }
  }

  /// A state of a program that did not know a setting had the problem's default, of whatever setting of whatever problem:
  /// it goes on as it would with that default, and other values are changes from it.
  @Test(arguments: ProblemCatalogue.builtIn.entries.map(\.name))
  func settingsThatWereNotKnownHadTheirDefaults(_ name: String) throws {
    let run = try ProblemCatalogue.builtIn.entry(named: name).run(RunRequest([]))
    #expect(run.settings.count > 25)
    func state(_ settings: [SettingEntry]) -> TensorFile {
      TensorFile(
        metadata: [.init("problem", name)] + settings.map { .init("setting/\($0.key)", $0.value) },
        tensors: [])
    }
    #expect(SettingChange.all(from: state([]), to: run).isEmpty)
    for unknown in run.settings {
      let older = state(run.settings.filter { $0.key != unknown.key })
      #expect(SettingChange.all(from: older, to: run).isEmpty, "\(unknown.key)")
      #expect(throws: Never.self) {
        try RunState.check(run, allowing: [], against: older, at: "older")
      }
      // The same changes as from a state that holds the default.
      for value in ["1", "0.25", "7", "true", "adam", "NS", "double", "tanh", "regression"] {
        guard
          let other = try? ProblemCatalogue.builtIn.entry(named: name)
            .run(RunRequest([(unknown.key, value)]))
        else { continue }
        let changes = SettingChange.all(from: older, to: other)
        #expect(changes == SettingChange.all(from: state(run.settings), to: other))
        #expect(changes.allSatisfy { $0.key == unknown.key && $0.stored == unknown.value })
      }
    }
  }

  /// Of a setting of the problem's own as of one that all problems have, and to the same end.
  @Test(arguments: ["setting/strength", "setting/steps", "setting/k", "setting/upper-rule"])
  func olderStatesGoOn(_ unknown: String) throws {
    let run = try ProblemRun<Quadratic>(RunRequest([]))
    let states = try states(run, every: 1)
    let older = TensorFile(
      metadata: states[0].metadata.filter { $0.key != unknown }, tensors: states[0].tensors)
    #expect(older.metadata.count == states[0].metadata.count - 1)
    let continuation = Continuation(from: (older, "older"), every: 0) { _, _ in }
    let end = try run.train(SoloCommunicator(), continuation) { _, _ in }.state
    #expect(end == states.last)
  }

  @Test func differencesAreATableOfThreeColumnsAndARemedy() throws {
    let stored = try #require(try states(run(), every: 2).first)
    let other = try run([("steps", "9"), ("k", "2"), ("strength", "0.5")])
    let changes = SettingChange.all(from: stored, to: other)
    #expect(
      SettingChange.table(changes).rows == [
        ["steps", "7", "9", "no harm"], ["k", "3", "2", "--allow-change k"],
        ["strength", "0.75", "0.5", "only in a new run"],
      ])
  }

  /// Row 23: a state goes on with the data it was made with only.
  @Test func row23_otherDataAreRefused() throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    func run(_ lines: [String], from state: TensorFile?) throws -> TensorFile? {
      try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
      let run = try ProblemRun<Regularisation>(
        RunRequest([
          ("data", path), ("kind", "regression"), ("train", "0"), ("folds", "2"), ("steps", "2"),
          ("lower-steps", "3"),
        ]))
      let continuation = Continuation(from: state.map { ($0, "state") }, every: 0) { _, _ in }
      return try run.train(SoloCommunicator(), continuation) { _, _ in }.state
    }
    let lines = (0..<12).map { "\($0),\($0 * $0 % 7)" }
    let state = try run(lines, from: nil)
    #expect(throws: Never.self) { try run(lines, from: state) }
    let error = #expect(throws: AgreementError.self) {
      try run(lines.dropLast() + ["11,3"], from: state)
    }
    #expect(error?.description.contains("the checksum of table was") == true)
    #expect(error?.exitCode == .configuration)
  }

  @Test func damagedStatesAreRefused() throws {
    let stored = try #require(try states(run(), every: 2).first)
    for damage in [
      { (file: inout TensorFile) in file.metadata.removeAll { $0.key == "step" } },
      { $0.metadata.removeAll { $0.key == "problem" } },
      { $0.tensors.removeFirst() },
      { $0.tensors[1] = NamedTensor($0.tensors[1].name, shape: [1], [0]) },
    ] {
      var damaged = stored
      damage(&damaged)
      let continuation = Continuation(from: (damaged, "state"), every: 0) { _, _ in }
      #expect(throws: AgreementError.self) {
        try run().train(SoloCommunicator(), continuation) { _, _ in }
      }
    }
  }
}
