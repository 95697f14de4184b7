import Foundation
import Tensors
import Testing

/// Every operation of the fixtures, and its gradient and Hessian products, on all kernel sets.
@Suite(.enabled(if: OperationFixtures.isAvailable, "operations.json is missing"))
struct OperationFixtureTests {
  @Test(arguments: [Precision.double, .single]) func allCases(_ precision: Precision) throws {
    let fixtures = try OperationFixtures.all.get()
    #expect(fixtures.cases.count == 487)
    for name in fixtures.cases.keys.sorted() {
      guard let fixture = fixtures.cases[name] else { continue }
      // What overflows or vanishes in single precision has no reference there.
      if precision == .single,
        name.hasSuffix("extreme") || name.hasSuffix("large") || name.hasSuffix("tiny")
      {
        continue
      }
      for set in KernelSet.available {
        do {
          try check(fixture, name, precision, set)
        } catch {
          Issue.record("\(name), \(set): \(error)")
        }
      }
    }
  }

  private func check(
    _ fixture: OperationFixtures.Case, _ name: String, _ precision: Precision, _ set: KernelSet
  ) throws {
    let trace = try #require(FixtureTrace(fixture), "\(name): unknown operation")
    let found = try trace.run(precision, set)
    let tolerance = precision == .double ? 1e-9 : 1e-4
    for (values, output) in zip(found.outputs, fixture.outputs) {
      compare(values, output.values, tolerance, "\(name), \(precision), \(set): output")
    }
    #expect(trace.outputs.map(\.shape.sizes) == fixture.outputs.map(\.shape), "\(name)")
    if let gradient = fixture.gradient {
      compare(
        found.gradient, trace.floats.flatMap { gradient[$0] ?? [] }, tolerance,
        "\(name), \(precision), \(set): gradient")
    }
    if let product = fixture.hvp_of_cos_i {
      compare(
        found.product, trace.floats.flatMap { product[$0] ?? [] }, tolerance * 10,
        "\(name), \(precision), \(set): Hessian product")
    }
  }

  private func compare(
    _ values: [Double], _ expected: [Double], _ tolerance: Double, _ what: String
  ) {
    guard values.count == expected.count else {
      Issue.record("\(what): \(values.count) numbers for \(expected.count)")
      return
    }
    let scale = expected.reduce(1e-30) { max($0, abs($1)) }
    for (index, (value, wanted)) in zip(values, expected).enumerated()
    where
      !(abs(value - wanted) <= tolerance * scale || value == wanted || value.isNaN && wanted.isNaN)
    {
      Issue.record("\(what)[\(index)]: \(value), expected \(wanted)")
      return
    }
  }
}

/// A fixture's operation traced, with the sum that its derivatives are of.
private struct FixtureTrace {
  let fixture: OperationFixtures.Case
  let graph = Graph()
  /// The inputs that are differentiated, in order.
  let floats: [String]
  let outputs: [Tensor]
  private let point: Tensor
  private let direction: Tensor
  private let value: Tensor
  private var data: [(tensor: Tensor, values: [Double])] = []

  init?(_ fixture: OperationFixtures.Case) {
    self.fixture = fixture
    floats = fixture.inputs.keys.sorted().filter { fixture.inputs[$0]?.kind == "float" }
    let count = floats.reduce(0) { $0 + (fixture.inputs[$1]?.values.count ?? 0) }
    point = graph.input([max(count, 1)], stage: .point)
    direction = graph.input([max(count, 1)], stage: .vector)
    var tensors: [String: Tensor] = [:]
    var offset = 0
    for name in fixture.inputs.keys.sorted() {
      guard let input = fixture.inputs[name] else { continue }
      if input.kind == "float" {
        tensors[name] = point.piece(at: offset, Shape(input.shape))
        offset += input.values.count
      } else {
        let tensor = graph.data(Shape(input.shape))
        tensors[name] = tensor
        data.append((tensor, input.values))
      }
    }
    let made = FixtureOperation(fixture: fixture) { [tensors, point] in tensors[$0] ?? point }
      .outputs()
    guard let made else { return nil }
    outputs = made
    var terms: [Tensor] = []
    var index = 0
    for output in made {
      let range = (index..<index + output.shape.count).map(Double.init)
      index += output.shape.count
      let linear = output.constant(range.map { cos(0.7 * $0 + 0.3) }, output.shape)
      let square = output.constant(range.map { sin($0) / 2 }, output.shape)
      terms += [(linear * output).sum(), (square * output.squared).sum()]
    }
    value = terms.dropFirst().reduce(terms[0], +)
  }

  func run(
    _ precision: Precision, _ set: KernelSet
  ) throws -> (outputs: [[Double]], gradient: [Double], product: [Double]) {
    let gradient =
      graph.gradients(of: value, withRespectTo: [point])[0] ?? point.filled(0, point.shape)
    let product =
      graph.tangents(of: [gradient], along: [(point, direction)])[0] ?? point.filled(0, point.shape)
    let program = try Program(
      graph,
      [
        ListRequest("task", .task), ListRequest("point", .point, outputs + [gradient]),
        ListRequest("vector", .vector, [product]),
      ], precision, set)
    let numbers = floats.flatMap { fixture.inputs[$0]?.values ?? [] }
    let along = floats.flatMap {
      (0..<(fixture.inputs[$0]?.values.count ?? 0)).map { cos(Double($0)) }
    }
    program.input(point).set(numbers.isEmpty ? [0] : numbers)
    program.input(direction).set(along.isEmpty ? [0] : along)
    for (tensor, values) in data {
      try program.set(tensor, DataArray(tensor.shape, values), named: "data")
    }
    for list in 0..<3 { program.run(list) }
    let count = numbers.count
    return (
      outputs.indices.map { program.root($0, of: 1).values },
      Array(program.root(outputs.count, of: 1).values.prefix(count)),
      Array(program.root(0, of: 2).values.prefix(count))
    )
  }
}
