import Foundation
import Testing

@Suite struct ReadmeTests {
  /// The README shows the example of a problem of one's own as it is built.
  @Test func theExampleIsTheReadmes() throws {
    let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..")
      .standardizedFileURL
    func text(_ path: String) throws -> String {
      try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }
    let example = try text("Sources/Examples/OwnProblem/Main.swift")
    #expect(try text("README.md").contains("```swift\n\(example)```"))
  }
}
