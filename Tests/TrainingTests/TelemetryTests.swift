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
        step 1/4  upper loss 1.00000  5.0 tasks/s  3.0 s left
        step 4/4  upper loss 0.25000  5.0 tasks/s  0.0 s left

        """)
    #expect(output(isTerminal: false, seconds: 100).split(separator: "\n").count == 4)
    #expect(output(isTerminal: false, seconds: 100).contains("5 min 00 s left"))
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
