import Models
import Tensors

/// A lower objective over rows in slabs: a mean over a task's rows, with terms that contain none, is the mean of what it is over
/// slabs of them, weighted by their rows; so are its derivatives. A rank has the slabs that are its own, and no others.
final class SlabbedLowerProgram: LowerProgram, FormedProgram {
  let form: Examples.Form
  private let sums: SlabSums
  private let slabs: [Slab]
  private let weights: [Double]
  private let lowerStore, upperStore, number: VectorStore
  let point, vector: Elements
  private let gradientSum, productSum, upperSum, loss1: Elements
  var draws = MaskSource().lower(0)

  /// Some neighbouring rows, and the objective over them.
  private struct Slab {
    let number: Int
    let rows: Range<Int>
    let program: PlannedLowerProgram
  }

  /// Plans the slabs of this rank.
  ///
  /// - Parameters:
  ///   - examples: All of the rows.
  ///   - counts: The upper and the lower parameters.
  ///   - precision: The arithmetic.
  ///   - sums: Adds slabs up.
  ///   - make: Plans the objective for examples.
  /// - Throws: ``HypergradientError`` for fewer rows than slabs; what planning throws.
  init(
    _ examples: Examples, _ counts: (upper: Int, lower: Int), _ precision: Precision,
    _ sums: SlabSums, make: (Examples) throws -> PlannedLowerProgram
  ) throws {
    form = examples.form
    self.sums = sums
    let rows = examples.rowCount
    try HypergradientError.require(
      rows >= sums.count,
      "slabs=\(sums.count): a task has \(rows) rows for its lower objective; set at most as many slabs"
    )
    slabs = try sums.own.map { number in
      let rows = SlabSums.part(number, of: sums.count, in: rows)
      return Slab(number: number, rows: rows, program: try make(examples.slab(rows)))
    }
    weights = slabs.map { Double($0.rows.count) / Double(rows) }
    try sums.reserve(max(counts.upper, counts.lower, 1))
    func store(_ vectors: Int, _ count: Int) throws(TensorError) -> VectorStore {
      try VectorStore(vectors: vectors, count: count, precision, for: "the sums over slabs")
    }
    lowerStore = try store(4, counts.lower)
    upperStore = try store(1, counts.upper)
    number = try store(1, 1)
    (point, vector, gradientSum, productSum) = (
      lowerStore[0], lowerStore[1], lowerStore[2], lowerStore[3]
    )
    (upperSum, loss1) = (upperStore[0], number[0])
  }

  /// What is the same of all slabs.
  private var any: PlannedLowerProgram { slabs[0].program }
  var isDrawn: Bool { any.isDrawn }
  var dependsOnUpper: Bool { any.dependsOnUpper }
  var flatParameters: [Parameter] { any.flatParameters }
  var stopped: StoppedGradients { any.stopped }
  var strengths: Elements? { any.strengths }

  var byteCount: Int {
    slabs.reduce(lowerStore.byteCount + upperStore.byteCount) { $0 + $1.program.byteCount }
  }

  func isFor(_ examples: Examples) -> Bool { examples.have(form) }

  /// Sets the upper parameters and the data.
  func load(_ upper: [Double], _ examples: Examples) throws {
    for slab in slabs { try slab.program.load(upper, examples.slab(slab.rows)) }
    draws = MaskSource().lower(0)
  }

  func gradient() -> Elements {
    move()
    sum(into: gradientSum) { $0.gradient() }
    return gradientSum
  }

  var lastGradient: Elements { gradientSum }

  func loss() -> Double {
    // A slab's loss has its gradient computed before it, as the whole's has.
    sum(into: loss1) { $0.lossElement() }
    return loss1[0]
  }

  func direct() -> Elements {
    sum(into: upperSum) { $0.direct() }
    return upperSum
  }

  func linearise() { for slab in slabs { slab.program.linearise() } }

  func lineariseAlone() {
    move()
    for slab in slabs { slab.program.lineariseAlone() }
  }

  func hessianVectorProduct() -> Elements {
    turn()
    sum(into: productSum) { $0.hessianVectorProduct() }
    return productSum
  }

  func transposedProduct() -> Elements {
    turn()
    sum(into: productSum) { $0.transposedProduct() }
    return productSum
  }

  func mixedProduct() -> Elements {
    turn()
    sum(into: upperSum) { $0.mixedProduct() }
    return upperSum
  }

  /// That of one of this rank's slabs, or word that another rank has one: the ranks go on from it alike.
  func originOfNonFinite(in part: LowerProgramPart) throws(TensorError) -> NonFiniteCause? {
    var own: NonFiniteCause?
    for slab in slabs where own == nil { own = try slab.program.originOfNonFinite(in: part) }
    let weight = own.map { $0.isOperation ? 2 : 1 } ?? 0
    let largest = sums.maximum(weight)
    return largest > weight ? .elsewhere(isOperation: largest == 2) : own
  }

  private func sum(into result: Elements, _ part: (PlannedLowerProgram) -> Elements) {
    sums.sum(slabs.map { part($0.program) }, weights: weights, into: result)
  }

  /// Gives all slabs the point, and draws of their own.
  private func move() {
    for slab in slabs {
      slab.program.point.copy(from: point)
      slab.program.draws = draws.ofSlab(slab.number)
    }
  }

  /// Gives all slabs the vector.
  private func turn() { for slab in slabs { slab.program.vector.copy(from: vector) } }
}
