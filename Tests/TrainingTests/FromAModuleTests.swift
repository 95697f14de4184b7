import Foundation
import Models
import Tensors
import TestSupport
import Testing

/// The article "From a PyTorch module to a model": its Swift is that of `PortedModules.swift`, which `SlowPyTorchTests` hold
/// against its Python.
@Suite struct FromAModuleTests {
  static var article: String {
    get throws {
      try String(
        contentsOf: Launcher.root.appendingPathComponent("Sources/IGBM/IGBM.docc/FromAModule.md"),
        encoding: .utf8)
    }
  }

  /// The blocks of code of a language, in order.
  static func blocks(_ language: String) throws -> [String] {
    try article.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
      $0.components(separatedBy: "```").first
    }
  }

  @Test func theSwiftIsBuilt() throws {
    let source = try String(
      contentsOf: Launcher.root.appendingPathComponent("Tests/TrainingTests/PortedModules.swift"),
      encoding: .utf8)
    let start = try #require(source.range(of: "struct Block"))
    #expect(try Self.blocks("swift").joined(separator: "\n") == source[start.lowerBound...])
    #expect(try Self.blocks("python").count == 3)
  }

  /// Parts have the names that PyTorch's have, and outputs their shapes.
  @Test func namesAndShapesAreThoseOfTheModules() throws {
    func traced(
      _ input: Shape, _ build: @escaping (Parameters) -> any Layer
    ) throws -> (names: [String], shape: Shape) {
      let model = try Model { p in Sequential(build(p)) }
      let graph = Graph()
      let body = try model.body(over: graph.input([model.count], stage: .point), in: graph)
      let output = body(graph.data(input))
      try graph.check()
      return (model.parameters.map(\.name), output.shape)
    }
    let block = try traced([2, 8, 8, 3]) { Block($0, 3, 4, stride: 2) }
    #expect(block.shape == [2, 4, 4, 4])
    #expect(
      block.names == [
        "conv1.weight", "bn1.gain", "bn1.shift", "conv2.weight", "bn2.gain", "bn2.shift",
        "shortcut.weight",
      ])
    let classifier = try traced([2, 5, 3]) { Classifier($0, 3, 4, classes: 6) }
    #expect(classifier.shape == [2, 6])
    let attention = try traced([2, 5, 8]) { Attention($0, 8, heads: 2) }
    #expect(attention.shape == [2, 5, 8])
    #expect(attention.names.count == 8)
  }
}
