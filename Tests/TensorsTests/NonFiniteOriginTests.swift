import Tensors
import Testing

/// Numbers that are not finite are traced to the operation and line that made them first.
@Suite struct NonFiniteOriginTests {
  /// The origin in a formula of w and data (the number 0), or in its gradient or H w.
  private func origin(
    _ w: [Double], _ precision: Precision = .double, derivative: Int = 0,
    _ formula: (_ w: Tensor, _ data: Tensor) -> Tensor
  ) throws -> NonFiniteOrigin? {
    let graph = Graph()
    let lower = graph.input([w.count], stage: .point)
    let data = graph.data([1])
    var root = formula(lower, data)
    if derivative > 0 {
      root = try #require(graph.gradients(of: root, withRespectTo: [lower])[0])
    }
    if derivative > 1 {
      root = try #require(graph.tangents(of: [root], along: [(lower, lower)])[0])
    }
    let program = try Program(
      graph, [ListRequest("task", .task), ListRequest("root", .point, [root])], precision,
      try KernelSet.chosen())
    program.input(lower).set(w)
    try program.set(data, DataArray([0]), named: "data")
    program.run(0)
    program.run(1)
    let found = try program.originOfNonFinite(in: [root], of: graph)
    // It is found exactly where the program's own numbers are not finite.
    #expect((found == nil) == program.root(0, of: 1).values.allSatisfy(\.isFinite))
    return found
  }

  private func expect(
    _ origin: NonFiniteOrigin?, _ words: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for word in words {
      #expect(
        origin?.account.contains(word) == true, "\(origin?.account ?? "none")",
        sourceLocation: sourceLocation)
    }
  }

  @Test func functions() throws {
    let line = #line + 1
    expect(try origin([0, 1]) { w, _ in log(w).sum() }, "log at", ":\(line) makes -inf of 0.0")
    expect(
      try origin([2, -1]) { w, _ in sqrt(w).sum() }, "sqrt at", ":\(line + 2) makes nan of -1.0")
    expect(try origin([1e3]) { w, _ in exp(w).sum() }, "exp at", "makes inf of 1000.0")
    expect(try origin([89], .single) { w, _ in exp(w).sum() }, "exp at", "makes inf of 89.0")
    #expect(try origin([89]) { w, _ in exp(w).sum() } == nil)
  }

  /// Operators have no line: those before and after are named.
  @Test func operators() throws {
    let line = #line
    let found = try origin([1, 3]) { w, zero in
      let e = exp(w)
      let quotient = e / (zero * 2)
      return quotient.mean()
    }
    expect(
      found, "/ between", "NonFiniteOriginTests.swift:\(line + 2) and",
      "NonFiniteOriginTests.swift:\(line + 4) makes inf of 2.71828182845904", " and 0.0")
    expect(try origin([1]) { w, zero in (w / zero).sum() }, "/ before", "of 1.0 and 0.0")
    expect(try origin([1e200]) { w, _ in w.squared.sum() }, "squared before", "inf of 1e+200")
    expect(try origin([0]) { w, _ in (1 / w).sum() }, "/ before", "makes inf of 0.0")
  }

  @Test func derivatives() throws {
    let line = #line + 1
    let gradient = try origin([0, 1], derivative: 1) { w, _ in sqrt(w).sum() }
    expect(gradient, "the derivative of sqrt at", ":\(line) makes inf of")
    // 0 at its maximum: the chain rule's 0 times infinity.
    let chained = try origin([0, 1], derivative: 1) { w, _ in sqrt(w.squared).sum() }
    expect(chained, "the derivative of sqrt at", "makes inf of", ", then the derivative of")
    // w^1.5: the gradient is 0 at 0, the Hessian is not.
    let second = try origin([1e-160], derivative: 2) { w, _ in (1e250 * sqrt(w)).sum() }
    expect(second, "derivative of", "sqrt at", "makes")
  }

  /// What was given so is named as such, and what became of it.
  @Test func givenNumbers() throws {
    let given = try #require(try origin([1, .nan, 2]) { w, _ in exp(w).sum() })
    #expect(given.source == .input(0, element: 1) && given.value.isNaN && given.account.isEmpty)
    let infinite = try #require(try origin([1, -.infinity]) { w, _ in exp(w - w.sum()).sum() })
    #expect(infinite.source == .input(0, element: 1) && infinite.value == -.infinity)
    expect(infinite, "- at", "makes nan of -inf and -inf")
  }

  /// What is masked does not count as a mistake.
  @Test func finiteResultsHaveNone() throws {
    #expect(try origin([0, -.infinity]) { w, _ in w.reshaped([1, 2]).softmax().sum() } == nil)
    #expect(try origin([0, 1]) { w, _ in (w * log(w)).sum() } == nil)
  }
}
