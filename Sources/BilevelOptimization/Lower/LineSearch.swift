import Tensors

/// Backtracking along a direction, a gradient a lower step (Armijo, 1966): a step that did not lower the loss by 1e-4 of what
/// the slope promises is taken back, and a shorter one tried: to the lowest point of the parabola through what is known, within
/// a tenth and half of it (Nocedal and Wright, 2006, 3.5). Of an optimiser's state it has vectors 0 and 1, the best point and
/// the direction, and scalars 0 to 2, the part of the direction, the best point's loss and the slope there.
enum LineSearch {
  /// The vectors that are its own.
  static let vectors = 2
  /// The part of the decrease that the slope promises which a step must reach.
  private static let sufficient = 1e-4

  static func best(_ state: VectorStore) -> Elements { state[0] }
  static func direction(_ state: VectorStore) -> Elements { state[1] }

  /// Whether the point that the last step came to is better than the best by enough: it becomes the best.
  static func accepts(_ step: Int, _ point: Elements, loss: Double, _ state: VectorStore) -> Bool {
    let bound = state.scalars[1] + sufficient * state.scalars[0] * state.scalars[2]
    guard step == 0 || loss < bound else { return false }
    best(state).copy(from: point)
    state.scalars[1] = loss
    return true
  }

  /// Begins along a new direction, whose slope is below 0.
  static func begin(slope: Double, _ state: VectorStore) {
    state.scalars[0] = 1
    state.scalars[2] = slope
  }

  /// Takes a shorter step than the one that came to a loss.
  static func shorten(loss: Double, _ state: VectorStore) {
    let (part, slope) = (state.scalars[0], state.scalars[2])
    let bend = 2 * (loss - state.scalars[1] - slope * part)
    let lowest = bend > 0 ? -slope * part * part / bend : 0.5 * part
    state.scalars[0] = min(max(0.1 * part, lowest), 0.5 * part)
  }

  /// Moves the point: to the best, and beyond it where the schedule has another step to judge that.
  static func move(
    _ point: Elements, isLast: Bool, _ state: VectorStore, _ algebra: VectorAlgebra
  ) {
    point.copy(from: best(state))
    if !isLast { algebra.add(state.scalars[0], direction(state), to: point) }
  }
}
