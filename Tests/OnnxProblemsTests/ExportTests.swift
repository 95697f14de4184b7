import Foundation
import MessagePassing
import Problems
import Testing
import Training

@testable import OnnxProblems

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

  @Test(.enabled(if: canExport, "no Python with torch, onnx and onnxscript: set IGBM_PYTHON"))
  func dropoutInTrainingModeIsRefusedByName() throws {
    try inFolder { folder in
      let script = """
        import torch
        from igbm_export import export
        net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout(0.5))
        f = lambda s: s.lower_model(s.data).sum()
        x = torch.randn(4, 2)
        export("problem", f, torch.zeros(1), f, net, train=(x, None), validate=(x, None))
        """
      let end = Self.run(["-c", script], in: folder)
      #expect(
        end.code != 0 && end.errors.contains("lower_model.1: dropout of Dropout in training mode"))
    }
  }
}
