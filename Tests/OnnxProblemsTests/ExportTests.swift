import BilevelOptimization
import Foundation
import MessagePassing
import OnnxProblems
import Problems
import Tensors
import Testing
import TestSupport
import Training

/// The export itself, where there is a Python with torch, onnx and onnxscript: `IGBM_PYTHON`, or `python3`.
@Suite struct ExportTests {
  private static let python = ProcessInfo.processInfo.environment["IGBM_PYTHON"] ?? "python3"
  private static let canExport = run(["-c", "import torch, onnx, onnxscript"], in: nil).code == 0
  private static let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..")
    .standardizedFileURL

  private static func run(_ words: [String], in folder: URL?) -> (code: Int32, errors: String) {
    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python] + words
    process.currentDirectoryURL = folder
    var environment = ProcessInfo.processInfo.environment
    environment["PYTHONPATH"] = root.appendingPathComponent("Launch").path
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    process.environment = environment
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    guard (try? process.run()) != nil else { return (127, "") }
    let text = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }

  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("export-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  /// The article's script, as it stands there.
  @Test(.enabled(if: canExport, "no Python with torch, onnx and onnxscript: set IGBM_PYTHON"))
  func theArticlesScriptTrains() throws {
    try inFolder { folder in
      let article = try String(
        contentsOf: Self.root.appendingPathComponent("Sources/IGBM/IGBM.docc/FromPyTorch.md"),
        encoding: .utf8)
      let script = try #require(article.firstMatch(of: /```python\n((?:.|\n)*?)```/)).output.1
      try Data(script.utf8).write(to: folder.appendingPathComponent("script.py"))
      let end = Self.run(["script.py"], in: folder)
      #expect(end.code == 0, "\(end.errors.suffix(2000))")
      let problem = folder.appendingPathComponent("problem").path
      let run = try ProblemRun<OnnxProblem>(
        RunRequest([
          ("folder", problem), ("steps", "2"), ("lower-steps", "5"), ("lower-rate", "0.05"),
        ]))
      let outcome = try run.train(SoloCommunicator()) { summary, _ in
        #expect(summary.upperLoss.isFinite)
      }
      #expect(outcome.files.map(\.name) == ["upper.safetensors", "lower.safetensors"])
    }
  }

  /// Tied and frozen parameters, buffers, bytes and truth values: exported, trained, and loaded by `load_state_dict`.
  @Test(.enabled(if: canExport, "no Python with torch, onnx and onnxscript: set IGBM_PYTHON"))
  func resultsAreLoadedBack() throws {
    let script = Self.root.appendingPathComponent("Tests/OnnxProblemsTests/Fixtures/odd.py").path
    try inFolder { folder in
      let exported = Self.run([script, "export", folder.path], in: folder)
      try #require(exported.code == 0, "\(exported.errors.suffix(2000))")
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
        let problem = folder.appendingPathComponent(name)
        let run = try ProblemRun<OnnxProblem>(
          RunRequest([
            ("folder", problem.path), ("steps", "2"), ("lower-steps", "5"), ("lower-rate", "0.1"),
          ]))
        let outcome = try run.train(SoloCommunicator()) { _, _ in }
        let results = problem.appendingPathComponent("results")
        try FileManager.default.createDirectory(at: results, withIntermediateDirectories: true)
        for file in outcome.files {
          try Data(file.content.encoded()).write(to: results.appendingPathComponent(file.name))
        }
      }
      let loaded = Self.run([script, "load", folder.path], in: folder)
      #expect(loaded.code == 0, "\(loaded.errors.suffix(2000))")
    }
  }

  /// Networks that `IGBM_LARGE` names (`all` is all), with the precision and how near they come.
  private static let large: [(name: String, precision: Precision, bound: Double)] = {
    let asked = ProcessInfo.processInfo.environment["IGBM_LARGE"] ?? ""
    return [
      ("resnet32", .double, 1e-8), ("resnet32", .single, 1e-4), ("transformer", .double, 1e-8),
      ("transformer", .single, 1e-4),
    ].filter { canExport && ["all", $0.0].contains(asked) }
  }()

  /// Networks of a usual size against PyTorch's in double precision; some minutes. In single precision the deep one is as near with
  /// direct convolutions alone: transformed ones are 0.003 to 0.009 away, and PyTorch itself 0.0011 to 0.0024.
  @Test(
    .enabled(if: !large.isEmpty, "needs IGBM_LARGE, and a Python with torch: IGBM_PYTHON"),
    arguments: large)
  func slow_largeNetworksAreThoseOfPyTorch(
    _ name: String, _ precision: Precision, _ bound: Double
  ) throws {
    let script = Self.root.appendingPathComponent("Tests/OnnxProblemsTests/Fixtures/large.py").path
    try inFolder { folder in
      let exported = Self.run([script, name, folder.path], in: folder)
      try #require(exported.code == 0, "\(exported.errors.suffix(2000))")
      let problem = try OnnxProblem(folder.path)
      let expected = try TensorFile.read(folder.appendingPathComponent("expected.safetensors").path)
      for method in [ImplicitMethod.linearSystem, .neumannSeries] {
        for k in method == .linearSystem ? [1, 3] : [5] {
          let implicit = try Implicit(
            upperObjective: { try problem.upperObjective($0) }, upperModel: problem.upperModel,
            lowerObjective: { try problem.lowerObjective($0) }, lowerModel: problem.lowerModel,
            lowerLearningRate: 0.01, k: k, method: method, precision: precision,
            convolutions: .direct)
          let task = try problem.task(0, step: 0)
          problem.upperModel.clearGradients()
          _ = try implicit.computeGradients(
            validate: task.validate,
            auxiliaryModel: AuxiliaryModel(values: problem.lowerModel.values), train: task.train)
          let key = "\(method.rawValue)/\(k)/"
          let own = problem.upperResults(problem.upperModel.gradients).arrays
          func values(_ prefix: String) -> [Double] {
            expected.tensors.filter { $0.name.hasPrefix(prefix) }.flatMap(\.values)
          }
          let found = expected.tensors.filter { $0.name.hasPrefix(key) }.flatMap { tensor in
            own.first { key + $0.name == tensor.name }?.values ?? []
          }
          let error = relativeDistance(found, values(key))
          #expect(!found.isEmpty && error < bound, "\(name), \(precision), \(key): \(error)")
        }
      }
    }
  }

  @Test(.enabled(if: canExport, "no Python with torch, onnx and onnxscript: set IGBM_PYTHON"))
  func dropoutIsKept() throws {
    try inFolder { folder in
      let script = """
        import torch
        from igbm_export import export
        torch.manual_seed(1)
        net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 1))
        f = lambda s: (s.lower_model(s.data) ** 2).mean() + s.upper_model.values.sum()
        x = torch.randn(4, 2)
        export("problem", f, torch.zeros(1), f, net, train=(x, None), validate=(x, None))
        """
      let exported = Self.run(["-c", script], in: folder)
      try #require(exported.code == 0, "\(exported.errors.suffix(2000))")
      let problem = try OnnxProblem(folder.appendingPathComponent("problem").path)
      let task = try problem.task(0, step: 0)
      let levels = try Levels(
        upperObjective: { try problem.upperObjective($0) }, upperModel: problem.upperModel,
        lowerObjective: { try problem.lowerObjective($0) }, lowerModel: problem.lowerModel,
        precision: .double, kernels: nil)
      func adapted(_ step: Int) throws -> [Double] {
        let data = TaskData(
          train: task.train, validate: task.validate, draws: MaskSource(seed: 1, step: step))
        let lower = try LowerTask(
          levels, data, try GradientDescent(learningRate: 0.1, steps: 3),
          from: problem.lowerModel.values)
        try lower.adapt()
        return lower.point
      }
      // Of the upper step's masks, and no others.
      #expect(try adapted(1) == adapted(1) && adapted(1) != adapted(2))
    }
  }

  @Test(.enabled(if: canExport, "no Python with torch, onnx and onnxscript: set IGBM_PYTHON"))
  func otherDropoutInTrainingModeIsRefusedByName() throws {
    try inFolder { folder in
      let script = """
        import torch
        from igbm_export import export
        net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.AlphaDropout(0.5))
        f = lambda s: s.lower_model(s.data).sum()
        x = torch.randn(4, 2)
        export("problem", f, torch.zeros(1), f, net, train=(x, None), validate=(x, None))
        """
      let end = Self.run(["-c", script], in: folder)
      #expect(
        end.code != 0
          && end.errors.contains("lower_model.1: dropout of AlphaDropout in training mode"))
    }
  }
}
