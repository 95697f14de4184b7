import Foundation
import TestSupport
import Testing

extension LaunchedTests {
  /// `convert` and `train --initial` as people start them.
  @Suite struct ConvertTests {
    private func run(_ line: String, in folder: String) throws -> RunningProgram.End {
      let end = try Launcher.shell("cd \(folder) && exec \"$0\" \(line)", "igbm-dist")
        .wait(seconds: 60)
      try #require(end.exitCode == 0, "\(line): \(end.errors)")
      return end
    }

    private func digest(_ end: RunningProgram.End) throws -> String {
      String(try #require(end.output.split(separator: "\n").last { $0.hasPrefix("sha256") }))
    }

    /// A state goes to NumPy and comes back with the same bytes; parameters go to another library's names and layouts,
    /// come back, and are what a run starts from.
    @Test func aStateThereAndBack() throws {
      let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent(UUID().uuidString).path
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      let trained = try run("train sinusoid --steps 3 --tasks 2 --output run", in: folder)
      _ = try run("convert run/state.safetensors state.npz", in: folder)
      _ = try run("convert state.npz again.safetensors", in: folder)
      #expect(try bytes("again.safetensors") == bytes("run/state.safetensors"))
      #expect(try digest(run("inspect state.npz", in: folder)) == digest(trained))

      let map = (1...3).map {
        "upper/dense\($0).weight: fc\($0).weight transpose\nupper/dense\($0).bias: fc\($0).bias\n"
      }.joined()
      try Data(map.utf8).write(to: URL(fileURLWithPath: "\(folder)/map.yaml"))
      let exported = try run(
        "convert run/state.safetensors theirs.npz --map map.yaml --export", in: folder)
      #expect(
        exported.errors.contains("optimizer/first_moment is not in map.yaml and was left out"))
      #expect(try run("inspect theirs.npz", in: folder).output.contains("[40, 1]"))
      _ = try run("convert theirs.npz ours.safetensors --map map.yaml", in: folder)
      let begun = try run(
        "train sinusoid --steps 0 --tasks 2 --initial ours.safetensors --output begun", in: folder)
      #expect(try digest(begun) == digest(trained))
      // Recorded, so that it can be repeated.
      let again = try run("train begun/configuration.yaml --output repeated", in: folder)
      #expect(try digest(again) == digest(trained))
    }
  }
}
