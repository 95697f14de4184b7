import Foundation
import TestSupport
import Testing

extension LaunchedTests {
  /// `predict` as people start it.
  @Suite struct PredictTests {
    private func start(_ arguments: [String]) throws -> RunningProgram.End {
      try Launcher.alone("igbm-dist", arguments).wait(seconds: 60)
    }

    @Test func aRunPredictsAndItsModelGoesToOthers() throws {
      try withFolder { folder in
        let table = "\(folder)/table.csv"
        let rows = (0..<40).map { "\($0 % 20),\(["low", "high"][$0 % 20 / 10])\n" }.joined()
        try ("size,class\n" + rows).write(toFile: table, atomically: true, encoding: .utf8)
        let run = "\(folder)/run"
        let trained = try start(
          ["train", "regularisation", "--steps", "3", "--set", "data=\(table)", "--output", run])
        #expect(trained.exitCode == 0, "\(trained.errors)")
        let end = try start(["predict", run, table])
        #expect(end.exitCode == 0, "\(end.errors)")
        let lines = end.output.split(separator: "\n")
        #expect(lines.count == 41 && lines[0] == "row,prediction,P(high),P(low)")
        #expect(lines[1].hasPrefix("0,low,") && lines[20].hasPrefix("19,high,"))
        let file = try start(["predict", run, table, "--output", "\(folder)/p.csv"])
        #expect(file.output == "\(folder)/p.csv: 40 predictions\n")
        #expect(try String(contentsOfFile: "\(folder)/p.csv", encoding: .utf8) == end.output)
        let converted = try start(
          ["convert", "\(run)/lower.safetensors", "\(folder)/lower.npz"])
        #expect(converted.exitCode == 0 && converted.output.contains("4 tensors"))
        let inspected = try start(["inspect", "\(folder)/lower.npz"])
        #expect(
          inspected.output.contains("lower/dense.weight")
            && inspected.output.contains("class/0: high"))
        // Another run's model, and another file than trained it.
        try (rows + "7,low\n").write(toFile: table, atomically: true, encoding: .utf8)
        #expect(try start(["predict", run, table]).exitCode == 78)
      }
    }

    @Test func whatCannotBePredictedIsSaid() throws {
      try withFolder { folder in
        let missing = try start(["predict", "\(folder)/none", "x.csv"])
        #expect(missing.exitCode == 66, "\(missing.errors)")
        let run = "\(folder)/run"
        let trained = try start(
          ["train", "quadratic", "--steps", "1", "--tasks", "1", "--output", run])
        #expect(trained.exitCode == 0, "\(trained.errors)")
        let end = try start(["predict", run, "x.csv"])
        #expect(
          end.exitCode == 66 && end.errors.contains("no lower model in common"), "\(end.errors)")
      }
    }
  }
}
