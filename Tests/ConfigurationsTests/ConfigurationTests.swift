import Configurations
import Foundation
import MessagePassing
import Problems
import TestSupport
import Testing
import Training

@Suite struct ConfigurationTests {
  private func file(_ text: String, _ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("\(UUID().uuidString).yaml").path
    try DurableFile.publish(Array(text.utf8), at: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  /// Defaults < file < environment < command line.
  @Test func theLaterSourceWins() throws {
    try file("problem: sinusoid\nk: 1\nshots: 2\nhidden: 3\noutput: a\n") { path in
      let source = ConfigurationSource(
        file: path,
        commandLine: [SettingAssignment("hidden", "30"), SettingAssignment("output", "c")])
      let environment = ["IGBM_SHOTS": "20", "IGBM_HIDDEN": "29", "IGBM_OUTPUT": "b", "HOME": "/"]
      let configuration = try Configuration(source, environment: environment)
      #expect(configuration.problem?.value == "sinusoid" && configuration.output == "c")
      let run = try ProblemRun<Sinusoid>(configuration.request)
      #expect(run.training.k == 1 && run.own.shots == 20 && run.own.hidden == 30)
      #expect(run.own.query == SinusoidSettings().query)
    }
  }

  @Test func withoutSourcesEverythingIsDefault() throws {
    let configuration = try Configuration(.init(file: nil, commandLine: []), environment: [:])
    #expect(configuration == Configuration([]))
    #expect(configuration.problem == nil && configuration.output == nil)
    #expect(configuration.request.assignments.isEmpty)
  }

  @Test func mistakesNameTheirPlace() throws {
    try file("k: 1\nshot: 2\n") { path in
      let configuration = try Configuration(
        .init(file: path, commandLine: []), environment: [:])
      let error = #expect(throws: SettingError.self) {
        try ProblemRun<Sinusoid>(configuration.request)
      }
      #expect(
        error?.message
          == "\(path), line 2: sinusoid has no setting \"shot\"; did you mean shots?")
    }
  }

  @Test func theEffectiveConfigurationRepeatsTheRun() throws {
    let request = RunRequest([("lower-rate", "0.3"), ("method", "ns"), ("amplitude", "1e2")])
    let run = try ProblemRun<Sinusoid>(request)
    let effective = Configuration.effective(problem: "sinusoid", output: "a b", run.settings)
    let text = ConfigurationFile.text(of: effective)
    let read = Configuration(
      try ConfigurationFile.assignments(in: Array(text.utf8), named: "again"))
    #expect(read.problem?.value == "sinusoid" && read.output == "a b")
    #expect(try ProblemRun<Sinusoid>(read.request).settings == run.settings)
  }

  @Test func variablesThatContradictEachOtherAreRefused() {
    for (environment, message) in [
      (["IGBM_K": "3", "IGBM_k": "3"], "IGBM_K and IGBM_k are both k; unset one"),
      (
        ["IGBM_LOWER_RATE": "3", "IGBM_LOWER-RATE": "4"],
        "IGBM_LOWER-RATE and IGBM_LOWER_RATE are both lower-rate; unset one"
      ),
      (["IGBM_OUTPUT": "run\u{FFFD}"], "IGBM_OUTPUT=run\u{FFFD} is no UTF-8; correct it"),
    ] {
      let error = #expect(throws: SettingError.self) {
        try EnvironmentSettings.assignments(in: environment)
      }
      #expect(error?.message == message)
    }
  }

  @Test func everyVariableIsASettingButForThoseThatAreNot() throws {
    let environment = [
      "IGBM_LOWER_RATE": "0.1", "IGBM_K": "", "IGBM_KERNELS": "avx2", "IGBM_MPI": "no",
      "IGBM_PICTURES": "no",
      "XIGBM_K": "3", "IGBM": "3", "igbm_tasks": "4",
    ]
    #expect(
      try EnvironmentSettings.assignments(in: environment) == [
        SettingAssignment("k", "", from: "IGBM_K"),
        SettingAssignment("lower-rate", "0.1", from: "IGBM_LOWER_RATE"),
      ])
  }

  /// Every configuration that comes with the package is one.
  @Test func thePackagesConfigurationsAreRuns() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Launch/configurations").standardizedFileURL.path
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(names.count >= 3)
    for name in names {
      let configuration = Configuration(try ConfigurationFile.read("\(folder)/\(name)"))
      let problem = try #require(configuration.problem, "\(name)")
      let run = try ProblemCatalogue.builtIn.entry(named: problem.value).run(configuration.request)
      #expect(run.name == problem.value)
    }
  }
}

@Suite struct ConfigurationSharingTests {
  /// What every rank ends with, or the text of its error.
  private func share(
    _ size: Int, _ source: @escaping @Sendable (Int) -> ConfigurationSource,
    _ environment: @escaping @Sendable (Int) -> [String: String] = { _ in [:] }
  ) -> [Result<Configuration, any Error>] {
    ThreadCommunicator.run(size: size) { communicator in
      try Configuration.shared(
        by: communicator, source(communicator.rank), environment: environment(communicator.rank))
    }
  }

  private func messages(_ results: [Result<Configuration, any Error>]) -> [String] {
    results.map { if case .failure(let error) = $0 { "\(error)" } else { "" } }
  }

  @Test(arguments: [1, 3]) func allRanksGetRankZeros(_ size: Int) throws {
    let source = ConfigurationSource(
      file: nil,
      commandLine: [SettingAssignment("output", "é \" \n"), SettingAssignment("k", "3")])
    // Only rank 0's environment counts: others may have none of it.
    let results = share(size, { _ in source }, { $0 == 0 ? ["IGBM_K": "2"] : ["IGBM_K": "7"] })
    let expected = [SettingAssignment("k", "2", from: "IGBM_K")] + source.commandLine
    #expect(try results.map { try $0.get().assignments } == results.map { _ in expected })
  }

  @Test func aMissingFileIsTheSameErrorOnAll() {
    let messages = messages(
      share(3, { _ in ConfigurationSource(file: "/nowhere/a.yaml", commandLine: []) }))
    #expect(Set(messages).count == 1)
    #expect(messages[0].hasPrefix("/nowhere/a.yaml: cannot be read: no such file; check the path"))
  }

  @Test func commandLinesThatDifferAreRefusedOnAll() {
    for source: @Sendable (Int) -> ConfigurationSource in [
      { .init(file: nil, commandLine: $0 == 2 ? [SettingAssignment("k", "3")] : []) },
      { .init(file: $0 == 2 ? "b.yaml" : nil, commandLine: []) },
    ] {
      let messages = messages(share(3, source))
      #expect(Set(messages).count == 1)
      #expect(messages[0].contains("; start all ranks with the same command line (rank 2 on"))
      #expect(messages[0].contains("rank 2 on"))
    }
  }
}
