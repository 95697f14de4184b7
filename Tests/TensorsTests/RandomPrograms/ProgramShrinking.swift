import Tensors

/// Smaller programs, for reports of failures.
extension RandomProgram {
  /// The smallest program that can be reached in steps each of which still fails.
  func shrunk(while fails: (RandomProgram) -> Bool) -> RandomProgram {
    var smallest = self
    var budget = 400
    search: while budget > 0 {
      for candidate in smallest.simplifications {
        budget -= 1
        if budget == 0 { break search }
        if fails(candidate) {
          smallest = candidate
          continue search
        }
      }
      break
    }
    return smallest
  }

  /// Programs that are a step simpler: fewer terms, statements left out or made leaves, axes of size 1 or halved.
  private var simplifications: [RandomProgram] {
    var candidates: [RandomProgram] = []
    for index in terms.indices where terms.count > 1 {
      var copy = self
      copy.terms.remove(at: index)
      candidates.append(copy)
    }
    for index in statements.indices.reversed() {
      for operand in statements[index].operands {
        candidates.append(replacing(index, by: operand))
      }
      if let shape = shapes[index], !statements[index].isLeaf {
        for source in [Source.lower, .data] {
          var copy = self
          copy.statements[index] = .leaf(source, shape)
          candidates.append(copy)
        }
      }
    }
    // What says itself what it means is of one size.
    let sizes = statements.contains(where: \.isMade) ? [] : Set(statements.flatMap(\.axisSizes))
    for size in sizes.sorted(by: >) where size > 1 {
      for smaller in Set([1, 2, size / 2]).sorted() where smaller < size {
        candidates.append(resized(size, to: smaller))
      }
    }
    return candidates.map(\.withoutUnused).filter { $0 != self }
  }

  private func replacing(_ statement: Int, by other: Int) -> RandomProgram {
    func number(_ index: Int) -> Int { index == statement ? other : index }
    var copy = self
    copy.statements = statements.map { $0.renumbered(number) }
    copy.terms = terms.map { Term(statement: number($0.statement), reduction: $0.reduction) }
    return copy
  }

  private func resized(_ size: Int, to smaller: Int) -> RandomProgram {
    func resized(_ shape: Shape) -> Shape { Shape(shape.sizes.map { $0 == size ? smaller : $0 }) }
    var copy = self
    copy.statements = statements.map { statement in
      switch statement {
      case .leaf(let source, let shape): .leaf(source, resized(shape))
      case .reshape(let shape, let x): .reshape(resized(shape), x)
      case .rows(let x, let index):
        .rows(x, index.prefix(index.count == size ? smaller : index.count).map { $0 % smaller })
      case .crossEntropies(let x, let labels):
        .crossEntropies(
          x, labels.prefix(labels.count == size ? smaller : labels.count).map { $0 % smaller })
      default: statement
      }
    }
    return copy
  }

  private var withoutUnused: RandomProgram {
    var isUsed = [Bool](repeating: false, count: statements.count)
    for term in terms { isUsed[term.statement] = true }
    for index in statements.indices.reversed() where isUsed[index] {
      for operand in statements[index].operands { isUsed[operand] = true }
    }
    var numbers: [Int: Int] = [:]
    var copy = RandomProgram()
    for index in statements.indices where isUsed[index] {
      numbers[index] = copy.append(statements[index].renumbered { numbers[$0] ?? 0 })
    }
    copy.terms = terms.map {
      Term(statement: numbers[$0.statement] ?? 0, reduction: $0.reduction)
    }
    return copy
  }

  /// The statements' shapes, where the program is one.
  private var shapes: [Shape?] {
    guard let trace = try? ProgramTrace(self, seed: 0) else {
      return [Shape?](repeating: nil, count: statements.count)
    }
    return trace.shapes
  }
}

extension RandomProgram.Statement {
  fileprivate var isLeaf: Bool { if case .leaf = self { true } else { false } }

  fileprivate var isMade: Bool { if case .made = self { true } else { false } }

  fileprivate var axisSizes: [Int] {
    switch self {
    case .leaf(_, let shape), .reshape(let shape, _): shape.sizes
    case .rows(_, let index): [index.count]
    case .crossEntropies(_, let labels): [labels.count]
    default: []
    }
  }
}
