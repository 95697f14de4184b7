import Foundation
import Testing

/// What documents show of the sources.
@Suite struct ReadmeTests {
  private let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..")
    .standardizedFileURL

  private func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// Examples are shown as they are built.
  @Test(arguments: [
    ("README.md", "OwnData"), ("Sources/IGBM/IGBM.docc/YourOwnProblem.md", "OwnProblem"),
  ])
  func examplesAreAsTheyAreBuilt(_ document: String, _ example: String) throws {
    let source = try text("Sources/Examples/\(example)/Main.swift")
    #expect(try text(document).contains("```swift\n\(source)```"))
  }

  /// A first reading stays short; articles have the rest.
  @Test func theReadmeIsShort() throws {
    let words = try text("README.md").split { $0.isWhitespace }
    #expect(words.count < 1800, "\(words.count) words")
  }

  /// Every article is on the landing page, or it is not found.
  @Test func everyArticleIsListed() throws {
    let folder = "Sources/IGBM/IGBM.docc"
    let page = try text("\(folder)/IGBM.md")
    let names = try FileManager.default.contentsOfDirectory(
      atPath: root.appendingPathComponent(folder).path
    ).filter { $0.hasSuffix(".md") && $0 != "IGBM.md" }.map { String($0.dropLast(3)) }.sorted()
    #expect(names.count > 10)
    for name in names { #expect(page.contains("- <doc:\(name)>"), "\(name)") }
  }

  /// A row of faults that a test cites is in the table.
  @Test func everyFaultThatTestsCiteIsInTheTable() throws {
    let table = try text("Sources/IGBM/IGBM.docc/Faults.md")
    let listed = Set(table.matches(of: /(?m)^\| ([0-9]+) \|/).map { String($0.output.1) })
    let tests = root.appendingPathComponent("Tests")
    var cited = Set<String>()
    for path in try FileManager.default.subpathsOfDirectory(atPath: tests.path)
    where path.hasSuffix(".swift") {
      let source = try text("Tests/\(path)")
      for match in source.matches(of: /func rows?((?:[0-9]+(?:and)?)+)_/) {
        cited.formUnion(match.output.1.components(separatedBy: "and"))
      }
    }
    #expect(cited.count > 25)
    #expect(cited.subtracting(listed) == [])
  }
}
