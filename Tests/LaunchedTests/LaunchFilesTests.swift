import Foundation
import TestSupport
import Testing

/// The files of `Launch`, as far as they can be checked without the systems that they are for.
extension LaunchedTests {
  @Suite struct LaunchFilesTests {
    /// The path of each file of `Launch`, from the package's root.
    static var files: [String] {
      get throws {
        let folder = Launcher.root.appendingPathComponent("Launch")
        return try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
          .filter { !folder.appendingPathComponent($0).hasDirectoryPath }
          .filter { !$0.contains("__pycache__") }
          .map { "Launch/\($0)" }
      }
    }

    private func text(_ path: String) throws -> String {
      try String(contentsOf: Launcher.root.appendingPathComponent(path), encoding: .utf8)
    }

    private func absolute(_ path: String) -> String {
      Launcher.root.appendingPathComponent(path).path
    }

    private var scripts: [String] {
      get throws {
        try Self.files.filter { path in
          try text(path).split(separator: "\n").first?.hasSuffix("bash") == true
        }
      }
    }

    @Test func scriptsHaveNoSyntaxErrors() throws {
      let scripts = try scripts
      #expect(scripts.count >= 7, "\(scripts)")
      for script in scripts {
        let end = try Launcher.command("bash", ["-n", absolute(script)]).wait(seconds: 10)
        #expect(end.exitCode == 0 && end.errors.isEmpty, "\(script): \(end.errors)")
      }
    }

    @Test(.enabled(if: isOnPath("shellcheck"), "shellcheck is not on the PATH"))
    func scriptsPassShellcheck() throws {
      let paths = try scripts.map(absolute)
      let arguments = ["--source-path", Launcher.root.path] + paths
      let end = try Launcher.command("shellcheck", arguments).wait(seconds: 60)
      #expect(end.exitCode == 0, "\(end.output)\(end.errors)")
    }

    /// Slurm reads no option behind the first command.
    @Test func slurmOptionsComeBeforeCommands() throws {
      for path in try Self.files where path.hasSuffix(".sbatch") {
        let lines = try text(path).split(separator: "\n")
        let command = try #require(lines.firstIndex { !$0.hasPrefix("#") })
        let options = lines.indices.filter { lines[$0].hasPrefix("#SBATCH --") }
        #expect(!options.isEmpty && options.allSatisfy { $0 < command }, "\(path)")
      }
    }

    /// Every option that a file gives to `igbm-dist train`.
    @Test func optionsExist() throws {
      let help = try Launcher.alone("igbm-dist", ["train", "--help"]).wait(seconds: 30)
      #expect(help.exitCode == 0)
      let known = Set(options(in: help.output))
      #expect(known.isSuperset(of: ["--seed", "--resume", "--checkpoint-every"]))
      var uses = 0
      for path in try Self.files {
        for command in commands(in: try text(path)) {
          uses += 1
          let unknown = options(in: command).filter { !known.contains($0) }
          #expect(unknown.isEmpty, "\(path): \(command)")
        }
      }
      #expect(uses >= 10)
    }

    /// What follows each `igbm-dist train`, written for a shell or as a list of YAML, to its end.
    private func commands(in text: String) -> [String] {
      let oneLine = text.replacing("\\\n", with: " ").replacing(/,\s*/, with: " ")
      return oneLine.split(separator: "\n").flatMap { line in
        line.components(separatedBy: "igbm-dist train").dropFirst()
      }
    }

    private func options(in text: String) -> [String] {
      text.matches(of: /(?:^|[\s\[])(--[a-z-]+)/).map { String($0.output.1) }
    }

    /// Every file of `Launch` that the README, an article or another file of `Launch` names.
    @Test func namedFilesExist() throws {
      var named = Set<String>()
      let articles = "Sources/IGBM/IGBM.docc"
      let names = try FileManager.default.contentsOfDirectory(atPath: absolute(articles))
      let documents = names.filter { $0.hasSuffix(".md") }.map { "\(articles)/\($0)" }
      for path in try Self.files + ["README.md"] + documents {
        for match in try text(path).matches(of: /Launch\/[A-Za-z0-9._\/-]*[A-Za-z0-9]/) {
          named.insert(String(match.output))
        }
      }
      #expect(named.count >= 10)
      for path in named.sorted() {
        #expect(FileManager.default.fileExists(atPath: absolute(path)), "\(path)")
      }
    }
  }
}
