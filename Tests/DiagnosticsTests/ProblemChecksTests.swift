import BilevelOptimization
import Diagnostics
import MessagePassing
import Models
import Problems
import Tensors
import TestProblems
import TestSupport
import Testing
import Training

/// Every shipped problem's derivatives are right, with its defaults and other settings; wrong ones are found.
@Suite struct ProblemChecksTests {
  /// The lines of a verification, and the error that it ended with.
  private static func lines<P: Problem>(
    _: P.Type, _ settings: [(key: String, value: String)] = [], ranks: Int = 1
  ) throws -> (lines: [String], error: VerificationError?) {
    let request = RunRequest(settings)
    let all = try ThreadCommunicator.values(size: ranks) { communicator in
      var lines: [String] = []
      let checks = try Verification.checks(of: ProblemRun<P>(request))
      #expect(checks.count == 10)
      do {
        try Verification.run(checks, of: P.name, communicator) { lines.append($0) }
      } catch let error as VerificationError {
        return (lines: lines, error: Optional(error))
      }
      return (lines, nil)
    }
    #expect(all.allSatisfy { $0.lines == all[0].lines && $0.error == all[0].error })
    return all[0]
  }

  private func expectRight<P: Problem>(
    _ problem: P.Type, _ settings: [(key: String, value: String)] = [], ranks: Int = 1,
    skipped: [String] = []
  ) throws {
    let (lines, error) = try Self.lines(P.self, settings, ranks: ranks)
    #expect(error == nil && lines.count == 11, "\(lines.joined(separator: "\n"))")
    for line in lines where line.hasPrefix("skipped") {
      #expect(skipped.contains { line.contains($0) }, "\(line)")
    }
  }

  private static let double = "training is in double precision"

  @Test func labelCleaning() throws { try expectRight(LabelCleaning.self) }

  @Test func sinusoid() throws { try expectRight(Sinusoid.self, ranks: 2) }

  @Test func regularisation() throws { try expectRight(Regularisation.self) }

  @Test func quadratic() throws { try expectRight(Problems.Quadratic.self, skipped: [Self.double]) }

  @Test func ridge() throws { try expectRight(Ridge.self, skipped: [Self.double]) }

  @Test func distillation() throws {
    try expectRight(Distillation.self, [("soft-labels", "true"), ("per-class", "2")])
  }

  /// All changes at once, by random numbers that stay: in strengths and weights.
  @Test(arguments: ["linear", "tanh"]) func augmentation(_ network: String) throws {
    try expectRight(
      LearntAugmentation.self,
      [("network", network), ("hidden", "6"), ("train", "40"), ("validation", "40")])
  }

  /// Two strengths for each group; and rates of dropout.
  @Test(arguments: [
    [("norm", "elastic-net"), ("grouping", "layer")],
    [
      ("dropout", "0.2"), ("network", "tanh"), ("hidden", "6"), ("lower-rule", "momentum"),
      ("lower-rate", "1"),
    ],
  ]) func otherRegularisation(_ settings: [(key: String, value: String)]) throws {
    try expectRight(Regularisation.self, [("train", "60"), ("strength", "0.1")] + settings)
  }

  @Test(arguments: ["feature", "one"]) func sparseRegularisation(_ grouping: String) throws {
    try expectRight(SparseRegularisation.self, [("grouping", grouping), ("train", "100")])
  }

  /// What squares of an elastic net multiply is checked with its L1 penalty, strengths of classes with it or without.
  @Test(arguments: [("l2", "class"), ("elastic-net", "class"), ("elastic-net", "feature")])
  func penaltiesOfSparseRows(_ norm: String, _ grouping: String) throws {
    try expectRight(
      SparseRegularisation.self,
      [("norm", norm), ("grouping", grouping), ("train", "60"), ("strength", "0.01")])
  }

  /// Differences see through the weights' held losses; what else there is is checked.
  @Test func weightNet() throws {
    try expectRight(WeightNet.self, [("weights", "both")], skipped: ["stops gradients"])
  }

  @Test(arguments: ["linear", "tanh", "relu"]) func otherNetworks(_ network: String) throws {
    let settings = [("network", network), ("hidden", "6"), ("train", "60")]
    try expectRight(LabelCleaning.self, settings)
    try expectRight(
      Regularisation.self, settings + [("grouping", "one"), ("strength", "0.1")])
  }

  @Test(arguments: ["strided", "max-pool"]) func fewShot(_ network: String) throws {
    let folder = try ImageFolder(classes: 9, drawings: 4, side: 28, isNoise: true)
    try expectRight(
      FewShot.self,
      [
        ("data", folder.path), ("images", "images"), ("labels", "labels"), ("train-classes", "5"),
        ("ways", "3"), ("shots", "2"), ("query", "1"), ("filters", "4"), ("network", network),
      ])
  }

  /// On the pairs of digits that come with the program.
  @Test(arguments: [
    [("statistics", "support"), ("filters", "4")],
    [
      ("rates", "3"), ("learned-rates", "rates"), ("method", "unrolled"), ("lower-steps", "3"),
      ("filters", "4"), ("layer-rates", "true"),
    ],
  ]) func fewShotOnDigits(_ settings: [(key: String, value: String)]) throws {
    try expectRight(FewShot.self, settings + [("ways", "3"), ("query", "1")])
  }

  @Test(arguments: [
    [], [("statistics", "support"), ("network", "strided"), ("filters", "4")],
    [("head", "dense"), ("l2", "0.01"), ("learn-start", "true"), ("method", "unrolled")]
      + [("lower-rule", "sgd"), ("lower-rate", "0.5"), ("lower-steps", "5")],
  ]) func representation(_ settings: [(key: String, value: String)]) throws {
    try expectRight(
      Representation.self,
      [("network", "dense"), ("hidden", "8"), ("ways", "3"), ("query", "1")] + settings)
  }

  /// What acts through the start alone is nothing that a minimum knows of: neither right nor wrong here.
  @Test func anInitialisationWithoutAPullIsSkipped() throws {
    let settings = [("proximal", "0"), ("method", "unrolled"), ("hidden", "5")]
    try expectRight(Sinusoid.self, settings, skipped: ["start"])
  }

  /// Each fault is one that compiles, trains and says nothing; the checks that must find it.
  @Test func wrongDerivativesAreFound() throws {
    let differences = "against differences"
    for (fault, names) in [
      ("none", []),
      ("frozen-upper", ["mixed product \(differences)", "hypergradient against re-adaptation"]),
      ("frozen-lower", ["lower gradient \(differences)", "Hessian product \(differences)"]),
      ("frozen-direct", ["upper gradient in the upper parameters"]),
      ("drifting", ["objectives traced again have the same values"]),
      ("restless-data", ["task data depend on step and index alone"]),
    ] {
      let (lines, error) = try Self.lines(Faulty.self, [("fault", fault)])
      for name in names {
        #expect(error?.failed.contains(name) == true, "\(fault): \(lines.joined(separator: "\n"))")
      }
      guard !names.isEmpty else {
        #expect(error == nil, "\(lines.joined(separator: "\n"))")
        continue
      }
      #expect(error?.exitCode == .software)
      #expect(error?.description.contains("do not trust hypergradients of faulty") == true)
    }
  }

  /// A derivative that is no number is wrong, and not skipped: sqrt(u^2) at 0.
  @Test func aDerivativeThatIsNoNumberIsFound() throws {
    let (lines, error) = try Self.lines(Faulty.self, [("fault", "no-number")])
    #expect(error?.failed.contains("upper gradient in the upper parameters") == true, "\(lines)")
  }

  /// Differences see through what an objective holds constant: what is compared with them is said, what is not is checked.
  @Test func stoppedGradientsAreSaid() throws {
    let (lines, error) = try Self.lines(Faulty.self, [("fault", "stopped")])
    #expect(error == nil, "\(lines.joined(separator: "\n"))")
    let skipped = lines.filter {
      $0.hasPrefix("skipped") && $0.contains("stops gradients (detach)")
    }
    #expect(skipped.count == 6, "\(lines.joined(separator: "\n"))")
    let inLower = lines.first { $0.contains("upper gradient in the lower parameters") }
    #expect(inLower?.hasPrefix("skipped") == false)
  }

  /// At a kink no derivative is wrong, and none is said to be right.
  @Test func aKinkIsSaid() throws {
    let (lines, error) = try Self.lines(Faulty.self, [("fault", "kink")])
    #expect(error == nil, "\(lines.joined(separator: "\n"))")
    let row = lines.first { $0.contains("upper gradient in the upper parameters") }
    #expect(row?.hasPrefix("skipped") == true && row?.contains("kink") == true, "\(lines)")
  }
}
