import Tensors
import Testing

/// Columns of data that are used as row numbers, beside others that are none: what is checked is what is used.
@Suite struct InputIndexTests {
  /// Operations that choose the same numbers of every row, or all, each made of a random number.
  private static let choices: [@Sendable (Tensor, Int) -> Tensor] = [
    { x, r in
      let first = r % x.shape[1]
      return x.sliced(1, first..<(first + 1 + r / 7 % (x.shape[1] - first)))
    },
    { x, r in x.sliced(1, 0..<x.shape[1], by: 1 + r % 3) },
    { x, _ in x.flipped([1]) },
    { x, _ in x.flipped([0]) },
    { x, _ in x.permuted([1, 0]).permuted([1, 0]) },
    { x, _ in x.reshaped([x.shape.count]).reshaped(x.shape) },
  ]

  private struct Numbers {
    var state: UInt64
    mutating func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
  }

  /// Rows of a table by the chosen numbers, and the chosen numbers themselves.
  private func outcome(
    _ data: DataArray, _ precision: Precision, _ choose: (Tensor) -> Tensor
  ) throws -> (isTaken: Bool, chosen: [Double]) {
    func program(_ formula: (Tensor) -> Tensor) throws -> (Program, Tensor) {
      let graph = Graph()
      let x = graph.data(data.shape)
      let result = formula(x)
      try graph.check()
      let requests = [ListRequest("task", .task), ListRequest("result", .point, [result])]
      return (try Program(graph, requests, precision, try KernelSet.chosen()), x)
    }
    let (plain, input) = try program { choose($0) * 1 }
    try plain.set(input, data, named: "data")
    plain.run(0)
    plain.run(1)
    let chosen = plain.root(0, of: 1).values
    let (indexed, other) = try program { x in
      let index = choose(x)
      let table = x.constant((0..<12).map(Double.init), [6, 2])
      return table.rows(index.reshaped([index.shape.count]))
    }
    do {
      try indexed.set(other, data, named: "data")
      return (true, chosen)
    } catch {
      #expect(error.code == .range)
      return (false, chosen)
    }
  }

  @Test func whatIsUsedIsChecked() throws {
    var (random, taken, refused) = (Numbers(state: 7), 0, 0)
    for _ in 0..<400 {
      let (rows, columns) = (1 + random.below(4), 2 + random.below(4))
      // Most columns are of whole numbers; others are not, or in one row not.
      let kinds = (0..<columns).map { _ in random.below(8) }
      let values = (0..<rows * columns).map { place -> Double in
        let whole = Double(random.below(6))
        return switch kinds[place % columns] {
        case 0: whole + 0.5
        case 1 where place / columns == rows - 1: 6
        default: whole
        }
      }
      let chain = (0..<1 + random.below(3)).map { _ in (random.below(6), random.below(1000)) }
      let found = try outcome(DataArray([rows, columns], values), .double) { x in
        chain.reduce(x) { Self.choices[$1.0]($0, $1.1) }
      }
      let isRight = found.chosen.allSatisfy { (0...5).contains($0) && $0 == $0.rounded() }
      #expect(found.isTaken == isRight, "\(values) of \(rows) rows, \(chain), \(found.chosen)")
      if isRight { taken += 1 } else { refused += 1 }
    }
    #expect(taken > 100 && refused > 100)
  }

  /// Where rows are left out, or chosen by numbers that come with the data, all are checked: batches may have any.
  @Test func whereRowsAreLeftOutAllAreChecked() throws {
    let data = try DataArray([2, 2], [0.5, 1, 2.5, 2])
    #expect(try outcome(data, .single) { $0.sliced(1, 1..<2) }.isTaken)
    #expect(try !outcome(data, .single) { $0.sliced(0, 1..<2) }.isTaken)
    let mixed = try DataArray([2, 2], [0.5, 1, 3, 2])
    #expect(try !outcome(mixed, .single) { $0.sliced(0, 1..<2).sliced(1, 1..<2) }.isTaken)
  }
}
