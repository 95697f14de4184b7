import Tensors

/// A named piece of a model's flat parameter vector.
public struct Parameter: Sendable, Hashable {
  /// The name, unique in its model; parts are separated by dots: `conv1.weight`.
  public let name: String
  /// The size of each axis, all at least 1.
  public let shape: Shape
  /// How its first values are drawn.
  public let initialiser: Initialiser
  /// Where its first element is in the flat vector, from 0.
  public let offset: Int
}

/// What a model's builder asks for its parameters. The builder runs once to declare them and once more for each
/// trace, always asking for the same ones in the same order. Mistakes do not trap: whoever runs the builder throws the
/// first, as a `TensorError`.
public struct Parameters {
  /// What all parts of one builder's run share.
  private final class Run {
    let graph: Graph
    /// The traced flat vector; `nil` while parameters are declared.
    let vector: Tensor?
    var declared: [Parameter] = []
    var names: Set<String> = []
    var count = 0
    var failure: TensorError?

    init(_ graph: Graph, _ vector: Tensor?) {
      self.graph = graph
      self.vector = vector
    }
  }

  private let run: Run
  private let prefix: String

  private init(run: Run, prefix: String) {
    self.run = run
    self.prefix = prefix
  }

  init(_ graph: Graph, vector: Tensor?) {
    self.init(run: Run(graph, vector), prefix: "")
  }

  var declared: [Parameter] { run.declared }
  var count: Int { run.count }
  var failure: TensorError? { run.failure }

  /// The parameters of a part of the model: names get `name.` in front. Parts nest.
  public func part(_ name: String) -> Parameters {
    Parameters(run: run, prefix: prefix + name + ".")
  }

  /// A parameter, as a tensor of the trace.
  ///
  /// - Parameters:
  ///   - name: Its name within this part; names must not repeat.
  ///   - shape: The size of each axis; all sizes at least 1.
  ///   - initialiser: How its first values are drawn.
  /// - Returns: The parameter in this trace.
  public func callAsFunction(
    _ name: String, _ shape: Shape, _ initialiser: Initialiser = .zeros
  ) -> Tensor {
    let full = prefix + name
    if !run.names.insert(full).inserted {
      fail(.name, "parameter \(full) is declared twice; names must differ")
    }
    if shape.sizes.contains(where: { $0 < 1 }) {
      fail(.shape, "parameter \(full) has shape \(shape); sizes must be at least 1")
    }
    guard run.count < Shape.mostElements - shape.count else {
      fail(.shape, "parameter \(full) of shape \(shape) has more elements than any memory holds")
      return run.graph.input(shape, stage: .point)
    }
    let offset = run.count
    run.declared.append(
      Parameter(name: full, shape: shape, initialiser: initialiser, offset: offset))
    run.count += shape.count
    guard let vector = run.vector else { return run.graph.input(shape, stage: .point) }
    guard offset + shape.count <= vector.shape.count else {
      fail(.objective, "parameter \(full) was not declared when the model was made")
      return vector.filled(0, shape)
    }
    let parameter = vector.piece(at: offset, shape)
    run.graph.name(parameter, full)
    return parameter
  }

  /// The whole name of a parameter of this part.
  func fullName(_ name: String) -> String { prefix + name }

  private func fail(_ code: TensorError.Code, _ message: String) {
    if run.failure == nil { run.failure = TensorError(code, message) }
  }
}
