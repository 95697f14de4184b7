import DataFiles
import Tensors

extension OnnxOperation {
  /// Recurrent layers, as ONNX has them: `[steps, n, inputs]` to `[steps, directions, n, hidden]`.
  static let recurrent: [OnnxOperation] = [
    OnnxOperation(
      "LSTM", .recurrent, "its usual activations, no peepholes, sequences of one length"
    ) { call in
      let layer = try Recurrence(call, gates: 4)
      guard call.optional(7) == nil else { throw call.wrong("it has peepholes") }
      let memory = call.optionalTensor(6)
      return try layer.run(memory) { step, h, c in
        // Gates are in the order i, o, f, c.
        let gates = step.sums(h)
        let kept = c.map { sigmoid(gates[2]) * $0 }
        let added = sigmoid(gates[0]) * tanh(gates[3])
        let memory = kept.map { $0 + added } ?? added
        return (sigmoid(gates[1]) * tanh(memory), memory)
      }
    },
    OnnxOperation("GRU", .recurrent, "its usual activations, sequences of one length") { call in
      let layer = try Recurrence(call, gates: 3)
      let isAfter = try call.flag("linear_before_reset")
      return try layer.run(nil) { step, h, _ in
        // Gates are in the order z, r, h.
        let (update, reset) = (sigmoid(step.sum(0, h)), sigmoid(step.sum(1, h)))
        let proposal =
          isAfter
          ? tanh(step.inputs[2] + reset * step.recurrent(2, h))
          : tanh(step.inputs[2] + step.recurrent(2, h.map { reset * $0 }))
        let state = h.map { proposal + update * ($0 - proposal) } ?? proposal - update * proposal
        return (state, nil)
      }
    },
    OnnxOperation("RNN", .recurrent, "with tanh or relu, sequences of one length") { call in
      let layer = try Recurrence(call, gates: 1, activations: nil)
      let isRelu = try call.isRelu()
      return try layer.run(nil) { step, h, _ in
        let sum = step.sum(0, h)
        return (isRelu ? relu(sum) : tanh(sum), nil)
      }
    },
  ]
}

extension OnnxCall {
  /// Whether texts of an attribute, which are not kept, are there: only RNN's may be.
  fileprivate func isRelu() throws(DataFileError) -> Bool {
    switch node.attributes["activations"] {
    case nil: return false
    case .texts(let texts):
      if texts.allSatisfy({ $0.lowercased() == "relu" }) { return true }
      if texts.allSatisfy({ $0.lowercased() == "tanh" }) { return false }
    default: break
    }
    throw wrong("its activations are neither tanh nor relu")
  }
}

/// A recurrent layer's inputs and weights, checked.
private struct Recurrence {
  /// What one direction of one step is made of.
  struct Step {
    /// x W + b of each gate.
    let inputs: [Tensor]
    let weights: [Tensor]
    let biases: [Tensor]?

    /// h R + d of a gate.
    func recurrent(_ gate: Int, _ h: Tensor?) -> Tensor {
      let product = h.map { matmul($0, weights[gate].transposed()) }
      guard let biases else { return product ?? inputs[gate].stoppingGradient() * 0 }
      return product.map { $0 + biases[gate] } ?? biases[gate]
    }

    func sum(_ gate: Int, _ h: Tensor?) -> Tensor {
      if h == nil, biases == nil { return inputs[gate] }
      return inputs[gate] + recurrent(gate, h)
    }

    func sums(_ h: Tensor?) -> [Tensor] { inputs.indices.map { sum($0, h) } }
  }

  /// No sequence is longer: each step is traced.
  static let mostSteps = 1 << 14

  private let call: OnnxCall
  private let gates: Int
  private let hidden: Int
  private let directions: Int
  private let isReversed: Bool
  /// `[steps, n, inputs]`.
  private let x: Tensor
  private let weights, recurrent: Tensor
  private let bias, start: Tensor?

  init(_ call: OnnxCall, gates: Int, activations: Int? = 0) throws(DataFileError) {
    self.call = call
    self.gates = gates
    (x, weights, recurrent) = (try call.tensor(0), try call.tensor(1), try call.tensor(2))
    (bias, start) = (call.optionalTensor(3), call.optionalTensor(5))
    let direction = try call.text("direction", "forward")
    directions = direction == "bidirectional" ? 2 : 1
    isReversed = direction == "reverse"
    guard ["forward", "reverse", "bidirectional"].contains(direction), try !call.flag("layout"),
      call.node.attributes["clip"] == nil, try !call.flag("input_forget"),
      activations == nil || call.node.attributes["activations"] == nil
    else { throw call.wrong("it has an unusual direction, layout, clip or activation") }
    if let lengths = call.optional(4) {
      let steps = x.shape.rank == 3 ? Double(x.shape[0]) : -1
      guard let known = lengths.known, known.numbers.allSatisfy({ $0 == steps }) else {
        throw call.wrong("its sequences are of several lengths")
      }
    }
    guard x.shape.rank == 3, recurrent.shape.rank == 3, weights.shape.rank == 3 else {
      throw call.wrong("shapes \(x.shape), \(weights.shape) and \(recurrent.shape)")
    }
    hidden = recurrent.shape[2]
    let (n, rows) = (x.shape[1], gates &* hidden)
    guard weights.shape == [directions, rows, x.shape[2]],
      recurrent.shape == [directions, rows, hidden],
      bias?.shape ?? [directions, 2 &* rows] == [directions, 2 &* rows],
      start?.shape ?? [directions, n, hidden] == [directions, n, hidden], hidden > 0
    else {
      throw call.wrong(
        "shapes \(x.shape), \(weights.shape) and \(recurrent.shape) do not fit \(gates) gates")
    }
    guard 1...Self.mostSteps ~= x.shape[0] else {
      throw call.wrong("\(x.shape[0]) steps", remedy: "give from 1 to \(Self.mostSteps)")
    }
  }

  /// Runs all directions.
  ///
  /// - Parameters:
  ///   - memory: The first memories, `[directions, n, hidden]`.
  ///   - next: From a step, state and memory to the next ones; nil is all 0.
  /// - Returns: The states, the last of them, and the last memories.
  /// - Throws: For memories of another shape.
  func run(
    _ memory: Tensor?, _ next: (Step, Tensor?, Tensor?) -> (Tensor, Tensor?)
  ) throws(DataFileError) -> [OnnxValue] {
    let (steps, n) = (x.shape[0], x.shape[1])
    guard memory?.shape ?? [directions, n, hidden] == [directions, n, hidden] else {
      throw call.wrong("its first memories have another shape")
    }
    var (all, last, memories): ([Tensor], [Tensor], [Tensor]) = ([], [], [])
    for direction in 0..<directions {
      let step = self.steps(direction)
      var (h, c) = (start?.at(direction), memory?.at(direction))
      var states = [Tensor?](repeating: nil, count: steps)
      let isBackwards = isReversed || direction == 1
      for number in 0..<steps {
        let place = isBackwards ? steps - 1 - number : number
        (h, c) = next(step(place), h, c)
        if let h { states[place] = h.shape == [n, hidden] ? h : h.broadcast(to: [n, hidden]) }
      }
      let known = states.compactMap { $0 }
      all.append(.stacked(known))
      last.append(known[isBackwards ? 0 : steps - 1])
      if let c { memories.append(c) }
    }
    let results = [Tensor.stacked(all, axis: 1), .stacked(last)]
    return (results + (memories.count == directions ? [.stacked(memories)] : [])).map {
      .traced(Traced($0))
    }
  }

  /// The steps of a direction: x W + b is made of all at once.
  private func steps(_ direction: Int) -> (Int) -> Step {
    let (count, n) = (x.shape[0], x.shape[1])
    let rows = x.reshaped([count * n, x.shape[2]])
    func gate(_ tensor: Tensor, _ gate: Int) -> Tensor {
      tensor.sliced(0, gate * hidden..<(gate + 1) * hidden)
    }
    let (own, others) = (weights.at(direction), recurrent.at(direction))
    let biases = bias?.at(direction)
    let inputs = (0..<gates).map { number in
      let product = matmul(rows, gate(own, number).transposed())
      return (biases.map { product + gate($0, number) } ?? product).reshaped([count, n, hidden])
    }
    let recurrent = (0..<gates).map { gate(others, $0) }
    let second = biases.map { biases in (0..<gates).map { gate(biases, gates + $0) } }
    return { place in
      Step(inputs: inputs.map { $0.at(place) }, weights: recurrent, biases: second)
    }
  }
}
