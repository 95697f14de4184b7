import MessagePassing
import Problems
import TestSupport
import Testing
import Training

@Suite struct RunStateTests {
  private func file(
    _ rule: TrainingSettings.UpperRule, steps: Int = 2
  ) throws -> (TensorFile, Quadratic) {
    var settings = Quadratic.defaults
    settings.upperRule = rule
    let problem = try Quadratic(.init(), seed: 1)
    let trainer = try Trainer(problem, settings, SoloCommunicator())
    for _ in 0..<steps { _ = try trainer.makeStep() }
    return (RunState.file(of: trainer, settings: try settings.entries()), problem)
  }

  @Test(arguments: [
    (TrainingSettings.UpperRule.sgd, [String](), "sgd"),
    (.momentum, ["optimizer/velocity"], "sgd"),
    (.adam, ["optimizer/first_moment", "optimizer/second_moment"], "adam"),
  ]) func holdsParametersAndOptimiser(
    _ rule: TrainingSettings.UpperRule, _ vectors: [String], _ name: String
  ) throws {
    let (file, problem) = try file(rule)
    #expect(file.tensors.map(\.name) == ["upper/u"] + vectors)
    #expect(file.tensors.allSatisfy { $0.shape == [2] && $0.type == .double })
    #expect(file.tensors[0].values == problem.upperModel.values)
    #expect(file["optimizer"] == name)
  }

  @Test func metadataSayHowItWasMade() throws {
    let (file, _) = try file(.adam)
    #expect(file.metadata.prefix(4).map(\.key) == ["format", "problem", "step", "optimizer"])
    #expect(file["format"] == "igbm-dist 2")
    #expect(file["problem"] == "quadratic")
    #expect(file["step"] == "2")
    // How tasks get to ranks changes no bit, of the file neither.
    let entries = try Quadratic.defaults.entries().filter {
      !["schedule", "team"].contains($0.key)
    }
    let settings = file.metadata.dropFirst(4).prefix(entries.count)
    #expect(settings.map(\.key) == entries.map { "setting/\($0.key)" })
    let seals = file.metadata.dropFirst(4 + entries.count).map(\.key)
    #expect(seals == file.tensors.map { "sha256/\($0.name)" } + ["sha256"])
    #expect(file["setting/upper-rule"] == "adam")
    #expect(file["setting/lower-rate"] == "0.1")
  }

  @Test func theFilesDigestIsTheModels() throws {
    let (file, problem) = try file(.adam)
    let digest = ParameterDigest.sha256(of: file)
    #expect(digest == ParameterDigest.sha256(of: problem.upperModel))
    #expect(digest.count == 64)
    problem.upperModel.values[1] = problem.upperModel.values[1].nextUp
    #expect(digest != ParameterDigest.sha256(of: problem.upperModel), "one bit is another digest")
  }

  @Test(arguments: [0, 2]) func comesBackFromItsBytes(_ steps: Int) throws {
    for rule in TrainingSettings.UpperRule.allCases {
      let (file, problem) = try file(rule, steps: steps)
      let back = try TensorFile(decoding: file.encoded(), named: "state")
      #expect(back == file)
      #expect(ParameterDigest.sha256(of: back) == ParameterDigest.sha256(of: problem.upperModel))
    }
  }

  @Test func parametersOfManyShapesKeepTheirNames() throws {
    var own = SinusoidSettings()
    own.hidden = 3
    let problem = try Sinusoid(own, seed: 5)
    let trainer = try Trainer(problem, Sinusoid.defaults, SoloCommunicator())
    let file = RunState.file(of: trainer, settings: [])
    let upper = file.tensors.filter { $0.name.hasPrefix(RunState.upperPrefix) }
    #expect(
      upper.map(\.name)
        == (1...3).flatMap { ["upper/dense\($0).weight", "upper/dense\($0).bias"] })
    #expect(upper.map(\.shape) == [[1, 3], [3], [3, 3], [3], [3, 1], [1]])
    #expect(upper.flatMap(\.values) == problem.upperModel.values)
    #expect(ParameterDigest.sha256(of: file) == ParameterDigest.sha256(of: problem.upperModel))
  }
}
