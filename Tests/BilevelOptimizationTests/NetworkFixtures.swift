import BilevelOptimization
import Foundation
import Models
import Tensors

/// Reference hypergradients of larger networks: `networks.json`, beside `hypergradients.json`.
struct NetworkFixtures: Decodable {
  struct Case: Decodable {
    let lower_learning_rate: Double
    let w: [String: Fixture.Named]
    let u: [String: Fixture.Named]
    let data: [String: Fixture.Named]
    let start_of_five_steps: String
    let expected: Fixture.Expected
  }

  let cases: [String: Case]

  static let all = Result {
    let file = Fixture.file.deletingLastPathComponent().appendingPathComponent("networks.json")
    return try JSONDecoder().decode(NetworkFixtures.self, from: Data(contentsOf: file))
  }
}

/// A model's parameters by their names.
struct NamedTensors {
  fileprivate let tensors: [String: Tensor]
  let any: Tensor

  subscript(name: String) -> Tensor { tensors[name] ?? any.filled(0, .scalar) }

  /// A part's parameters: names get `name.` in front.
  func part(_ name: String) -> (String) -> Tensor { { self[name + "." + $0] } }
}

/// A network of the fixtures as a problem of this library, its parameters in the fixtures' own layouts.
struct NetworkFixtureProblem {
  typealias State = ObjectiveState<NamedTensors, NamedTensors>

  let content: NetworkFixtures.Case
  /// The names of parameters in the fixture's order.
  let lowerNames: [String]
  let upperNames: [String]
  let train: Examples
  let validate: Examples
  private let lower: (State) -> Tensor
  private let upper: (State) -> Tensor

  /// - Parameters:
  ///   - content: The fixture.
  ///   - lowerNames: Its lower parameters' names, in order.
  ///   - upperNames: Its upper parameters' names, in order.
  ///   - train: The names of data and target of the lower objective, each perhaps none.
  ///   - validate: The same of the upper one.
  ///   - extras: A further array: its name, and what it is in the lower and the upper objective.
  ///   - lower: f.
  ///   - upper: F.
  /// - Throws: `TensorError` where an array of the fixture has not the numbers of its shape.
  init(
    _ content: NetworkFixtures.Case, _ lowerNames: [String], _ upperNames: [String],
    train: (String?, String?) = ("train_data", "train_target"),
    validate: (String?, String?) = ("validate_data", "validate_target"),
    extras: (name: String, train: String, validate: String)? = nil,
    lower: @escaping (State) -> Tensor, upper: @escaping (State) -> Tensor
  ) throws {
    (self.content, self.lowerNames, self.upperNames) = (content, lowerNames, upperNames)
    (self.lower, self.upper) = (lower, upper)
    func array(_ name: String?) throws -> DataArray {
      guard let name, let named = content.data[name] else { return .empty }
      return try DataArray(Shape(named.shape), named.values)
    }
    self.train = Examples(
      data: try array(train.0), target: try array(train.1),
      extras: try extras.map { [.init($0.name, try array($0.train))] } ?? [])
    self.validate = Examples(
      data: try array(validate.0), target: try array(validate.1),
      extras: try extras.map { [.init($0.name, try array($0.validate))] } ?? [])
  }

  var point: [Double] { lowerNames.flatMap { content.w[$0]?.values ?? [] } }
  var start: [Double] {
    content.start_of_five_steps == "u" ? upperNames.flatMap { content.u[$0]?.values ?? [] } : point
  }

  func implicit(
    _ method: ImplicitMethod, _ k: Int, _ precision: Precision, _ kernels: KernelSet
  ) throws -> AnyImplicit {
    let upperModel = try Self.model(upperNames, content.u)
    upperModel.values = upperNames.flatMap { content.u[$0]?.values ?? [] }
    return AnyImplicit(
      try Implicit(
        upperObjective: upper, upperModel: upperModel, lowerObjective: lower,
        lowerModel: try Self.model(lowerNames, content.w),
        lowerLearningRate: content.lower_learning_rate, k: k, method: method, precision: precision,
        kernels: kernels))
  }

  private static func model(
    _ names: [String], _ shapes: [String: Fixture.Named]
  ) throws -> Model<NamedTensors> {
    try Model { p in
      var tensors: [String: Tensor] = [:]
      for name in names {
        let shape = shapes[name]?.shape ?? []
        // A number is a parameter of one.
        let tensor = p(name, shape.isEmpty ? [1] : Shape(shape))
        tensors[name] = shape.isEmpty ? tensor.reshaped(.scalar) : tensor
      }
      return NamedTensors(tensors: tensors, any: tensors[names[0]] ?? p("none", [1]))
    }
  }
}
