import Foundation
import TestSupport
import Testing
import Training

@Suite struct RunHistoryTests {
  private let start = RunHistory.Start(host: "h", ranks: 3, command: "train \"x\"\n")

  @Test func sessionsFollowEachOther() throws {
    try withFolder { folder in
      var time = 0.0
      let now = { Date(timeIntervalSince1970: time) }
      let first = RunHistory(in: folder, now: now, uptime: { 1_000 + time })
      first.warn("before the session")
      first.end(code: 1)
      first.begin(start, isNew: true)
      time = 90
      first.warn("odd")
      first.end(code: 75)
      first.end(code: 0)
      let second = RunHistory(in: folder, now: now)
      second.begin(start, isNew: false)
      let entries = RunHistory.entries(in: folder)
      #expect(entries.map { $0.start != nil } == [true, false, false, true])
      #expect(entries[0].start == start && entries[0].time == "1970-01-01T00:00:00Z")
      #expect(entries[1].warning == "odd" && entries[1].time == "1970-01-01T00:01:30Z")
      #expect(entries[2].end?.code == 75 && entries[2].end?.seconds == 90)
      RunHistory(in: folder, now: now).begin(start, isNew: true)
      #expect(RunHistory.entries(in: folder).count == 1)
    }
  }

  /// A link is followed, and what may never take a line is no place for one.
  @Test func linksAreFollowedAndPipesRefused() throws {
    try withFolder { folder in
      let path = "\(folder)/\(RunHistory.name)"
      #expect(symlink("elsewhere", path) == 0)
      #expect(RunHistory(in: folder).begin(start, isNew: true) == nil)
      #expect(RunHistory.entries(in: folder).count == 1)
      #expect(FileManager.default.fileExists(atPath: "\(folder)/elsewhere"))
      unlink(path)
      #expect(mkfifo(path, 0o600) == 0)
      let warning = RunHistory(in: folder).begin(start, isNew: true)
      #expect(warning?.contains(path) == true, "\(warning ?? "none")")
    }
  }

  @Test func whatCannotBeReadIsLeftOut() throws {
    try withFolder { folder in
      #expect(RunHistory.entries(in: folder).isEmpty)
      RunHistory(in: folder).begin(start, isNew: true)
      let path = "\(folder)/\(RunHistory.name)"
      let whole = try String(contentsOfFile: path, encoding: .utf8)
      try ("oops\n" + whole + "{\"time\":").write(toFile: path, atomically: true, encoding: .utf8)
      #expect(RunHistory.entries(in: folder).map(\.start) == [start])
      // Nowhere to write is no reason to fail.
      RunHistory(in: "\(folder)/none").begin(start, isNew: true)
    }
  }
}
