import Problems
import Testing
import Training

@Suite struct TelemetryTests {
  @Test func tablesAreAligned() {
    let table = ResultTable(
      "Accuracy", columns: ["", "accuracy", "n"],
      rows: [["noisy", "0.85", "5"], ["all right", "0.9", "12"]])
    #expect(
      table.text == """
        Accuracy
                     accuracy   n
          noisy          0.85   5
          all right       0.9  12
        """)
  }

  /// Long tables are stored; people see how they begin.
  @Test func longTablesShowTheirFirstRows() {
    let rows = (0..<12).map { ["\($0)", "a \"b\", c"] }
    let table = ResultTable("Suspects", columns: ["index", "label"], rows: rows, file: "s.csv")
    let lines = table.text.split(separator: "\n")
    #expect(lines.count == 13 && lines.last == "  2 more in s.csv")
    #expect(table.csv.hasPrefix("index,label\n0,\"a \"\"b\"\", c\"\n"))
    #expect(table.csv.split(separator: "\n").count == 13)
  }

  /// Columns without headings are under none.
  @Test func headingsThatAreEmptyTakeNoLine() {
    #expect(ResultTable("A", columns: ["", ""], rows: [["b", "1"]]).text == "A\n  b  1")
  }

  private func output(isTerminal: Bool, seconds: Double) -> String {
    var time = 0.0
    var text = ""
    var progress = ProgressLine(
      steps: 4, tasksPerStep: 5, isTerminal: isTerminal, now: { time }, write: { text += $0 })
    for done in 1...4 {
      time += seconds
      progress.report(done: done, upperLoss: 1 / Double(done))
    }
    return text
  }

  @Test func plainLinesAreFew() {
    #expect(
      output(isTerminal: false, seconds: 1) == """
        step 1/4  upper loss 1.00000  5.0 tasks/s
        step 4/4  upper loss 0.25000  5.0 tasks/s  0.0 s left

        """)
    #expect(output(isTerminal: false, seconds: 100).split(separator: "\n").count == 4)
    #expect(output(isTerminal: false, seconds: 100).contains("3 min 20 s left"))
  }

  @Test func aTerminalsLineIsDrawnAgain() {
    let text = output(isTerminal: true, seconds: 1)
    #expect(text.hasPrefix("\r\u{1B}[K[=====               ] step 1/4"))
    #expect(
      text.hasSuffix(
        "[====================] step 4/4  upper loss 0.25000  5.0 tasks/s  0.0 s left\n"))
    #expect(text.split(separator: "\r").count == 4)
  }
}
