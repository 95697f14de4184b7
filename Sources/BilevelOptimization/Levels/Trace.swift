import Models
import Tensors

/// One objective over inputs of given shapes, traced.
final class Trace {
  let graph = Graph()
  /// The upper parameters; they change with the task.
  let upper: Tensor
  /// The lower parameters: the point.
  let lower: Tensor
  let inputs: [(name: String, tensor: Tensor)]
  /// What is to be drawn for every lower step, such as masks of dropout, in the objective's order.
  let drawnInputs: [DrawnInput]
  /// The objective's value.
  let value: Tensor
  /// The strengths of an L1 penalty on the lower parameters that the value contains; nil where there is none.
  let strengths: Tensor?
  /// What errors call it: "lower objective".
  let name: String
  /// The parameters of both models, as errors name them.
  let parameters: (upper: [Parameter], lower: [Parameter])

  /// What an objective gives.
  enum Result {
    /// One number that depends on the lower model.
    case number
    /// As many numbers as there are lower parameters; whether they depend on these is theirs.
    case lowerVector
  }

  /// Runs an objective once; `name` is what errors call it.
  ///
  /// - Parameters:
  ///   - name: What errors call it.
  ///   - objective: The objective.
  ///   - upperModel: The upper model.
  ///   - lowerModel: The lower model.
  ///   - form: That of the examples.
  ///   - result: What the objective is to give.
  ///   - penalty: Strengths of an L1 penalty on the lower parameters, which is added to the objective; nil for none.
  ///   - isTraining: Whether dropout drops, and noise is drawn.
  /// - Throws: ``TensorError`` where shapes do not fit, the result is not what it is to be, does not depend on the lower
  ///   model or depends on data without elements; what the objective throws.
  init<Upper, Lower>(
    _ name: String, _ objective: Objective<Upper, Lower>, _ upperModel: Model<Upper>,
    _ lowerModel: Model<Lower>, _ form: Examples.Form, gives result: Result = .number,
    penalty: Strengths<Upper, Lower>? = nil, isTraining: Bool = false
  ) throws {
    self.name = name
    if isTraining { graph.drawnInputs = [] }
    parameters = (upperModel.parameters, lowerModel.parameters)
    for (index, extra) in form.names.enumerated() where form.names[..<index].contains(extra) {
      throw TensorError(.name, "the examples have two arrays \"\(extra)\"; names must differ")
    }
    upper = graph.input([upperModel.count], stage: .task)
    lower = graph.input([lowerModel.count], stage: .point)
    let data = graph.data(form.data)
    let target = graph.data(form.target)
    let extras = zip(form.names, form.shapes).map { [graph] in
      (name: $0, tensor: graph.data($1))
    }
    inputs = [("data", data), ("target", target)] + extras
    let state = ObjectiveState(
      data: data, target: target, upperModel: try upperModel.body(over: upper, in: graph),
      lowerModel: try lowerModel.body(over: lower, in: graph), upperParameters: upper,
      lowerParameters: lower, extras: extras, misses: .init())
    let plain = try objective(state)
    strengths = try penalty?(state)?.broadcast(to: [lowerModel.count])
    value = strengths.map { plain + ($0 * abs(state.lowerParameters)).sum() } ?? plain
    drawnInputs = graph.drawnInputs ?? []
    if let missing = state.misses.first {
      throw TensorError(
        .name,
        "the \(name) asks for \"\(missing)\", which the examples lack; they have "
          + inputs.map(\.name).joined(separator: ", "))
    }
    try graph.check()
    guard value.belongs(to: graph) else {
      throw TensorError(
        .objective,
        "the \(name) is made from tensors of another trace; use only what its state holds, and numbers"
      )
    }
    let empty = inputs.first { $0.tensor.shape.count == 0 && value.depends(on: $0.tensor) }
    if let empty {
      throw TensorError(
        .objective,
        "the \(name) is made from \"\(empty.name)\", which has shape \(empty.tensor.shape) and no "
          + "elements; give at least one example")
    }
    if let strengths, strengths.depends(on: lower) {
      throw TensorError(
        .objective,
        "the strengths of the lower penalty depend on the lower model; make them of the upper model alone"
      )
    }
    if result == .lowerVector {
      guard value.shape.count == lowerModel.count else {
        throw TensorError(
          .objective,
          "the \(name) has shape \(value.shape), but must give \(lowerModel.count) numbers, one for "
            + "each lower parameter")
      }
      return
    }
    guard value.shape.count == 1 else {
      throw TensorError(
        .objective,
        "the \(name) has shape \(value.shape), but must be one number; take its mean or sum")
    }
    guard value.depends(on: lower) else {
      throw TensorError(
        .objective,
        "the \(name) does not depend on the lower model; "
          + "use state.lowerModel or state.lowerParameters")
    }
  }

  /// What its derivatives hold constant though it changes.
  var stopped: StoppedGradients {
    StoppedGradients(
      byLower: value.stopsGradient(of: lower), byUpper: value.stopsGradient(of: upper))
  }

  /// Sets the data of a program made from this trace.
  ///
  /// - Parameters:
  ///   - examples: The data.
  ///   - program: The program.
  ///   - numbers: The program's numbers of ``inputs``.
  ///   - name: What errors call the examples.
  /// - Throws: As the program.
  func set(
    _ examples: Examples, in program: Program, _ numbers: [Int], _ name: String
  ) throws(TensorError) {
    func set(_ place: Int, _ array: DataArray, byRow: Bool = true) throws(TensorError) {
      try program.set(
        numbers[place], array, rows: byRow ? examples.chosen : nil,
        named: "\(name) \(inputs[place].name)")
    }
    let whole = examples.whole
    try set(0, whole.data)
    try set(1, whole.target)
    for place in whole.extras.indices {
      try set(2 + place, whole.extras[place].values, byRow: whole.extras[place].byRow)
    }
  }
}

/// What an objective's derivatives hold constant though it changes (`stoppingGradient`, `detach`): with them they are other than
/// those of its values.
package struct StoppedGradients: Sendable, Hashable {
  /// Whether something changes with the lower parameters.
  package let byLower: Bool
  /// Whether something changes with the upper parameters.
  package let byUpper: Bool
  /// Whether something does.
  package var isAny: Bool { byLower || byUpper }
}
