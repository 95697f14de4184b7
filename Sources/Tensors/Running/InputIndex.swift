/// An input whose numbers must be whole and below a bound, because the graph uses them as class or row numbers.
struct InputIndex {
  let input: Int
  let use: IndexUse
  /// Which numbers of each of its rows are used so, as they are laid out; nil for all.
  let columns: [Int]?

  /// Where the numbers are that are used so, of so many in so many rows.
  func positions(_ count: Int, rows: Int) -> some Sequence<Int> {
    let width = rows > 0 ? count / rows : 0
    let own = columns?.filter { $0 < width }
    return (0..<(own.map { $0.count * rows } ?? count)).lazy.map { number in
      own.map { number / $0.count * width + $0[number % $0.count] } ?? number
    }
  }
}

extension Graph {
  /// The inputs that are used as class or row numbers.
  var indexBounds: [InputIndex] {
    nodes.indices.compactMap { node in
      guard let indexed = operation(node) as? any IndexedOperation else { return nil }
      let use = indexed.bound(shape(node), nodes[node].operands.map { shape($0) })
      return inputIndex(operand(node, use.operand), use)
    }
  }

  /// The input that an operand is chosen from; nil where it is calculated, and was found to be right elsewhere.
  private func inputIndex(_ node: Int, _ use: IndexUse) -> InputIndex? {
    var (chain, source) = ([Int](), node)
    while operation(source).isChoice {
      chain.append(source)
      source = operand(source)
    }
    guard let input = operation(source) as? Input else { return nil }
    return InputIndex(input: input.index, use: use, columns: columns(of: source, chain.reversed()))
  }

  /// Which numbers of each row of an input are chosen by operations one after another, the same of every row; nil where all may
  /// be.
  private func columns(of input: Int, _ chain: [Int]) -> [Int]? {
    let whole = shape(input)
    // What is chosen by numbers that come with the data may be any; and an input may be too large to write down its places.
    guard !chain.isEmpty, whole.rank > 1, whole[0] > 0, whole.count <= 1 << 22,
      chain.allSatisfy({ nodes[$0].operands.count == 1 })
    else { return nil }
    var places = Values(whole, (0..<whole.count).map(Double.init))
    for node in chain {
      guard let choice = operation(node) as? any TracedOperation else { return nil }
      places = Values(shape(node), choice.values([places], shape(node)))
    }
    let (width, chosen) = (whole.count / whole[0], Set(places.numbers.map { Int($0) }))
    let columns = Set(chosen.map { $0 % width }).sorted()
    guard columns.count < width, chosen.count == whole[0] * columns.count else { return nil }
    return columns
  }
}
