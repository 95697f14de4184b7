import Configurations
import Testing
import Training

@Suite struct ConfigurationFileTests {
  private func read(_ text: String) throws -> [SettingAssignment] {
    try ConfigurationFile.assignments(in: Array(text.utf8), named: "run.yaml")
  }

  private func pairs(_ text: String) throws -> [String] {
    try read(text).map { "\($0.key)=\($0.value)" }
  }

  @Test func linesAreSettings() throws {
    let text = """
      # A run.
      ---  # of sinusoid

      problem: sinusoid
      steps: 20   # few
      lower-rate: 1e-2

      output: "runs/with space # and sign"
      data: 'it''s'
      """
    let settings = try read(text)
    #expect(settings.map(\.key) == ["problem", "steps", "lower-rate", "output", "data"])
    #expect(
      settings.map(\.value) == ["sinusoid", "20", "1e-2", "runs/with space # and sign", "it's"])
    #expect(settings.compactMap(\.origin) == [4, 5, 6, 8, 9].map { "run.yaml, line \($0)" })
  }

  /// What YAML would take for truth values or numbers stays the text that `--set` would get.
  @Test func valuesAreText() throws {
    #expect(
      try pairs("a: on\nb: 0x10\nc: 1_000\nd: .inf\ne: 007\nf: true\ng: 12:30:45")
        == ["a=on", "b=0x10", "c=1_000", "d=.inf", "e=007", "f=true", "g=12:30:45"])
    #expect(try pairs("a: \"x\\ny\\u00e9\"") == ["a=x\nyé"])
    #expect(try pairs("a: \"\"\nb: 'null'") == ["a=", "b=null"])
    #expect(try pairs("a: x [y] {z} &w *v") == ["a=x [y] {z} &w *v"])
  }

  @Test func windowsLinesAndByteOrderMarksAreText() throws {
    #expect(try pairs("\u{FEFF}a: 1\r\nb: 2\r\n") == ["a=1", "b=2"])
  }

  @Test(arguments: ["", "\n\n", "# nothing", "---\n", "   # nothing"])
  func nothingIsNothing(_ text: String) throws {
    #expect(try read(text).isEmpty)
  }

  static let refused: [(String, Int?, String)] = [
    ("steps", 1, "\"steps\" is not KEY: VALUE"),
    ("steps = 3", 1, "\"steps = 3\" is not KEY: VALUE"),
    ("a: 1\nsteps:3", 2, "a space is missing after steps:"),
    ("a: 1\n b: 2", 2, "it is indented; all keys stand at the start of a line"),
    ("a:\n  b: 2", 1, "a has no value; give one, or remove the line"),
    ("a: # none", 1, "a has no value; give one, or remove the line"),
    ("a: ~", 1, "a has no value; give one, or remove the line"),
    ("a: null # none", 1, "a has no value; give one, or remove the line"),
    ("a: [1, 2]", 1, "a has a list or map, where one value is needed"),
    ("a: {b: 2}", 1, "a has a list or map, where one value is needed"),
    ("a: - 2", 1, "a has a list or map, where one value is needed"),
    ("- a: 2", 1, "\"- a: 2\" is not KEY: VALUE"),
    ("{a: 2}", 1, "\"{a: 2}\" is not KEY: VALUE"),
    ("? a", 1, "\"? a\" is not KEY: VALUE"),
    ("\"a\": 2", 1, "\"\"a\": 2\" is not KEY: VALUE"),
    ("a: &x 1", 1, "a has an anchor or alias; write the value itself, or quote it"),
    ("a: *x", 1, "a has an anchor or alias; write the value itself, or quote it"),
    ("a: !!int 3", 1, "a has a tag; write the value alone, or quote it"),
    ("a: |\n  x", 1, "a has a text over several lines, where one value is needed"),
    ("<<: 3", 1, "\"<<: 3\" is not KEY: VALUE"),
    ("%YAML 1.2", 1, "\"%YAML 1.2\" is not KEY: VALUE"),
    ("a: 1\n---\nb: 2", 2, "a second document starts; use one file for each run"),
    ("--- a: 1", 1, "something follows ---"),
    ("a: 1\nb: 2\n\na: 1", 4, "a comes again, first on line 1; remove one"),
    ("a: \"x\nb: y\"", 1, "the value of a does not end there; close its quotes"),
    ("a: 'x", 1, "it is not YAML: found unexpected end of stream"),
    ("a: 1\nb: 'x' y", 2, "it is not YAML: did not find expected key"),
    ("a: b: c", 1, "it is not YAML: mapping values are not allowed in this context"),
    ("a: @x", 1, "it is not YAML: found character that cannot start any token"),
    ("a: \"\\q\"", 1, "it is not YAML: found unknown escape character"),
    ("a: 1\nb: 2\u{0}", 2, "it has the control character U+0; remove it"),
    ("a: 1\rb: 2", 1, "it has the control character U+D; remove it"),
    ("a: x\u{2028}b: [[", 1, "it has the control character U+2028; remove it"),
    ("a: x\u{85}b: [[", 1, "it has the control character U+85; remove it"),
    // An accent makes another character of the bracket, but not for YAML.
    ("a: [\u{301}[[", 1, "a has a list or map, where one value is needed"),
  ]

  @Test(arguments: refused) func whatIsNoSettingIsRefused(
    _ text: String, _ line: Int?, _ message: String
  ) {
    let error = #expect(throws: ConfigurationError.self) { try read(text) }
    #expect(error?.line == line)
    #expect(error?.message == message)
    #expect(error?.exitCode == .configuration)
    #expect(error?.description.contains("\n") == false)
  }

  @Test func bytesThatAreNoTextAreRefused() {
    for bytes: [UInt8] in [[0xFF, 0xFE, 0x61, 0], [0x61, 0x3A, 0x20, 0xC0, 0x80], [0x1F, 0x8B]] {
      #expect(
        throws: ConfigurationError.self, "\(bytes)"
      ) { try ConfigurationFile.assignments(in: bytes, named: "x") }
    }
  }

  /// Small files that mean much: nested deeply, aliases of aliases, long lines, many keys.
  @Test func bombsAreRefusedAtOnce() {
    let deep = 1 << 19
    let texts = [
      String(repeating: "[", count: deep), "a: " + String(repeating: "{a: ", count: deep / 4),
      String(repeating: "- ", count: deep), String(repeating: "? ", count: deep),
      (0..<1000).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
      "a: 'x' " + String(repeating: "[", count: deep),
      "a: 'x': " + String(repeating: "- ", count: deep),
      "a: \"x\nb: y\" " + String(repeating: "[", count: deep),
      (0..<30).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined(),
      String(repeating: "a", count: deep) + ": 1", "a: \"" + String(repeating: "\\", count: deep),
      String(repeating: "x", count: ConfigurationFile.longest + 1),
    ]
    for text in texts {
      #expect(throws: ConfigurationError.self, "\(text.prefix(20))") { try read(text) }
    }
    #expect(throws: Never.self) { try read((0..<50_000).map { "a\($0): \($0)\n" }.joined()) }
  }

  @Test func filesThatAreNotThereOrTooLongAreRefused() {
    let missing = #expect(throws: StateError.self) { try ConfigurationFile.read("/nowhere/a.yaml") }
    #expect(missing?.exitCode == .noInput)
    #expect(missing?.description == "/nowhere/a.yaml: cannot be read: no such file; check the path")
    #expect(throws: StateError.self) { try ConfigurationFile.read("/") }
    #expect(throws: StateError.self) { try ConfigurationFile.read("/dev/zero") }
  }

  @Test(arguments: [
    ("a.yaml", true), ("a.YML", true), ("./a", true), ("sinusoid", false), ("yaml", false),
  ]) func wordsWithDotsOrSlashesAreFiles(_ word: String, _ isName: Bool) {
    #expect(ConfigurationFile.isName(word) == isName)
  }
}
