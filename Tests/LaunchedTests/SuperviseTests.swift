import Foundation
import TestSupport
import Testing

extension LaunchedTests {
  /// `Launch/supervise`, with small shell programs in the place of a training.
  @Suite struct SuperviseTests {
    private func supervise(_ arguments: [String]) throws -> RunningProgram {
      try Launcher.command(Launcher.root.appendingPathComponent("Launch/supervise").path, arguments)
    }

    /// A hard limit: a script that hangs fails here, instead of stopping the tests.
    private func end(_ program: RunningProgram) -> RunningProgram.End {
      let end = program.wait(seconds: 20)
      #expect(!end.timedOut, "\(end.errors)")
      return end
    }

    /// The end of a command that says "run", and ends with these exit codes in turn, then with 0.
    private func end(
      ofRunsEndingWith codes: [Int], options: [String] = ["--delay", "0.01"]
    ) throws -> (end: RunningProgram.End, runs: Int) {
      let counter = FileManager.default.temporaryDirectory
        .appendingPathComponent("supervise-\(UUID().uuidString)").path
      defer { try? FileManager.default.removeItem(atPath: counter) }
      let command = #"echo run; echo >> "$0"; n=$(wc -l < "$0"); shift $((n - 1)); exit "${1:-0}""#
      let end = end(
        try supervise(
          options + ["--", "sh", "-c", command, counter] + codes.map { "\($0)" } + ["0"])
      )
      return (end, end.sortedLines.count)
    }

    private func occurrences(of text: String, in end: RunningProgram.End) -> Int {
      end.errors.components(separatedBy: text).count - 1
    }

    /// mpirun's own code, an unreachable rank, a failed write, a pre-emption, and killed ranks.
    @Test func restartsUntilItIsDone() throws {
      let codes = [1, 69, 74, 75, 137, 139]
      let (end, runs) = try end(ofRunsEndingWith: codes, options: ["--delay", "0.002"])
      #expect(end.exitCode == 0 && runs == 7, "\(end.errors)")
      // How many seconds a run took is the machine's affair.
      let lines = end.errors.split(separator: "\n").map { line in
        String(line)
          .replacing(#/after \d+ s/#, with: "after N s")
          .replacing(#/ in [\d.]+ s$/#, with: "")
      }
      let restarts = codes.enumerated().map { index, code in
        "supervise: exit code \(code) after N s; restart \(index + 1) of 10"
      }
      #expect(lines == restarts + ["supervise: exit code 0 after N s; no restart"])
    }

    @Test func delaysDouble() throws {
      let start = Date()
      let (end, _) = try end(ofRunsEndingWith: [1, 1, 1], options: ["--delay", "0.1"])
      for delay in ["restart 1 of 10 in 0.100 s", "2 of 10 in 0.200 s", "3 of 10 in 0.400 s"] {
        #expect(end.errors.contains(delay), "\(end.errors)")
      }
      #expect(Date().timeIntervalSince(start) >= 0.7)
    }

    @Test(arguments: [0, 1, 3]) func restartsAreLimited(_ limit: Int) throws {
      let (end, runs) = try end(
        ofRunsEndingWith: [9, 9, 9, 9, 9], options: ["--limit", "\(limit)", "--delay", "0"])
      #expect(end.exitCode == 9 && runs == limit + 1, "\(end.errors)")
      #expect(end.errors.contains("no restart after \(limit) in a row"))
    }

    /// Every run counts as long here.
    @Test func aLongRunStartsTheCountAnew() throws {
      let (end, runs) = try end(
        ofRunsEndingWith: [1, 1, 1], options: ["--limit", "1", "--delay", "0.01", "--healthy", "0"])
      #expect(end.exitCode == 0 && runs == 4, "\(end.errors)")
      #expect(occurrences(of: "restart 1 of 1 in 0.010 s", in: end) == 3, "\(end.errors)")
    }

    @Test(arguments: [0, 64, 65, 66, 70, 78, 126, 127, 130])
    func someCodesEndIt(_ code: Int) throws {
      let (end, runs) = try end(ofRunsEndingWith: [code, 0])
      #expect(end.exitCode == Int32(code) && runs == 1, "\(end.errors)")
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGUSR1])
    func signalsLetTheCommandStoreItsState(_ signal: Int32) throws {
      let command = "trap 'echo stored; exit 75' USR1; echo started; while :; do sleep 0.02; done"
      let program = try supervise(["--delay", "0", "--", "sh", "-c", command])
      #expect(program.waitForOutput("started", seconds: 10))
      program.send(signal)
      let end = end(program)
      #expect(end.exitCode == 75 && end.output == "started\nstored\n", "\(end.errors)")
      #expect(end.errors.contains("SIGUSR1 to the command"))
      #expect(!end.errors.contains("restart"))
    }

    /// A command that does not heed SIGUSR1, or that takes too long after it.
    @Test(arguments: ["0", "60"]) func thenTheCommandIsTerminated(_ grace: String) throws {
      let command = """
        trap 'echo heard' USR1; trap 'echo terminated; exit 3' TERM; echo started
        while :; do sleep 0.02; done
        """
      let program = try supervise(["--grace", grace, "--", "sh", "-c", command])
      #expect(program.waitForOutput("started", seconds: 10))
      program.send(SIGTERM)
      if grace != "0" {
        // A second signal cuts the grace short.
        #expect(program.waitForOutput("heard", seconds: 10))
        program.send(SIGTERM)
      }
      let end = end(program)
      #expect(end.exitCode == 3 && end.output.hasSuffix("terminated\n"), "\(end.errors)")
      #expect(end.errors.contains("has not ended: SIGTERM"))
    }

    @Test func aSignalEndsTheWaitForARestart() throws {
      let script = Launcher.root.appendingPathComponent("Launch/supervise").path
      let line = #"exec "$0" --delay 60 sh -c "exit 5" 2>&1"#
      let program = try Launcher.command("sh", ["-c", line, script])
      #expect(program.waitForOutput("restart 1 of 10 in 60.000 s", seconds: 10))
      program.send(SIGTERM)
      let end = end(program)
      #expect(end.exitCode == 5 && end.output.hasSuffix("told to stop; no restart\n"))
    }

    static let mistakes: [([String], String)] = [
      ([], "no command"), (["--"], "no command"), (["--limit"], "--limit : not a whole number"),
      (["--limit", "-1", "true"], "--limit -1: not a whole number"),
      (["--delay", "soon", "true"], "--delay soon: not seconds"),
      (["--grace", "1.5", "true"], "--grace 1.5: not a whole number"),
      (["--healthy", "", "true"], "--healthy : not a whole number"),
      (["--patience", "true"], "--patience: unknown option"),
    ]

    @Test(arguments: mistakes)
    func mistakesAreRefused(_ arguments: [String], _ message: String) throws {
      let end = end(try supervise(arguments))
      #expect(end.exitCode == 64 && end.output.isEmpty)
      #expect(end.errors.contains(message) && end.errors.contains("usage: supervise"))
    }

    @Test func helpShowsTheOptions() throws {
      let end = end(try supervise(["--help"]))
      #expect(end.exitCode == 0 && end.errors.isEmpty)
      for option in ["--limit", "--delay", "--healthy", "--grace"] {
        #expect(end.output.contains("\n  \(option) "))
      }
    }
  }
}
