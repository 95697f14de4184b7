import Tensors

/// The Hessian of a lower objective at its linearised point, plus damping times the identity.
final class LowerHessian: LinearOperator {
  /// Added to the diagonal.
  var damping = 0.0
  private let program: any LowerProgram
  /// Where a damped product goes: the program's own may be the vector itself, or hold zeros that it computes once.
  private let damped: Elements
  private let algebra: VectorAlgebra
  private var fresh: FreshProducts?
  private var failure: (any Error)?

  init(
    _ program: any LowerProgram, damped: Elements, _ algebra: VectorAlgebra, fresh: FreshProducts?
  ) {
    self.program = program
    self.damped = damped
    self.algebra = algebra
    self.fresh = fresh
  }

  var vector: Elements { program.vector }

  func product() -> Elements {
    refresh()
    return damped(program.hessianVectorProduct())
  }

  func transposedProduct() -> Elements {
    refresh()
    return damped(program.transposedProduct())
  }

  private func damped(_ product: Elements) -> Elements {
    if damping == 0 { return product }
    damped.copy(from: product)
    algebra.add(damping, program.vector, to: damped)
    return damped
  }

  /// The program at the examples that the mixed product is to be taken over.
  func programForMixed() throws -> any LowerProgram {
    refresh()
    try rethrow()
    return program
  }

  /// Throws what kept a product from its examples.
  func rethrow() throws { if let failure { throw failure } }

  private func refresh() {
    guard fresh != nil, failure == nil else { return }
    do {
      guard let next = try fresh?.next() else { return }
      guard next === program else {
        throw HypergradientError(
          .shape,
          "fresh products are over examples of different forms; give all the same names and shapes")
      }
    } catch {
      failure = error
    }
  }
}

/// Examples that are new in every product.
struct FreshProducts {
  private let task: LowerTask
  private var number = 0

  /// Those of a task; nil where its products are over the same examples.
  init?(_ task: LowerTask) {
    guard task.data.batches?.hasFreshProducts == true else { return nil }
    self.task = task
  }

  /// The lower program of the next product's examples, linearised at the point; nil where it is so already: at the first.
  mutating func next() throws -> (any LowerProgram)? {
    defer { number += 1 }
    if number == 0 { return nil }
    try task.loadSolve(product: number)
    task.lower.lineariseAlone()
    return task.lower
  }
}
