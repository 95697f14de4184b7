import Foundation
import Testing
import Training

/// Metrics, times, events and logs: what a run adds to while it goes on.
@Suite struct AppendedFileTests {
  private func inFolder(_ body: (RunFolder) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(try RunFolder(locking: path))
  }

  /// A pipe that nobody reads would stop the run, a device lose its lines.
  @Test func onlyFilesAreAddedTo() throws {
    try inFolder { folder in
      for (name, isPipe) in [("pipe", true), ("device", false)] {
        let path = "\(folder.path)/\(name)"
        #expect(isPipe ? mkfifo(path, 0o600) == 0 : symlink("/dev/full", path) == 0)
        for open in [
          { _ = try MetricsFile(path, figures: [], after: 0) },
          { _ = try TimingsFile(path, isNew: true) },
        ] {
          let error = #expect(throws: StateError.self) { try open() }
          #expect(error?.exitCode == .inputOutput && error?.path == path)
        }
        let log = "\(folder.path)/rank-0000.log"
        #expect(rename(path, log) == 0)
        #expect(RankLog.logger(in: folder.path, rank: 0, host: "n") == nil)
        unlink(log)
      }
    }
  }

  @Test func whatTheDiskDoesNotTakeIsSaid() throws {
    try inFolder { folder in
      let file = try MetricsFile(folder.metricsPath, figures: [], after: 0)
      #expect(file.synchronise() == nil)
      var calls = FileCalls.system
      calls.synchronise = { _ in -Int(EIO) }
      #expect(
        file.synchronise(calls)
          == "\(folder.metricsPath): the disk did not take it: Input/output error")
    }
  }

  @Test(arguments: [true, false]) func aFileThatIsGoneIsSaid(isReplaced: Bool) throws {
    try inFolder { folder in
      let records = try RunRecords(in: folder, [.csv], after: 0)
      records.append(RunRecordsTests.summary(0), nil)
      #expect(records.synchronise() == [])
      try FileManager.default.removeItem(atPath: folder.metricsPath)
      if isReplaced { try DurableFile.publish([], at: folder.metricsPath) }
      let warnings = records.synchronise()
      #expect(warnings.count == 1 && warnings[0].hasPrefix("\(folder.metricsPath) was removed or"))
    }
  }
}
