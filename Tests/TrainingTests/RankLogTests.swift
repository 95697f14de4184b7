import Foundation
import Testing
import Training

@Suite struct RankLogTests {
  @Test func linesHaveTimeLevelRankAndWhatIsKnown() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    #expect(RankLog.logger(in: folder.path, rank: 3, host: "n17") == nil, "no folder, no log")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for step in [4, 5] {
      let logger = try #require(RankLog.logger(in: folder.path, rank: 3, host: "n17"))
      logger.info("checkpoint\nstored", metadata: ["step": "\(step)"])
      logger.debug("not written")
    }
    let text = try String(
      contentsOf: folder.appendingPathComponent("rank-0003.log"), encoding: .utf8)
    let lines = text.split(separator: "\n")
    #expect(lines.count == 2)
    let pattern =
      /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z info checkpoint stored \[host=n17 rank=3 step=(\d)\]/
    #expect(try lines.map { try pattern.wholeMatch(in: $0)?.1 } == ["4", "5"])
  }
}
