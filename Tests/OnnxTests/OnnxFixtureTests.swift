import DataFiles
import Foundation
import Onnx
import Tensors
import Testing

/// Values, gradients and second derivatives of objectives that PyTorch exported, against PyTorch's own.
@Suite struct OnnxFixtureTests {
  @Test func thereAreFixtures() {
    #expect(OnnxFixture.names.count >= 20)
  }

  @Test(arguments: OnnxFixture.names)
  func isThatOfPyTorch(_ name: String) throws {
    try check(name, isHeldAsTold: true)
  }

  @Test(arguments: ["conv-four", "convolutions"])
  func isTheSameInTheOrderOfTheGraph(_ name: String) throws {
    try check(name, isHeldAsTold: false)
  }

  @Test func aFileIsAFunctionOfTensors() throws {
    let fixture = try OnnxFixture.named("dense")
    let function = try OnnxFunction(OnnxFixture.path("dense"))
    let graph = Graph()
    var (inputs, values): ([String: Tensor], [[Double]]) = ([:], [])
    for name in function.inputs {
      let item = try #require(fixture.item(name))
      inputs[name] = graph.data(Shape(item.shape))
      values.append(item.numbers)
    }
    let output = try #require(try function(inputs).first)
    let evaluator = try Evaluator(graph, [output], .double, inputs: { values[$0] })
    #expect(abs(evaluator(output)[0] - fixture.value) < 1e-12)
    #expect(throws: DataFileError.self) { try function([:]) }
  }

  private func check(_ name: String, isHeldAsTold: Bool) throws {
    let fixture = try OnnxFixture.named(name)
    let trace = try OnnxTrace(
      OnnxFunction(OnnxFixture.path(name)), fixture, isHeldAsTold: isHeldAsTold)
    let value = trace.outputs[0]
    let parameters = trace.inputs.filter { fixture.parameters[$0.name] != nil }
    let gradient = gradients(of: value, withRespectTo: parameters.map(\.tensor))
    let lower = zip(parameters, gradient).filter { $0.0.name.hasPrefix("lower/") }
    let along = lower.map { parameter, slope in
      let direction = Moved(parameter, fixture)
      let cosines = direction.moved((0..<direction.count).map { cos(Double($0)) })
      return (slope * slope.constant(cosines, slope.shape)).sum()
    }
    let product = gradients(
      of: along.dropFirst().reduce(along[0]) { $0 + $1 }, withRespectTo: parameters.map(\.tensor))
    try trace.graph.check()
    let inputs = trace.inputs.map { Moved($0, fixture).moved(fixture.item($0.name)?.numbers ?? []) }
    let evaluator = try Evaluator(
      trace.graph, [value] + gradient + product, .double, inputs: { inputs[$0] })
    #expect(abs(evaluator(value)[0] - fixture.value) <= 1e-10 * max(abs(fixture.value), 1))
    for (tensors, expected) in [(gradient, \OnnxFixture.Item.gradient), (product, \.product)] {
      let all = parameters.map { fixture.parameters[$0.name]?[keyPath: expected] ?? [] }
      let scale = all.joined().map(abs).max() ?? 1
      for (index, parameter) in parameters.enumerated() {
        let own = Moved(parameter, fixture).restored(evaluator(tensors[index]))
        for (sum, wanted) in zip(Self.sums(own), all[index]) {
          #expect(abs(sum - wanted) <= 1e-9 * max(scale, 1e-3), "\(name): \(parameter.name)")
        }
      }
    }
  }

  /// The two sums that fixtures have of a derivative.
  private static func sums(_ values: [Double]) -> [Double] {
    [
      values.enumerated().reduce(0) { $0 + $1.element * cos(0.7 * Double($1.offset)) },
      values.enumerated().reduce(0) { $0 + $1.element * sin(1.1 * Double($1.offset) + 1) },
    ]
  }
}

/// Elements of an input in the order in which it is held.
private struct Moved {
  let count: Int
  private let places: [Int]

  init(_ input: OnnxTrace.Input, _ fixture: OnnxFixture) {
    let shape = fixture.item(input.name)?.shape ?? []
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    places = input.order.reduce([0]) { places, axis in
      places.flatMap { place in (0..<shape[axis]).map { place + $0 * strides[axis] } }
    }
    count = places.count
  }

  func moved(_ values: [Double]) -> [Double] { places.map { values[$0] } }

  func restored(_ values: [Double]) -> [Double] {
    var result = values
    for (index, place) in places.enumerated() { result[place] = values[index] }
    return result
  }
}
