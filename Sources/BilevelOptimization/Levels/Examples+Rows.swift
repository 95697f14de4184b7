import Tensors

extension Examples {
  /// Some of the examples: those rows of inputs and targets, and of the extras that go by rows.
  ///
  /// - Parameter rows: Numbers of examples, from 0, in the order in which they are wanted.
  /// - Returns: As many examples.
  /// - Throws: `TensorError` of code `range` for a number that is no example's.
  public func rows(_ rows: [Int]) throws(TensorError) -> Examples {
    func extra(_ extra: Extra) throws(TensorError) -> Extra {
      guard extra.byRow else { return extra }
      return Extra(extra.name, try extra.values.rows(rows), byRow: true)
    }
    var chosen: [Extra] = []
    for one in extras { chosen.append(try extra(one)) }
    return Examples(
      data: try data.rows(rows), target: try target.rows(rows), extras: chosen)
  }

  /// How many examples there are.
  public var rowCount: Int { max(data.rowCount, target.rowCount) }
}

extension DataArray {
  fileprivate var rowCount: Int { shape.rank > 0 ? shape[0] : 0 }

  /// Some of the rows; nothing where there are none at all.
  fileprivate func rows(_ rows: [Int]) throws(TensorError) -> DataArray {
    let count = rowCount
    guard count > 0 else { return self }
    guard rows.allSatisfy({ (0..<count).contains($0) }) else {
      throw TensorError(.range, "a batch asks for a row beyond the \(count) that there are")
    }
    let width = shape.count / count
    func chosen<Number: BitwiseCopyable>(_ numbers: [Number]) -> [Number] {
      numbers.withUnsafeBufferPointer { numbers in
        Array(unsafeUninitializedCapacity: rows.count * width) { result, count in
          guard let source = numbers.baseAddress, let target = result.baseAddress else { return }
          for (place, row) in rows.enumerated() {
            (target + place * width).initialize(from: source + row * width, count: width)
          }
          count = rows.count * width
        }
      }
    }
    let sizes = Shape([rows.count] + shape.sizes.dropFirst())
    return switch storage {
    case .single(let numbers): try DataArray(sizes, chosen(numbers))
    case .double(let numbers): try DataArray(sizes, chosen(numbers))
    }
  }
}
