import Testing
import Training

/// Progress where a run goes on, ends early, or is shown in a narrow terminal.
@Suite struct ProgressLineTests {
  /// What is written over reports a second apart.
  private func output(
    _ reports: ClosedRange<Int>, of steps: Int, completed: Int = 0, isTerminal: Bool,
    columns: Int? = nil, loss: Double = 0.5
  ) -> String {
    var time = 100.0
    var text = ""
    var progress = ProgressLine(
      steps: steps, completed: completed, tasksPerStep: 8, isTerminal: isTerminal,
      columns: { columns }, now: { time }, write: { text += $0 })
    for done in reports {
      time += 1
      progress.report(done: done, upperLoss: loss)
    }
    progress.finish()
    return text
  }

  /// Steps of the run before took none of this one's time.
  @Test func continuedRunsCountTheirOwnSteps() {
    #expect(
      output(501...510, of: 1000, completed: 500, isTerminal: false) == """
        step  501/1000  upper loss 0.50000  8.0 tasks/s
        step  506/1000  upper loss 0.50000  8.0 tasks/s  8 min 14 s left

        """)
  }

  /// The first step makes plans, and tells nothing of the others.
  @Test func planningIsNotForetold() {
    var (time, text) = (0.0, "")
    var progress = ProgressLine(
      steps: 100, tasksPerStep: 8, isTerminal: false, now: { time }, write: { text += $0 })
    for done in 1...11 {
      time += done == 1 ? 40 : 1
      progress.report(done: done, upperLoss: 1)
    }
    #expect(
      text == """
        step   1/100  upper loss 1.00000  0.2 tasks/s
        step   6/100  upper loss 1.00000  8.0 tasks/s  1 min 34 s left
        step  11/100  upper loss 1.00000  8.0 tasks/s  1 min 29 s left

        """)
  }

  /// A window may be made narrower on the way.
  @Test func theWidthIsAskedAnew() {
    var (time, text, width) = (0.0, "", 200)
    var progress = ProgressLine(
      steps: 3, tasksPerStep: 8, isTerminal: true, columns: { width }, now: { time },
      write: { text += $0 })
    for done in 1...2 {
      time += 1
      progress.report(done: done, upperLoss: 1)
      width = 20
    }
    let lines = text.split(separator: "\r")
    #expect(lines[0].contains("[======") && lines[1] == "\u{1B}[Kstep 2/3  upper los")
  }

  @Test func linesFitIntoTheTerminal() {
    let line = "step 1/2  upper loss 0.50000  8.0 tasks/s"
    let bar = "[==========          ] "
    #expect(
      output(1...1, of: 2, isTerminal: true, columns: 65) == "\r\u{1B}[K\(bar)\(line)\n")
    #expect(output(1...1, of: 2, isTerminal: true, columns: 64) == "\r\u{1B}[K\(line)\n")
    #expect(output(1...1, of: 2, isTerminal: true, columns: 9) == "\r\u{1B}[Kstep 1/2\n")
    #expect(output(1...1, of: 2, isTerminal: true, columns: 1) == "\r\u{1B}[K\n")
  }

  @Test func aLineThatIsLeftEarlyIsEnded() {
    #expect(output(1...1, of: 2, isTerminal: true).hasSuffix("tasks/s\n"))
    #expect(output(1...2, of: 2, isTerminal: true).hasSuffix("0.0 s left\n"))
    #expect(!output(1...2, of: 2, isTerminal: true).hasSuffix("\n\n"))
    #expect(!output(1...1, of: 2, isTerminal: false).hasSuffix("\n\n"))
  }

  @Test(arguments: [
    (0.0, "0.00000"), (1e-7, "1.00000e-07"), (-2.5e9, "-2.50000e+09"), (.nan, "nan"),
    (.infinity, "inf"), (999_999.0, "999999.00000"),
  ])
  func lossesAreReadable(_ loss: Double, _ text: String) {
    let line = output(1...1, of: 1, isTerminal: false, loss: loss)
    // The sign of NaN is nobody's business.
    #expect(line.contains("upper loss \(text)  ") || line.contains("upper loss -\(text)  "))
  }

  /// Whoever counts wrongly sees odd numbers, not a dead run.
  @Test func oddCountsDoNotTrap() {
    #expect(output(12...12, of: 3, isTerminal: true).contains("[====================] step 12/3"))
    #expect(output(0...0, of: 0, isTerminal: true).contains("step 0/0"))
    #expect(output(-1...(-1), of: 3, isTerminal: true).contains("[                    ] step -1/3"))
    #expect(output(2...2, of: 3, completed: 5, isTerminal: false).contains("0.0 tasks/s"))
  }
}
