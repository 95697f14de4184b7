#if MPI
  import Foundation
  import TestSupport
  import Testing

  extension LaunchedTests {
    /// `evaluate` as people start it, alone and on ranks.
    @Suite struct EvaluateTests {
      private static let command = "igbm-dist"

      /// A folder with a short run of sine waves in it.
      private func run() throws -> String {
        let folder = FileManager.default.temporaryDirectory
          .appendingPathComponent(UUID().uuidString).path
        let end = try Launcher.alone(
          Self.command,
          ["train", "sinusoid", "--steps", "5", "--tasks", "3", "--output", folder]
        ).wait(seconds: 60)
        try #require(end.exitCode == 0, "\(end.errors)")
        return folder
      }

      /// What `--json` prints.
      private struct Record: Decodable {
        let problem: String
        let tasks: Int
        let scores: [String: [String: [String: Double]]]
      }

      @Test(.enabled(if: requireMPI()))
      func figuresAreTheSameToTheLastDigitOnAnyNumberOfRanks() throws {
        let folder = try run()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let arguments = ["evaluate", folder, "--tasks", "21", "--json"]
        let alone = try Launcher.alone(Self.command, arguments).wait(seconds: 60)
        #expect(alone.exitCode == 0, "\(alone.errors)")
        let record = try JSONDecoder().decode(Record.self, from: Data(alone.output.utf8))
        #expect(record.problem == "sinusoid" && record.tasks == 21)
        let error = try #require(record.scores["squared error"])
        #expect(error["after"]?["mean"] ?? 0 < error["before"]?["mean"] ?? 0)
        #expect(error["after"]?["half_width"] ?? 0 > 0)
        for ranks in [2, 3] {
          let end = try Launcher.mpirun(ranks, Self.command, arguments).wait(seconds: 60)
          #expect(end.exitCode == 0, "\(end.errors)")
          #expect(end.output.filter { $0 != "\r" } == alone.output, "\(ranks) ranks")
        }
        let changed = try Launcher.alone(
          Self.command, arguments + ["--set", "lower-steps=0"]
        ).wait(seconds: 60)
        #expect(changed.output != alone.output)
      }

      @Test(.enabled(if: requireMPI()))
      func mistakesAreOneErrorOnEveryRank() throws {
        let folder = try run()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let mistakes: [([String], String, Int32)] = [
          (["/nowhere"], "no such file", 66),
          ([folder, "--tasks", "0"], "--tasks must be from", 64),
          ([folder, "--set", "shot=3"], "did you mean shots?", 78),
          ([folder, "--set", "hidden=7"], "the model's is [1, 7]", 65),
        ]
        for (arguments, message, code) in mistakes {
          let end = try Launcher.mpirun(2, Self.command, ["evaluate"] + arguments).wait(seconds: 60)
          #expect(end.exitCode == code, "\(end.errors)")
          #expect(end.errors.contains(message), "\(end.errors)")
          let reports = end.errors.split(whereSeparator: \.isNewline)
            .filter { $0.lowercased().hasPrefix("error: ") }
          #expect(reports.count == 1, "\(end.errors)")
        }
      }
    }
  }
#endif
