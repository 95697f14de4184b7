import Tensors

/// A formula of lower parameters w, upper parameters u and data, with its derivatives, run by planned programs.
struct Derivatives {
  let value: Double
  /// df/dw.
  let gradient: [Double]
  /// H v.
  let product: [Double]
  /// C v, as long as u.
  let mixed: [Double]

  var all: [Double] { [value] + gradient + product + mixed }

  /// On the given instruction set.
  init(
    w: [Double], along direction: [Double], u: [Double] = [1], data: [DataArray] = [],
    _ set: KernelSet, _ precision: Precision = .double,
    _ formula: (_ w: Tensor, _ u: Tensor, _ data: [Tensor]) -> Tensor
  ) throws {
    let graph = Graph()
    let upper = graph.input([u.count], stage: .task)
    let lower = graph.input([w.count], stage: .point)
    let v = graph.input([w.count], stage: .vector)
    let inputs = data.map { graph.data($0.shape) }
    let value = formula(lower, upper, inputs)
    let gradient = graph.gradients(of: value, withRespectTo: [lower])[0] ?? lower * 0
    let product = graph.tangents(of: [gradient], along: [(lower, v)])[0] ?? lower * 0
    let mixed = graph.cotangents(of: [upper], seeds: [(gradient, v)])[0] ?? upper * 0
    let program = try Program(
      graph,
      [
        ListRequest("task", .task), ListRequest("point", .point, [value, gradient]),
        ListRequest("vector", .vector, [product, mixed]),
      ], precision, set)
    program.input(upper).set(u)
    program.input(lower).set(w)
    program.input(v).set(direction)
    for (input, array) in zip(inputs, data) { try program.set(input, array, named: "data") }
    for list in 0..<3 { program.run(list) }
    self.value = program.root(0, of: 1)[0]
    self.gradient = program.root(1, of: 1).values
    self.product = program.root(0, of: 2).values
    self.mixed = program.root(1, of: 2).values
  }
}
