import CKernels
import Testing

/// Fused loops against a plain reference, over shapes that fit a tile and shapes that do not.
@Suite struct LoopTests {
  static let shapes = [
    (1, 1), (1, 7), (7, 1), (3, 5), (10, 40), (1, 3000), (500, 10), (33, 64), (200, 65), (5, 1500),
    (2, 3136),
  ]
  static let unary = [
    CK_COPY, CK_SCALE, CK_OFFSET, CK_SQUARE, CK_RECIPROCAL, CK_SQUARE_ROOT,
    CK_RECIPROCAL_SQUARE_ROOT, CK_ABSOLUTE, CK_SIGN, CK_EXP, CK_LOG, CK_TANH, CK_SIGMOID,
    CK_SOFTPLUS, CK_RELU, CK_SINE, CK_COSINE, CK_ARCTANGENT, CK_LOG_OF_ONE_PLUS,
    CK_EXP_MINUS_ONE, CK_ERROR_FUNCTION, CK_ROUND, CK_RAISE,
  ]
  static let binary = [
    CK_ADD, CK_SUBTRACT, CK_MULTIPLY, CK_DIVIDE, CK_MAXIMUM, CK_MINIMUM, CK_GREATER, CK_EQUAL,
    CK_PREFER, CK_MASK, CK_WEIGH,
    CK_ADD_SCALED,
  ]
  static let ternary = [
    CK_MULTIPLY_ADD, CK_MULTIPLY_SUBTRACT, CK_NEGATED_MULTIPLY_ADD, CK_CENTRED_SCALED,
    CK_ADD_SCALED_DIFFERENCE,
  ]
  static let ofInputs = [unary, binary, ternary, [CK_CENTRED_SCALED_ADD]]

  /// A loop of random steps: every operand kind, values from 1/2 to 3/2 so that no function has a pole.
  private func randomLoop<Element: KernelElement>(
    _ shape: (Int, Int), seed: Int, _ type: Element.Type
  ) -> LoopCase<Element> {
    var numbers = Numbers(seed)
    let (rows, columns) = shape
    var loop = LoopCase<Element>(rows: rows, columns: columns)
    func values(_ count: Int) -> [Element] {
      (0..<count).map { _ in Element(1 + numbers.value() / 2) }
    }
    let padding = numbers.next() % 2 == 0 ? 0 : 3
    var inputs = [
      loop.full(values(rows * columns), padding: padding), loop.full(values(rows * columns)),
      loop.scalar(values(1)[0]),
    ]
    let isFlat = numbers.next() % 3 == 0
    if !isFlat { inputs += [loop.row(values(columns)), loop.column(values(rows))] }
    for _ in 0..<6 {
      let pick = numbers.next() % 4
      let kinds = Self.ofInputs[Int(pick)]
      let kind = kinds[Int(numbers.next() % UInt64(kinds.count))]
      let operands = (0...Int(pick)).map { _ in inputs[Int(numbers.next() % UInt64(inputs.count))] }
      // Back to the range that suits all functions: e^-|y|, then + 1/2.
      let (raw, bounded) = (loop.temporary(), loop.temporary())
      loop.step(kind, operands, raw, x: 0.75)
      loop.step(CK_ABSOLUTE, [raw], raw)
      loop.step(CK_SCALE, [raw], raw, x: -1)
      loop.step(CK_EXP, [raw], bounded)
      let result =
        numbers.next() % 2 == 0
        ? loop.temporary() : loop.full(values(rows * columns), padding: padding)
      loop.step(CK_OFFSET, [bounded], result, x: 0.5)
      inputs.append(result)
    }
    let last = inputs[inputs.count - 1]
    let other = inputs[Int(numbers.next() % UInt64(inputs.count))]
    loop.step(CK_COPY, [last], loop.full(values(rows * columns)))
    loop.step(CK_SUM_ALL, [last, other], loop.scalar(0))
    loop.step(CK_SUM_ALL, [other], loop.scalar(0))
    if !isFlat {
      loop.step(CK_SUM_ROWS, [last, other], loop.row(values(columns)))
      loop.step(CK_SUM_ROWS, [last], loop.row(values(columns)))
      let (sums, most) = (loop.temporary(CK_TEMPORARY_COLUMN), loop.column(values(rows)))
      loop.step(CK_SUM_COLUMNS, [last, other], sums)
      loop.step(CK_MAX_COLUMNS, [last], most)
      // Values of rows are at hand for later steps.
      loop.step(CK_DIVIDE, [sums, most], sums)
      loop.step(CK_MULTIPLY, [last, sums], loop.full(values(rows * columns)))
    }
    return loop
  }

  private func check<Element: KernelElement>(_ type: Element.Type, _ tolerance: Double) {
    for (index, shape) in Self.shapes.enumerated() {
      for seed in 0..<12 {
        let loop = randomLoop(shape, seed: seed * 100 + index, type)
        let expected = loop.reference()
        var fused: [Element]?
        for kernels in Kernels<Element>.all {
          let found = loop.run(kernels).memory
          let worst = zip(found, expected).map { abs(Double($0) - $1) / max(abs($1), 1) }.max() ?? 0
          #expect(worst < tolerance, "\(shape), seed \(seed), \(kernels.name): \(worst)")
          guard kernels.isFused else { continue }
          #expect(
            fused == nil || fused?.map(\.bits) == found.map(\.bits),
            "\(shape), seed \(seed): AVX2 and AVX-512 differ")
          fused = found
        }
      }
    }
  }

  @Test func singlePrecision() { check(Float.self, 3e-5) }
  // The reference adds up in double precision, too.
  @Test func doublePrecision() { check(Double.self, 1e-12) }

  @Test func oneHotRows() {
    for kernels in Kernels<Float>.all {
      for classes in [1, 5, 10, 17, 40] {
        let labels = (0..<37).map { Float($0 * 7 % classes) }
        var loop = LoopCase<Float>(rows: labels.count, columns: classes)
        let a = loop.column(labels)
        let d = loop.full([Float](repeating: 5, count: labels.count * classes))
        loop.step(CK_ONE_HOT, [a], d)
        let expected = labels.flatMap { label in (0..<classes).map { Float($0) == label ? 1 : 0 } }
        #expect(loop.run(kernels).full(d) == expected.map { Float($0) })
      }
    }
  }

  /// A value that is repeated along the columns is the largest of them, whatever lies beside it.
  @Test func theLargestOfARepeatedValue() {
    for kernels in Kernels<Float>.all {
      var loop = LoopCase<Float>(rows: 3, columns: 21)
      let (column, scalar) = (loop.column([1, 2, 3]), loop.scalar(-5))
      let most = [loop.column([0, 0, 0]), loop.column([0, 0, 0])]
      loop.step(CK_MAX_COLUMNS, [column], most[0])
      loop.step(CK_MAX_COLUMNS, [scalar], most[1])
      let result = loop.run(kernels)
      #expect(result.full(most[0]) == [1, 2, 3] && result.full(most[1]) == [-5, -5, -5])
    }
  }

  @Test func notANumberIsTheLargest() {
    for kernels in Kernels<Double>.all {
      for position in [0, 3, 12, 16] {
        var values = (0..<17).map(Double.init)
        values[position] = .nan
        var loop = LoopCase<Double>(rows: 1, columns: 17)
        let a = loop.full(values)
        let d = loop.column([0])
        loop.step(CK_MAX_COLUMNS, [a], d)
        #expect(loop.run(kernels).full(d)[0].isNaN, "\(kernels.name), \(position)")
      }
    }
  }

  /// Of minus infinity alone the largest is the lowest finite number; of rows of any length, few and many.
  private func largestOfMinusInfinity<Element: KernelElement>(_ type: Element.Type) {
    for kernels in Kernels<Element>.all {
      for columns in [1, 3, 8, 16, 17, 40] {
        for rows in [1, 16, 37] {
          let values = (0..<rows * columns).map { place in
            place / columns % 3 == 1 ? -Element.infinity : Element(place % columns) - 5
          }
          var loop = LoopCase<Element>(rows: rows, columns: columns)
          let a = loop.full(values)
          let d = loop.column([Element](repeating: 7, count: rows))
          loop.step(CK_MAX_COLUMNS, [a], d)
          let wanted = (0..<rows).map { row in
            row % 3 == 1 ? -Element.greatestFiniteMagnitude : Element(columns) - 6
          }
          #expect(loop.run(kernels).full(d) == wanted, "\(kernels.name), \(rows) x \(columns)")
        }
      }
    }
  }

  @Test func theLargestOfMinusInfinity() {
    largestOfMinusInfinity(Float.self)
    largestOfMinusInfinity(Double.self)
  }

  /// Without weight nothing counts; a weight that is not a number does.
  @Test func weights() {
    for kernels in Kernels<Double>.all {
      let weights: [Double] = [0, -0.0, 0, 0, 2, .nan, 0, 0.5, .infinity]
      let values: [Double] = [.infinity, -.infinity, .nan, 3, .infinity, 0, 5, 4, 1]
      var loop = LoopCase<Double>(rows: 1, columns: weights.count)
      let (a, b) = (loop.full(weights), loop.full(values))
      let d = loop.full([Double](repeating: 7, count: weights.count))
      loop.step(CK_WEIGH, [a, b], d)
      let found = loop.run(kernels).full(d)
      #expect(Array(found[..<5]) == [0, 0, 0, 0, .infinity], "\(kernels.name)")
      #expect(found[5].isNaN && Array(found[6...]) == [0, 2, .infinity], "\(kernels.name)")
    }
  }
}
