import Foundation
import Onnx
import Tensors

/// An objective that PyTorch exported, with its value and derivatives by PyTorch; `Fixtures/fixtures.py` writes them.
struct OnnxFixture: Decodable {
  /// A tensor: whole numbers as they are, others by a formula.
  struct Item: Decodable {
    let shape: [Int]
    let values: [Double]?
    let offset, scale, phase: Double?
    /// Two sums over the derivative by it.
    let gradient, product: [Double]?

    var numbers: [Double] {
      if let values { return values }
      let (offset, scale, phase) = (offset ?? 0, scale ?? 1, phase ?? 0)
      let count = shape.reduce(1, *)
      return (0..<count).map { place in offset + scale * cos(0.9 * Double(place) + phase) }
    }
  }

  let data: [String: Item]
  let parameters: [String: Item]
  let value: Double

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  /// The names of all of them.
  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()

  static func path(_ name: String) -> String { folder.appendingPathComponent("\(name).onnx").path }

  static func named(_ name: String) throws -> OnnxFixture {
    let file = folder.appendingPathComponent("\(name).json")
    return try JSONDecoder().decode(OnnxFixture.self, from: Data(contentsOf: file))
  }

  func item(_ input: String) -> Item? { data[input] ?? parameters[input] }
}

/// A fixture's graph in a trace, its inputs held as the trainer holds them.
struct OnnxTrace {
  typealias Input = (name: String, tensor: Tensor, order: [Int])

  let graph = Graph()
  let inputs: [Input]
  let outputs: [Tensor]

  /// A trace of the fixture's objective; inputs are held in the order of axes in which they cost nothing, or in the graph's.
  init(_ function: OnnxFunction, _ fixture: OnnxFixture, isHeldAsTold: Bool = true) throws {
    var inputs: [Input] = []
    for name in function.inputs {
      let shape = fixture.item(name)?.shape ?? []
      let plain = Array(shape.indices)
      let order = isHeldAsTold ? function.order(ofInput: name, rank: shape.count) ?? plain : plain
      let own = Shape(order.map { shape[$0] })
      let tensor = fixture.data[name] != nil ? graph.data(own) : graph.input(own, stage: .point)
      inputs.append((name, tensor, order))
    }
    self.inputs = inputs
    outputs = try function(inputs)
    try graph.check()
  }
}
