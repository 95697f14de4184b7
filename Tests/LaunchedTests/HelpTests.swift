import Foundation
import TestSupport
import Testing

extension LaunchedTests {
  /// Whole texts of help, which `Help` holds: write them anew with `igbm-dist COMMAND --help`.
  @Suite struct HelpTests {
    @Test(arguments: [
      "igbm-dist", "train", "plan", "evaluate", "predict", "report", "inspect", "bench",
      "environment",
      "verify",
      "convert", "data",
    ])
    func helpIsAsItWasRead(_ command: String) throws {
      let file = Launcher.root.appendingPathComponent("Tests/LaunchedTests/Help/\(command).txt")
      let expected = try String(contentsOf: file, encoding: .utf8)
      let words = command == "igbm-dist" ? [] : [command]
      let end = try Launcher.alone(
        "igbm-dist", words + ["--help"], environment: ["COLUMNS": "80"]
      ).wait(seconds: 30)
      #expect(end.output == expected)
      #expect(end.errors.isEmpty && end.exitCode == 0)
    }

    /// Every command that the first help lists has a text of its own here.
    @Test func noCommandIsForgotten() throws {
      let folder = Launcher.root.appendingPathComponent("Tests/LaunchedTests/Help")
      let help = try String(
        contentsOf: folder.appendingPathComponent("igbm-dist.txt"), encoding: .utf8)
      let list = try #require(help.components(separatedBy: "SUBCOMMANDS:\n").last)
      let lines = list.split(separator: "\n").filter {
        $0.hasPrefix("  ") && !$0.hasPrefix("   ") && !$0.hasPrefix("  See")
      }
      let commands = lines.compactMap { $0.split(separator: " ").first.map(String.init) }
      let texts = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(Set(commands + ["igbm-dist"]) == Set(texts.map { String($0.dropLast(4)) }))
    }
  }
}
