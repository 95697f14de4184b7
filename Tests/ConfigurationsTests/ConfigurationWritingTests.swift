import Configurations
import Randomness
import Testing
import Training

/// What is written is read as the same.
@Suite struct ConfigurationWritingTests {
  private func again(_ values: [String]) throws -> [String] {
    let assignments = values.enumerated().map { SettingAssignment("key-\($0)", $1) }
    let text = ConfigurationFile.text(of: Configuration(assignments), comments: ["a\nb: c"])
    return try ConfigurationFile.assignments(in: Array(text.utf8), named: "again").map(\.value)
  }

  @Test func plainWordsStayPlain() {
    let values = ["sinusoid", "1e-10", "-0.5", "runs/a_b.c+d", "on"]
    let text = ConfigurationFile.text(
      of: Configuration(values.map { SettingAssignment("k", $0) }), comments: ["Note."])
    #expect(text == "# Note.\n" + values.map { "k: \($0)\n" }.joined())
  }

  @Test func oddValuesSurvive() throws {
    let values = [
      "", " ", "null", "~", "-", "---", "- x", "a: b", "a #b", "#", "'", "\"", "\\", "[", "{a}",
      "&a",
      "*a", "!a", "|", ">", "%a", "@a", "`a", "?", ":", ",", "a\nb", "\t", "\u{0}", "\u{7F}",
      "\u{85}",
      "\u{2028}", "a\u{FEFF}", "\u{FFFF}", "é", "e\u{301}", "👩‍👩‍👧", "日本",
      String(repeating: "x y ", count: 999),
    ]
    #expect(try again(values) == values)
  }

  @Test func randomValuesSurvive() throws {
    var stream = RandomStream(seed: 1, purpose: .evaluation)
    for _ in 0..<2000 {
      let scalars = (0..<stream.integer(below: 12)).compactMap { _ in
        let bits = [7, 8, 16, 21][stream.integer(below: 4)]
        return Unicode.Scalar(UInt32(stream.integer(below: 1 << bits)))
      }
      let value = String(String.UnicodeScalarView(scalars))
      #expect(try again([value]).map { Array($0.utf8) } == [Array(value.utf8)])
    }
  }
}
