import Tensors
import Testing

/// Mistakes in formulas and data: a thrown error that says what, where and what to do; never a trap.
@Suite struct TensorErrorTests {
  private func failure(_ formula: (Graph) -> Tensor) -> TensorError? {
    let graph = Graph()
    _ = formula(graph)
    do throws(TensorError) {
      try graph.check()
      return nil
    } catch {
      return error
    }
  }

  @Test func shapesThatDoNotFit() throws {
    let cases: [([String], (Graph) -> Tensor)] = [
      (
        ["+", "[5, 3]", "[4, 3]"],
        { $0.input([5, 3], stage: .task) + $0.input([4, 3], stage: .task) }
      ),
      (
        ["matmul", "[5, 3]", "[4, 2]", "TensorErrorTests.swift"],
        { matmul($0.input([5, 3], stage: .task), $0.input([4, 2], stage: .task)) }
      ),
      (["reshaped", "15", "16"], { $0.input([5, 3], stage: .task).reshaped([4, 4]) }),
      (["sum", "axes"], { $0.input([5, 3], stage: .task).sum(axes: 1..<3) }),
      (
        ["convolved", "[5, 3]"],
        { $0.input([5, 3], stage: .task).convolved(with: $0.input([3, 3, 1, 1], stage: .task)) }
      ),
      (["maxPooled", "[1, 1, 1, 1]"], { $0.input([1, 1, 1, 1], stage: .task).maxPooled() }),
      (
        ["crossEntropies", "[5, 3]", "[4]"],
        { crossEntropies($0.data([5, 3]), $0.data([4])) }
      ),
      (
        ["squaredError", "[5]", "[4]"],
        { squaredError($0.input([5], stage: .task), $0.input([4], stage: .task)) }
      ),
      (
        ["squaredDistance", "[5]", "[4]"],
        { squaredDistance($0.input([5], stage: .task), $0.input([4], stage: .task)) }
      ),
      (["oneHot", "given as data"], { exp($0.data([5])).oneHot(classes: 3) }),
      // Parameters are set without a look at their range.
      (["oneHot", "given as data"], { $0.input([5], stage: .task).oneHot(classes: 3) }),
      (["oneHot", "given as data"], { $0.input([5], stage: .point).oneHot(classes: 3) }),
      (["rows", "given as data"], { $0.data([5, 2]).rows(exp($0.data([5]))) }),
      (["rows", "given as data"], { $0.data([5, 2]).rows($0.input([5], stage: .task)) }),
      (["transposed", "no matrix"], { $0.input([5], stage: .task).transposed() }),
      (["softmax", "[5]"], { $0.input([5], stage: .task).softmax() }),
      (["different traces"], { $0.input([5], stage: .task) + Graph().input([5], stage: .task) }),
    ]
    for (words, formula) in cases {
      let error = try #require(failure(formula), "\(words)")
      for word in words { #expect(error.message.contains(word), "\(error.message)") }
    }
  }

  /// A mean over no elements was 0: a loss of 0 that trains nothing.
  @Test func nothingHasNoMean() {
    for (shape, axes) in [
      (Shape([0]), nil), ([3, 0], nil), ([0, 3], 0..<1), ([3, 0], 1..<2), ([2, 0, 3], 0..<3),
    ] as [(Shape, Range<Int>?)] {
      let error = failure { graph in
        let x = graph.input(shape, stage: .task)
        return axes.map { x.mean(axes: $0) } ?? x.mean()
      }
      #expect(error?.code == .shape)
      #expect(error?.message.contains("\(shape) has no elements") == true)
      #expect(error?.message.contains("TensorErrorTests.swift:") == true)
      #expect(error?.message.contains("give at least one example") == true)
    }
    let squared = failure { graph in
      squaredError(graph.input([0, 3], stage: .point), graph.data([0, 3]))
    }
    let entropy = failure { graph in
      crossEntropy(graph.input([0, 3], stage: .point), graph.data([0]))
    }
    for error in [squared, entropy] {
      #expect(error?.message.contains("TensorErrorTests.swift:") == true)
    }
  }

  /// Means along other axes are as many as there are elements: none. Of no axes, an element is its own mean.
  @Test func emptyMeansAlongOtherAxesAreNone() {
    #expect(failure { $0.input([0, 3], stage: .task).mean(axes: 1..<2) } == nil)
    #expect(failure { $0.input([2, 3], stage: .task).mean(axes: 1..<1) } == nil)
  }

  /// In every function that takes two, whichever of them belongs to the trace.
  @Test func tensorsOfAnotherTrace() throws {
    func tensors(_ graph: Graph) -> [Shape: Tensor] {
      let shapes: [Shape] = [[3], [3, 3], [2, 4, 4, 1], [3, 3, 1, 2]]
      return Dictionary(uniqueKeysWithValues: shapes.map { ($0, graph.data($0)) })
    }
    let functions: [(String, Shape, Shape, (Tensor, Tensor) -> Tensor)] = [
      ("+", [3], [3, 3], { $0 + $1 }), ("-", [3], [3], { $0 - $1 }),
      ("*", [3], [3], { $0 * $1 }), ("/", [3, 3], [3], { $0 / $1 }),
      ("matmul", [3, 3], [3, 3], { matmul($0, $1) }), ("rows", [3, 3], [3], { $0.rows($1) }),
      ("convolved", [2, 4, 4, 1], [3, 3, 1, 2], { $0.convolved(with: $1) }),
      ("crossEntropies", [3, 3], [3], { crossEntropies($0, $1) }),
      ("crossEntropies", [3, 3], [3, 3], { crossEntropies($0, $1) }),
      ("crossEntropy", [3, 3], [3], { crossEntropy($0, $1) }),
      ("squaredError", [3], [3], { squaredError($0, $1) }),
      ("squaredDistance", [3], [3], { squaredDistance($0, $1) }),
      ("xlogy", [3], [3], { xlogy($0, $1) }),
    ]
    for (name, first, second, function) in functions {
      for isFirst in [true, false] {
        let error = failure { graph in
          let (own, other) = (tensors(graph), tensors(Graph()))
          let (a, b) = isFirst ? (own, other) : (other, own)
          return a[first].flatMap { a in b[second].map { function(a, $0) } } ?? graph.data([1])
        }
        #expect(error?.code == .objective, "\(name)")
        let message = error?.message ?? ""
        #expect(message.hasPrefix("\(name): the tensors belong to different traces"), "\(message)")
        #expect(message.hasSuffix("use only what the objective's state holds, and numbers"))
      }
    }
  }

  @Test func operatorsAreNamedWithTheLinesAround() throws {
    let line = #line + 2
    let error = failure { graph in
      let x = exp(graph.input([5, 3], stage: .task))
      let sum = x + graph.input([4], stage: .task)
      return tanh(sum)
    }
    #expect(
      error?.message
        == "+: shapes [5, 3] and [4] do not fit between TensorsTests/TensorErrorTests.swift:\(line)"
        + " and TensorsTests/TensorErrorTests.swift:\(line + 2); axes are aligned from the last, "
        + "and only axes of size 1 repeat")
  }

  @Test func theFirstMistakeIsKept() throws {
    let error = failure { graph in
      let x = graph.input([2, 2], stage: .task)
      return matmul(x.reshaped([3]), x)
    }
    #expect(error?.message.contains("reshaped") == true)
  }

  @Test func labelsAndRowsAreChecked() throws {
    let graph = Graph()
    let labels = graph.data([3])
    let logits = graph.input([3, 4], stage: .point)
    let value = crossEntropy(logits, labels)
    let program = try Program(
      graph, [ListRequest("task", .task), ListRequest("value", .point, [value])], .single,
      try KernelSet.chosen())
    for bad in [4, -1, 0.5, Double.nan, .infinity] {
      let error = #expect(throws: TensorError.self) {
        try program.set(labels, DataArray([0, 1, bad]), named: "train target")
      }
      #expect(error?.code == .range)
      #expect(error?.message.contains("train target[2]") == true)
      #expect(error?.message.contains("from 0 to 3") == true)
    }
    #expect(throws: TensorError.self) { try program.set(labels, DataArray([0]), named: "labels") }
  }

  @Test func rowsBeyondWhatThePrecisionHoldsAreRefused() throws {
    let graph = Graph()
    let index = graph.data([1])
    let rows = (1 << 24) + 4
    let value = graph.input([rows], stage: .point).rows(index).sum()
    func program(_ precision: Precision) throws -> Program {
      try Program(
        graph, [ListRequest("task", .task), ListRequest("value", .point, [value])], precision,
        try KernelSet.chosen())
    }
    let single = try program(.single)
    try single.set(index, DataArray(indices: [1 << 24]), named: "train row")
    let error = #expect(throws: TensorError.self) {
      try single.set(index, DataArray(indices: [(1 << 24) + 1]), named: "train row")
    }
    #expect(error?.code == .range)
    #expect(error?.message.contains("up to 16777216; use precision double") == true)
    try program(.double).set(index, DataArray(indices: [rows - 1]), named: "train row")
  }

  @Test func dataArraysHaveAsManyNumbersAsTheirShapeSays() throws {
    #expect(throws: TensorError.self) { try DataArray([2, 3], [1.0]) }
    #expect(throws: TensorError.self) { try DataArray([-1, -1], [1.0]) }
    #expect(throws: TensorError.self) { try DataArray([Int.max, 2], [Float]()) }
    #expect(try DataArray([0, 3], [Float]()).values.isEmpty)
  }

  @Test func kernelsAreChosenByName() throws {
    #expect(try KernelSet.chosen(["IGBM_KERNELS": "portable"]) == .portable)
    #expect(try KernelSet.chosen([:]) == KernelSet.available.last)
    #expect(throws: TensorError.self) { try KernelSet.chosen(["IGBM_KERNELS": "sse9"]) }
  }
}
