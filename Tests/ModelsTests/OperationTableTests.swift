import Foundation
import Models
import Tensors
import TestSupport
import Testing

/// The tables of <doc:Operations> are those that the table makes, and it has all that there is. After a change,
/// `IGBM_WRITE_TABLES=1 Launch/test --filter OperationTableTests` writes them.
@Suite struct OperationTableTests {
  private static let article = Launcher.root.appendingPathComponent(
    "Sources/IGBM/IGBM.docc/Operations.md")
  /// Tables lie between these lines.
  private static let (start, end) = ("### Elements", "### Derivatives in objectives")
  private static let (layersStart, layersEnd) = ("### Layers", "### Dropout")

  private func shapes(_ example: (inputs: [Shape], call: @Sendable ([Tensor]) -> Tensor)?) throws
    -> String
  {
    guard let example else { return "" }
    let graph = Graph()
    let result = example.call(example.inputs.map { graph.data($0) })
    try graph.check()
    let inputs = example.inputs.map { "`\($0)`" }.joined(separator: ", ")
    return "\(inputs) to `\(result.shape)`"
  }

  private func operations() throws -> String {
    try OperationTable.sections.map { section in
      let rows = try section.rows.map {
        "| \($0.here) | \($0.there) | \(try shapes($0.example)) | \($0.notes) |"
      }
      return """
        ### \(section.title)

        \(section.words)

        | here | NumPy, PyTorch | shapes, for example | notes |
        | --- | --- | --- | --- |
        \(rows.joined(separator: "\n"))


        """
    }.joined()
  }

  /// A layer's output for an input, and its parameters.
  private func traced(
    _ input: Shape, _ build: @escaping (Parameters) -> any Layer
  ) throws -> (shape: Shape, parameters: [Parameter]) {
    let model = try Model { p in Sequential(build(p)) }
    let graph = Graph()
    let body = try model.body(over: graph.input([model.count], stage: .point), in: graph)
    let output = body(graph.data(input))
    try graph.check()
    return (output.shape, model.parameters)
  }

  private func layers() throws -> String {
    let rows = try OperationTable.layers.map { row in
      let (output, parameters) = try traced(row.input, row.build)
      let names = parameters.map { "\($0.name) `\($0.shape)`" }.joined(separator: ", ")
      return "| `\(row.here)` | `\(row.input)` to `\(output)` | \(names) | \(row.notes) |"
    }
    let networks = try OperationTable.networks.map { row in
      let (output, parameters) = try traced(row.input) { row.build($0) }
      let count = parameters.reduce(0) { $0 + $1.shape.count }
      return "| `Networks.\(row.here)` | `\(row.input)` to `\(output)` | \(count) | \(row.notes) |"
    }
    return """
      ### Layers

      | layer | shapes, for example | parameters | notes |
      | --- | --- | --- | --- |
      \(rows.joined(separator: "\n"))

      | network | shapes, for example | numbers | notes |
      | --- | --- | --- | --- |
      \(networks.joined(separator: "\n"))


      """
  }

  private func replaced(
    _ text: String, from start: String, to end: String, by table: String
  ) throws -> String {
    let first = try #require(text.range(of: start + "\n"))
    let last = try #require(text.range(of: end + "\n"))
    return text.replacingCharacters(in: first.lowerBound..<last.lowerBound, with: table)
  }

  @Test func theArticleHasTheTables() throws {
    let text = try String(contentsOf: Self.article, encoding: .utf8)
    let first = try replaced(text, from: Self.start, to: Self.end, by: operations())
    let wanted = try replaced(first, from: Self.layersStart, to: Self.layersEnd, by: layers())
    if ProcessInfo.processInfo.environment["IGBM_WRITE_TABLES"] != nil {
      try Data(wanted.utf8).write(to: Self.article)
    } else {
      #expect(text == wanted)
    }
  }

  private func names(_ folder: String, _ pattern: Regex<(Substring, Substring)>) throws -> [String]
  {
    let root = Launcher.root.appendingPathComponent("Sources/\(folder)")
    return try FileManager.default.subpathsOfDirectory(atPath: root.path)
      .filter { $0.hasSuffix(".swift") }.sorted().flatMap { path in
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
          .matches(of: pattern).map { String($0.output.1) }
      }
  }

  /// What rows name.
  private var named: [String] {
    OperationTable.sections.flatMap(\.rows).flatMap { row in
      row.here.split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }
  }

  /// Functions of one element, of which one row is: they need not be named in it.
  private func functionsOfOneElement() throws -> [String] {
    try names("Tensors/Operations/Elements", /public func (\w+)\(_ x: Tensor, file: StaticString/)
  }

  /// In both directions: nothing is missing, and nothing is there that is not.
  @Test func theTableHasAllThatThereIs() throws {
    let functions = Set(
      try names("Tensors/Operations", /public (?:static )?(?:func|var) `?([a-z]\w+)/)
        + names("Tensors/Losses", /public func ([a-z]\w+)/))
    let code = named + (try functionsOfOneElement())
    for name in functions.sorted() where !name.hasPrefix("gradient") {
      #expect(code.contains(name), "\(name) is in no row")
    }
    let words: Set<String> = [
      "and", "all", "others", "of", "one", "element", "in", "Tensors",
      "x", "y", "a", "b", "mask", "else", "edges", "rate", "axis", "range", "by", "index", "values",
      "shape", "from", "to", "Tensor", "SparseRows", "2", "3",
    ]
    for name in code where !words.contains(name) {
      #expect(functions.contains(name), "\(name) is no public function")
    }
    let layers = try names("Models", /public (?:struct|enum) (\w+): (?:String, )?Layer/)
    #expect(Set(layers) == Set(OperationTable.layers.map(\.here)))
    let networks = try names("Models/Networks", /public static func (\w+)/)
    #expect(Set(networks) == Set(OperationTable.networks.map(\.here)))
  }
}
