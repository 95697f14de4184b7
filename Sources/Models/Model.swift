import Randomness
import Tensors

/// A model: how it computes (`Body`: any Swift type, such as a ``Sequential`` or a `Tensor`), and the values of its
/// parameters in one flat vector.
///
///     let network = try Model { p in
///       Sequential(Dense(p.part("dense1"), 64, 32), Activation.tanh, Dense(p.part("dense2"), 32, 10))
///     }
public final class Model<Body> {
  /// The parameters in the order of the flat vector.
  public let parameters: [Parameter]
  /// The number of parameters' values.
  public let count: Int
  /// The values of all parameters, one after another, each with its last axis running fastest. Set as many as
  /// ``count``; whatever uses them throws an error otherwise.
  public var values: [Double]
  /// What hypergradients have been added up in, as long as ``values``; 0 at first.
  public var gradients: [Double]
  private let build: (Parameters) throws -> Body

  /// Declares a model and draws its first values.
  ///
  /// - Parameters:
  ///   - seed: What the first values are drawn from: the same ones for the same seed on every machine.
  ///   - build: Asks for the parameters and gives the body; it must ask for the same ones every time.
  /// - Throws: `TensorError` where names repeat, a size is below 1 or a layer's shapes do not fit; what `build` throws.
  public init(seed: UInt64 = 0, _ build: @escaping (Parameters) throws -> Body) throws {
    let graph = Graph()
    let parameters = Parameters(graph, vector: nil)
    _ = try build(parameters)
    if let failure = parameters.failure { throw failure }
    try graph.check()
    self.parameters = parameters.declared
    self.build = build
    try requireMemory(ofNumbers: 2 * parameters.count, for: "a model's values and gradients")
    values = Self.initialValues(parameters.declared, seed: seed)
    count = values.count
    gradients = [Double](repeating: 0, count: count)
  }

  /// Draws the first values anew; ``gradients`` stay as they are.
  public func initialise(seed: UInt64) {
    values = Self.initialValues(parameters, seed: seed)
  }

  /// Sets the added-up hypergradients to zero.
  public func clearGradients() {
    for index in gradients.indices { gradients[index] = 0 }
  }

  /// The values of one parameter.
  ///
  /// - Parameter name: Its whole name: `conv1.weight`.
  /// - Returns: As many values as its shape has elements, the last axis running fastest.
  /// - Throws: `TensorError` of code `name` where there is none of that name, `shape` where there are not as many
  ///   ``values`` as parameters.
  public func values(of name: String) throws(TensorError) -> [Double] {
    guard let parameter = parameters.first(where: { $0.name == name }) else {
      let known = parameters.map(\.name).joined(separator: ", ")
      throw TensorError(.name, "no parameter is named \(name); there are \(known)")
    }
    guard values.count == count else {
      throw TensorError(
        .shape, "the model has \(count) parameters, but holds \(values.count) values; set as many")
    }
    return Array(values[parameter.offset..<parameter.offset + parameter.shape.count])
  }

  /// The body over a traced flat vector.
  package func body(over vector: Tensor, in graph: Graph) throws -> Body {
    let parameters = Parameters(graph, vector: vector)
    let body = try build(parameters)
    if let failure = parameters.failure { throw failure }
    guard parameters.declared == self.parameters else {
      throw TensorError(
        .objective, "a model's builder must ask for the same parameters every time it runs")
    }
    return body
  }

  private static func initialValues(_ parameters: [Parameter], seed: UInt64) -> [Double] {
    parameters.enumerated().flatMap { index, parameter in
      var stream = RandomStream(seed: seed, purpose: .initialisation, index: index)
      return parameter.initialiser.values(parameter.shape, &stream)
    }
  }
}
