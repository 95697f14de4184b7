import BilevelOptimization
import Foundation
import Problems
import Testing
import Training

@Suite struct RunRecordsTests {
  static func summary(_ step: Int) -> StepSummary {
    StepSummary(
      step: step, tasks: 8, skipped: 1, upperLoss: 1 / Double(step + 3), worstUpperLoss: 2,
      worstTask: 3, lowerGradientNorm: 0.5, unconverged: 4, residual: 1e-7, products: 30,
      reasons: [.stepLimit: 5, .breakdown: 2], negativeCurvature: 6,
      smallestCurvature: step == 0 ? nil : -0.25, hypergradientNorm: 7)
  }

  private func withFolder(_ body: (RunFolder) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(try RunFolder(locking: path))
  }

  private func text(_ folder: RunFolder, _ name: String) throws -> String {
    try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
  }

  /// A problem may give its numbers any name.
  @Test func namesOfFollowedNumbersAreQuoted() throws {
    try withFolder { folder in
      let plain = Self.summary(0)
      let names = ["of \"a\"", "a\\b", "two\nlines"]
      let followed = StepSummary(
        step: 0, tasks: 8, skipped: 1, upperLoss: 1, worstUpperLoss: 2, worstTask: 3,
        lowerGradientNorm: 0.5, unconverged: 4, growing: 0, figures: plain.figures,
        hypergradientNorm: 7, followed: names.map { FollowedNumber($0, 1.5) })
      try RunRecords(in: folder, [], after: 0).append(followed, nil)
      let lines = try text(folder, "metrics.jsonl").split(separator: "\n")
      let object = try JSONSerialization.jsonObject(with: Data(try #require(lines.first).utf8))
      let found = try #require((object as? NSDictionary)?["upper"] as? [String: Double])
      #expect(lines.count == 1 && found.keys.sorted() == names.sorted())
    }
  }

  @Test func linesAreJSONAndCommaSeparatedValues() throws {
    try withFolder { folder in
      let records = try RunRecords(in: folder, [.csv], after: 0)
      for step in 0..<2 { records.append(Self.summary(step), nil) }
      let lines = try text(folder, "metrics.jsonl").split(separator: "\n")
      let objects = try lines.map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? NSDictionary)
      }
      #expect(objects.map { $0["step"] as? Int } == [1, 2])
      #expect(objects[0]["smallest_curvature"] is NSNull)
      #expect(objects[1]["smallest_curvature"] as? Double == -0.25)
      #expect(objects[1]["solves"] as? NSDictionary == ["stepLimit": 5, "breakdown": 2])
      let rows = try text(folder, "metrics.csv").split(separator: "\n")
        .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
      #expect(rows.count == 3 && rows.allSatisfy { $0.count == rows[0].count })
      #expect(rows[1][0] == "1" && rows[1][3] == "\(1.0 / 3)")
      #expect(rows[1][rows[0].firstIndex(of: "smallest_curvature")!] == "")
      #expect(rows[2][rows[0].firstIndex(of: "solves_breakdown")!] == "2")
    }
  }

  /// Cut to the steps that a run goes on from, the files are those of a run that never stopped.
  @Test func takenUpTheyAreTheSame() throws {
    try withFolder { folder in
      let whole = try RunRecords(in: folder, [.csv], after: 0)
      for step in 0..<9 { whole.append(Self.summary(step), nil) }
      let names = ["metrics.jsonl", "metrics.csv"]
      let expected = try names.map { try text(folder, $0) }
      for done in [0, 1, 4, 9] {
        let again = try RunRecords(in: folder, [.csv], after: done)
        #expect(again.missing == 0)
        for step in done..<9 { again.append(Self.summary(step), nil) }
        #expect(try names.map { try text(folder, $0) } == expected, "after \(done)")
      }
    }
  }

  @Test func tornAndLostLinesAreCounted() throws {
    try withFolder { folder in
      let whole = try RunRecords(in: folder, [.csv], after: 0)
      for step in 0..<5 { whole.append(Self.summary(step), nil) }
      for name in ["metrics.jsonl", "metrics.csv"] {
        let lines = try text(folder, name).split(separator: "\n").map(String.init)
        let torn = lines.dropLast(2) + [String(lines[lines.count - 2].prefix(20))]
        try torn.joined(separator: "\n").write(
          toFile: "\(folder.path)/\(name)", atomically: true, encoding: .utf8)
      }
      let again = try RunRecords(in: folder, [.csv], after: 5)
      #expect(again.missing == 2)
      again.append(Self.summary(5), nil)
      let steps = try text(folder, "metrics.csv").split(separator: "\n").dropFirst()
        .map { $0.prefix { $0 != "," } }
      #expect(steps == ["1", "2", "3", "6"])
    }
  }
}
