import Foundation
import Onnx
import Testing

/// The table of documents is made of the operations there are.
@Suite struct OnnxOperationTests {
  @Test func theArticleHasTheTable() throws {
    let article = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/IGBM/IGBM.docc/FromPyTorch.md")
    let text = try String(contentsOf: article, encoding: .utf8)
    let table = OnnxOperation.table
    #expect(text.contains(table), "put this into the article:\n\(table)")
  }

  @Test func namesDiffer() {
    #expect(Set(OnnxOperation.all.map(\.name)).count == OnnxOperation.all.count)
  }
}
