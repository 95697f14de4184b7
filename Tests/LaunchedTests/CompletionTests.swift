import Foundation
import TestSupport
import Testing

extension LaunchedTests {
  /// What bash offers on TAB, asked as bash itself asks.
  @Suite(.enabled(if: isOnPath("bash"))) struct CompletionTests {
    private static let script = """
      program="$0"
      igbm-dist() { "$program" "$@"; }
      PATH="$(dirname "$program"):$PATH"
      source <("$program" --generate-completion-script bash)
      offer() {
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        COMPREPLY=()
        "$(complete -p igbm-dist | sed 's/.*-F \\([^ ]*\\).*/\\1/')" \
          igbm-dist "${@: -1}" "${@: -2:1}"
        echo "${COMPREPLY[*]}"
      }

      """

    private func offers(_ line: String, _ before: String = "") throws -> Set<String> {
      let end = try Launcher.shell(Self.script + before + "offer \(line)", "igbm-dist")
        .wait(seconds: 30)
      #expect(end.errors.isEmpty, "\(end.errors)")
      return Set(end.output.split(whereSeparator: \.isWhitespace).map(String.init))
    }

    @Test func commandsProblemsAndOptions() throws {
      #expect(try offers("igbm-dist tr") == ["train"])
      #expect(try offers("igbm-dist train sin") == ["sinusoid"])
      #expect(try offers("igbm-dist verify sin") == ["sinusoid"])
      #expect(try offers("igbm-dist plan \"\"").isSuperset(of: ["label-cleaning", "few-shot"]))
      #expect(try offers("igbm-dist train --che") == ["--checkpoint-every"])
      #expect(try offers("igbm-dist train --resume a") == ["auto"])
      #expect(try offers("igbm-dist bench --only sin") == ["sinusoid"])
    }

    @Test func keysOfSettings() throws {
      #expect(
        try offers("igbm-dist train sinusoid --set lower-r") == [
          "lower-rate=", "lower-rise=", "lower-rule=",
        ])
      #expect(try offers("igbm-dist train few-shot --set way") == ["ways="])
      #expect(try offers("igbm-dist plan --set way") == [])
    }

    @Test func files() throws {
      let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent(UUID().uuidString).path
      try FileManager.default.createDirectory(
        atPath: "\(folder)/folder", withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      for name in ["run.yaml", "folder/deep.yml", "state.npz", "other.txt"] {
        try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      let within = "cd \(folder)\n"
      #expect(
        try offers("igbm-dist train r", within) == [
          "run.yaml", "representation", "regularisation",
        ])
      #expect(try offers("igbm-dist train folder/", within) == ["folder/deep.yml"])
      let files = try offers("igbm-dist convert \"\"", within)
      #expect(files.contains("state.npz") && !files.contains("other.txt"), "\(files)")
    }
  }
}
