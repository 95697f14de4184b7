import PlainText
import Testing

@Suite struct PlainTextTests {
  @Test func whatIsNotSeenIsShownByItsCode() {
    #expect(
      "a\u{1B}[2J\n\t\u{202E}\u{7F}\u{9B}b".escaped == #"a\u{1b}[2J\u{a}\u{9}\u{202e}\u{7f}\u{9b}b"#
    )
    for plain in ["", "runs/x y", "Größe ½ 数", "\\u{1b}"] { #expect(plain.escaped == plain) }
  }

  @Test func longTextsAreCut() {
    let text = String(repeating: "x", count: 80)
    #expect(text.asShown == text)
    #expect((text + "x").asShown == text + "...")
    let escapes = String(repeating: "\n", count: 1_000_000).asShown
    #expect(
      escapes.hasPrefix("\\u{a}\\u{a}") && escapes.hasSuffix("\\u{a}...") && escapes.count < 84)
  }

  @Test func pathsAreSeen() {
    #expect("".shownAsPath == "\"\"" && "runs/x".shownAsPath == "runs/x")
    #expect(String(repeating: "x", count: 100_000).shownAsPath.count == 503)
  }

  @Test func linesHaveAnEnd() {
    #expect("a\nb\rc".onOneLine == "a b\\u{d}c")
    let long = ("begin" + String(repeating: "x", count: 1_000_000) + "end").onOneLine
    #expect(long.count < 8000 && long.hasPrefix("beginx") && long.hasSuffix("xend"))
  }
}
