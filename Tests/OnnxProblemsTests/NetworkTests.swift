import BilevelOptimization
import Foundation
import OnnxProblems
import Problems
import Testing
import TestSupport
import Training

/// The eleven networks of the reference fixtures, which PyTorch exported and differentiated; `Fixtures/networks.py` writes
/// them.
@Suite struct NetworkTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures/networks")
  private static let names = [
    "darts", "denoising", "distillation", "gcn", "hyper-representation", "lenet5", "lstm",
    "meta-weight-net", "physics-informed", "resnet-pair", "transformer",
  ]

  /// An exported network, and what PyTorch makes of it, by PyTorch's names.
  private struct Network {
    let problem: OnnxProblem
    let rate: Double
    let task: TaskExamples
    private let expected: TensorFile

    init(_ name: String) throws {
      let path = NetworkTests.folder.appendingPathComponent(name).path
      let configuration = try String(contentsOfFile: "\(path)/configuration.yaml", encoding: .utf8)
      var settings = OnnxSettings()
      settings.folder = path
      settings.start = configuration.contains("adapt-from: upper") ? .upper : .lower
      problem = try OnnxProblem(settings, seed: 0)
      rate = try #require(
        configuration.firstMatch(of: /lower-rate: (.*)/).flatMap { Double($0.output.1) })
      task = try problem.task(0, step: 0)
      expected = try TensorFile.read("\(path)/expected.safetensors")
    }

    func implicit(_ method: ImplicitMethod, _ k: Int) throws -> Implicit<OnnxBody, OnnxBody> {
      let problem = problem
      return try Implicit(
        upperObjective: { try problem.upperObjective($0) }, upperModel: problem.upperModel,
        lowerObjective: { try problem.lowerObjective($0) }, lowerModel: problem.lowerModel,
        lowerLearningRate: rate, k: k, method: method, precision: .double)
    }

    /// What PyTorch has of some parameters, one after another, and the same of ours.
    func pair(_ prefix: String, _ own: ResultArrays) -> (own: [Double], expected: [Double]) {
      let wanted = expected.tensors.filter { $0.name.hasPrefix(prefix) }
      let found = wanted.map { tensor in
        own.arrays.first { prefix + $0.name == tensor.name }?.values ?? []
      }
      return (found.flatMap { $0 }, wanted.flatMap(\.values))
    }
  }

  @Test func thereAreNoOthers() throws {
    let found = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    #expect(found.sorted() == Self.names)
  }

  @Test(arguments: names)
  func hypergradientsAreThoseOfPyTorch(_ name: String) throws {
    let network = try Network(name)
    for (method, steps) in [
      (ImplicitMethod.linearSystem, [1, 2, 5]), (.neumannSeries, [0, 1, 5, 20]),
    ] {
      for k in steps {
        let implicit = try network.implicit(method, k)
        let lower = AuxiliaryModel(values: implicit.lowerModel.values)
        implicit.upperModel.clearGradients()
        _ = try implicit.computeGradients(
          validate: network.task.validate, auxiliaryModel: lower, train: network.task.train)
        let results = network.problem.upperResults(implicit.upperModel.gradients)
        let (own, expected) = network.pair("\(method.rawValue)/\(k)/", results)
        // Later steps of conjugate gradients through negative curvature magnify rounding.
        let isEarly = method == .neumannSeries || k <= 2
        let error = relativeDistance(own, expected)
        #expect(
          !expected.isEmpty && error < (isEarly ? 1e-8 : 1e-6),
          "\(name), \(method.rawValue) k=\(k): \(error)")
      }
    }
  }

  @Test(arguments: names)
  func lowerStepsAreThoseOfPyTorch(_ name: String) throws {
    let network = try Network(name)
    let implicit = try network.implicit(.linearSystem, 1)
    let adaptation = Adaptation(
      implicit, try GradientDescent(learningRate: network.rate, steps: 5),
      from: network.problem.start)
    let adapted = try adaptation.adapt(network.task.train)
    let (own, expected) = network.pair("five/", network.problem.lowerResults(adapted.values))
    #expect(!expected.isEmpty && relativeDistance(own, expected) < 1e-8, "\(name)")
  }
}
