import Foundation
import TestSupport
import Testing

/// What must not be in the sources.
@Suite struct SourceRulesTests {
  private func occurrences(_ patterns: [String]) throws -> [String] {
    let root = Launcher.root.appendingPathComponent("Sources")
    let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path)
      .filter { $0.hasSuffix(".swift") }.sorted()
    #expect(paths.count > 50)
    return try paths.flatMap { path in
      let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
      return text.split(separator: "\n").filter { line in
        patterns.contains { line.contains($0) }
      }.map { "\(path): \($0)" }
    }
  }

  /// Row 34: clocks that may jump are not read: durations are those of a clock that never goes back.
  @Test func row34_durationsAreNotOfAClockThatJumps() throws {
    let jumping = [
      "gettimeofday", "CLOCK_REALTIME", "time(nil)", "DispatchWallTime", ".timeIntervalSince",
    ]
    // Event files and logs are to say when something was.
    let allowed = ["EventFile.swift"]
    let found = try occurrences(jumping).filter { line in
      !allowed.contains { line.contains($0) }
    }
    #expect(found == [])
  }

  @Test func nothingIsDrawnFromTheSystemsGenerator() throws {
    let generators = [
      "SystemRandomNumberGenerator", ".random(in:", ".shuffled()", ".shuffle()", ".randomElement()",
    ]
    #expect(try occurrences(generators) == [])
  }
}
