import Tensors
import Testing

/// Memory that cannot be had, and sizes whose products are beyond any number, are errors.
@Suite struct MemoryTests {
  private func failure(_ body: () throws -> Void) -> TensorError? {
    #expect(throws: TensorError.self, performing: body)
  }

  @Test func vectorsBeyondAnyMemory() throws {
    for (vectors, count) in [(3, 1 << 45), (1 << 20, 1 << 40), (Int.max / 8, 1 << 10)] {
      let error = failure {
        _ = try VectorStore(vectors: vectors, count: count, .double, for: "the vectors of a test")
      }
      #expect(error?.code == .memory)
      #expect(error?.message.contains("the vectors of a test: the system does not give") == true)
    }
    let none = try VectorStore(vectors: 0, count: 1 << 40, .double, for: "nothing")
    #expect(none.byteCount < 1000)
  }

  @Test func plansBeyondAnyMemory() throws {
    let graph = Graph()
    let x = graph.data([1 << 23, 1])
    // [2^23, 2^23], written out because a product reads it.
    let square = x + x.reshaped([1, 1 << 23])
    let value = matmul(exp(square), x).sum()
    let error = failure {
      _ = try Program(
        graph, [ListRequest("task", .task, [value])], .single, try KernelSet.chosen(),
        for: "lower objective")
    }
    #expect(error?.code == .memory)
    #expect(error?.message.contains("the arena of the lower objective's plan") == true)
    #expect(error?.message.contains("bytes of memory; use fewer examples") == true)
  }

  @Test func productsOfSizesThatOverflow() throws {
    let formulas: [(Graph) -> Tensor] = [
      { matmul($0.data([1 << 40, 0]), $0.data([0, 1 << 40])) },
      { $0.data([1 << 30, 1, 1]) + $0.data([1, 1 << 30, 1]) + $0.data([1, 1, 1 << 30]) },
      { $0.data([1 << 44]).oneHot(classes: 1 << 44) },
      { $0.data([1, 1 << 40]).rows($0.data([1 << 40])) },
      { $0.data([1 << 40, 1 << 40]) },
      { $0.data([0, Int.max, 2]) },
      { $0.data([-1]) },
    ]
    for (index, formula) in formulas.enumerated() {
      let graph = Graph()
      _ = formula(graph).sum()
      let error = failure { try graph.check() }
      #expect(error?.code == .shape, "\(index)")
      #expect(error?.message.contains("is impossible") == true, "\(index)")
    }
  }

  @Test func shapesCountWithoutOverflow() {
    #expect(Shape([1 << 40, 1 << 40]).count == Int.max)
    #expect(Shape([1 << 40, 1 << 40, 0]).count == 0)
    #expect(Shape([Int.max, 0, Int.max]).count == 0)
    #expect(Shape([1 << 40, 64]).count == 1 << 46)
    #expect(Shape([]).count == 1 && Shape([0]).count == 0)
    let error = failure { _ = try DataArray([1 << 40, 1 << 40, 0], [Double]()) }
    #expect(error?.message.contains("impossible") == true)
  }
}
