import Foundation
import TestSupport
import Testing

extension LaunchedTests {
  /// Standard streams and arguments as shells, schedulers and containers hand them over.
  @Suite struct StreamTests {
    private static let train = "train sinusoid --steps 5 --tasks 2 --set evaluation-tasks=2"

    /// An empty folder to work in, gone in the end.
    private func inFolder(_ body: (String) throws -> Void) throws {
      let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent(UUID().uuidString).path
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try body(folder)
    }

    private func shell(_ line: String, in folder: String) throws -> RunningProgram.End {
      try Launcher.shell("cd \(folder) && \(line)", "igbm-dist").wait(seconds: 60)
    }

    /// A closed stream's number goes to no file of the run.
    @Test(arguments: [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
    func closedStreamsHarmNoFile(_ closed: String) throws {
      try inFolder { folder in
        let end = try shell(
          "\"$0\" \(Self.train) --verbose --output run \(closed) && \"$0\" report run \(closed)",
          in: folder)
        #expect(end.exitCode == 0, "\(end.errors)")
        let metrics = try String(contentsOfFile: "\(folder)/run/metrics.jsonl", encoding: .utf8)
        let lines = metrics.split(separator: "\n")
        #expect(lines.count == 5 && lines.allSatisfy { $0.hasPrefix("{\"step\":") })
        let more = try shell(
          "\"$0\" \(Self.train) --steps 7 --resume auto --output run \(closed)", in: folder)
        #expect(more.exitCode == 0)
      }
    }

    /// Whatever a command says on a full standard output is lost, and that is no success.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func aFullStandardOutputIsAnError() throws {
      try inFolder { folder in
        #expect(try shell("\"$0\" \(Self.train) --output run", in: folder).exitCode == 0)
        for command in [
          "\(Self.train) --output other", "plan sinusoid", "evaluate run --tasks 2", "report run",
          "inspect run/state.safetensors", "bench --only sinusoid --repeat 1", "environment",
          "verify sinusoid", "convert run/state.safetensors x.npz", "train --list", "--help",
          "--version", "--generate-completion-script bash",
        ] {
          let end = try shell("\"$0\" \(command) > /dev/full", in: folder)
          #expect(end.exitCode == 74, "\(command): \(end.errors)")
          let message = "error: standard output cannot be written: No space left on device"
          #expect(end.errors.contains(message), "\(command): \(end.errors)")
        }
        // What was trained is stored all the same.
        #expect(try shell("\"$0\" inspect other/state.safetensors", in: folder).exitCode == 0)
      }
    }

    /// A reader that has seen enough ends no run, neither before the first step nor after.
    @Test func aReaderThatIsGoneEndsNothing() throws {
      try inFolder { folder in
        for reader in ["true", "head -c 5"] {
          let end = try shell(
            "(sleep 0.2; \"$0\" \(Self.train) --output run; echo \"code $?\" >&2) | \(reader)",
            in: folder)
          #expect(end.errors.hasSuffix("code 0\n"), "\(reader): \(end.errors)")
        }
      }
    }

    /// Files that may not grow are an error of writing in every command.
    @Test func aFileSizeLimitIsAnErrorOfWriting() throws {
      try inFolder { folder in
        #expect(try shell("\"$0\" \(Self.train) --output run", in: folder).exitCode == 0)
        for command in [
          "convert run/state.safetensors x.npz", "report run", "\(Self.train) --output other",
        ] {
          let end = try shell("(ulimit -f 16; \"$0\" \(command))", in: folder)
          #expect(end.exitCode == 74, "\(command): \(end.exitCode) \(end.errors)")
          #expect(end.errors.contains("File too large"), "\(command): \(end.errors)")
        }
      }
    }

    /// Two folders whose names are no text must not become one.
    @Test func argumentsThatAreNoTextAreRefused() throws {
      try inFolder { folder in
        for line in [
          #""$0" train --output $'run\xff'"#, #""$0" inspect $'\xc3'"#,
          #"IGBM_OUTPUT=$'run\xff' "$0" train"#,
        ] {
          let end = try shell(line, in: folder)
          #expect([64, 78].contains(end.exitCode), "\(line): \(end.errors)")
          #expect(end.errors.contains("is no UTF-8"), "\(line): \(end.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
      }
    }

    /// Containers may have no /proc: what was asked for is done all the same.
    @Test(.enabled(if: LaunchedTests.canMount)) func argumentsNeedNoProc() throws {
      try inFolder { folder in
        let end = try shell(
          "unshare -m bash -c 'mount -t tmpfs none /proc && exec \"$0\" \(Self.train) --output run' \"$0\"",
          in: folder)
        #expect(end.exitCode == 0, "\(end.errors)")
        #expect(end.output.contains("sinusoid, 5 steps of 2 tasks"), "\(end.output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["run"])
      }
    }

    /// What a file holds cannot write to the terminal behind its reader's back.
    @Test func escapesReachNoTerminal() throws {
      try inFolder { folder in
        let header =
          #"{"__metadata__":{"a\u001b[2Jb":"c\u001b]0;x\u0007\nd"},"t\u001b[31m\n":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        let count = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        let bytes = count + Array(header.utf8) + [0, 0, 0, 0]
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/x.safetensors"))
        try Data("upper/w: w\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/map.yaml"))
        for command in [
          "inspect x.safetensors", #"inspect $'no\e[31m\n.npz'"#,
          #"convert x.safetensors $'y\e[31m\n.npz'"#, "convert x.safetensors y.npz --map map.yaml",
          #"train --set $'k\e[31m=1'"#, #"train --set $'k=1\e[31m'"#, #"train $'x\e[31m'"#,
          #"train --output $'/dev/null/\e[31m'"#, #"evaluate $'\e[31m'"#,
          #"plan --initial $'\e[31m.npz'"#,
          #"plan sinusoid --output $'\e[31m'"#, #"train --$'\e[31m'"#, #"report $'\e[31m'"#,
          "\(Self.train) --output $'run\\e[31m'",
        ] {
          let end = try shell("\"$0\" \(command)", in: folder)
          #expect(
            !(end.output + end.errors).unicodeScalars.contains { $0.value < 32 && $0 != "\n" },
            "\(command): \(end.output.debugDescription) \(end.errors.debugDescription)")
        }
        let shown = try shell("\"$0\" inspect x.safetensors", in: folder).output
        #expect(shown.hasPrefix("a\\u{1b}[2Jb: c\\u{1b}]0;x\\u{7}\\u{a}d\n"), "\(shown)")
        #expect(shown.contains("t\\u{1b}[31m\\u{a}"), "\(shown)")
      }
    }
  }
}
