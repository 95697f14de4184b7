#if MPI
  import Foundation
  import TestSupport
  import Testing

  extension LaunchedTests {
    /// The problems of `example-problems`, with settings that take little time.
    @Suite(.enabled(if: requireMPI(), "mpirun is not on the PATH")) struct ExampleProblemsTests {
      /// A problem, settings with which it is small, and one that cannot be.
      struct Example: CustomTestStringConvertible, Sendable {
        let name: String
        let settings: [String]
        let mistake: String
        /// What the message about it has.
        let message: String
        var testDescription: String { name }
        var arguments: [String] { [name] + settings.flatMap { ["--set", $0] } }
      }

      static let examples = [
        Example(
          name: "cell",
          settings: ["channels=1", "nodes=1", "images=20", "final-steps=2", "random-cells=2"],
          mistake: "nodes=0", message: "must be from 1 to 10"),
        Example(
          name: "characters", settings: ["length=3", "hidden=2", "final-steps=2", "lower-steps=2"],
          mistake: "length=1", message: "must be from 2 to 1000"),
        Example(
          name: "denoising", settings: ["size=8", "filters=2", "test=2"],
          mistake: "noise=-1", message: "must be from 0.0 to 1.0"),
        Example(
          name: "physics",
          settings: ["hidden=3", "points=10", "measured=5", "final-steps=2", "lower-steps=3"],
          mistake: "diffusivity=0", message: "must be from 0.001 to 10.0"),
        Example(
          name: "poisoning", settings: ["images=20", "poisons=3", "validation=20"],
          mistake: "poisons=301", message: "must be from 1 to 300"),
      ]

      /// A short text of few characters, as a file: the text that comes along has many.
      private func withText(_ body: (_ folder: String, _ text: [String]) throws -> Void) throws {
        try withFolder { folder in
          let file = "\(folder)/text"
          let words = (0..<100).map {
            ["the cat ", "a dog ", "sat on ", "the mat "][$0 * $0 % 7 % 4]
          }
          try words.joined().write(toFile: file, atomically: true, encoding: .utf8)
          try body(folder, ["--set", "text=\(file)"])
        }
      }

      private func run(_ end: RunningProgram.End) throws -> String {
        try #require(end.exitCode == 0, "\(end.output)\(end.errors)")
        return String(
          try #require(end.output.split(separator: "\n").last { $0.hasPrefix("sha256") }))
      }

      @Test(arguments: examples) func itHasTheSameBitsOnTwoRanks(_ example: Example) throws {
        try withText { folder, text in
          func arguments(_ run: String) -> [String] {
            ["train"] + example.arguments + (example.name == "characters" ? text : [])
              + ["--steps", "2", "--set", "tasks=3", "--output", "\(folder)/\(run)"]
          }
          let alone = try Launcher.alone("example-problems", arguments("1"))
          let two = try Launcher.mpirun(2, "example-problems", arguments("2"))
          #expect(try run(two.wait(seconds: 60)) == run(alone.wait(seconds: 60)))
        }
      }

      /// All at once: none has ranks.
      @Test func theirDerivativesAreThoseOfDifferences() throws {
        try withText { _, text in
          let programs = try Self.examples.map { example in
            try Launcher.alone(
              "example-problems",
              ["verify"] + example.arguments + (example.name == "characters" ? text : []))
          }
          for (example, program) in zip(Self.examples, programs) {
            let end = program.wait(seconds: 60)
            #expect(end.exitCode == 0, "\(example.name): \(end.output)\(end.errors)")
            #expect(
              end.output.contains(/ok +hypergradient against re-adaptation +\d/), "\(end.output)")
          }
        }
      }

      @Test(arguments: examples) func aSettingThatCannotBeIsOneLine(_ example: Example) throws {
        let end = try Launcher.alone(
          "example-problems", ["train", example.name, "--set", example.mistake]
        ).wait(seconds: 60)
        let lines = end.errors.split(separator: "\n")
        #expect(end.exitCode == 78 && lines.count == 1, "\(end.errors)")
        #expect(lines.first?.contains(example.message) == true, "\(end.errors)")
      }

      @Test func aTextThatIsNotThereIsNamed() throws {
        let end = try Launcher.alone(
          "example-problems", ["train", "characters", "--set", "text=/none/text"]
        ).wait(seconds: 60)
        #expect(end.exitCode == 66 && end.errors.contains("/none/text"), "\(end.errors)")
      }
    }
  }
#endif
