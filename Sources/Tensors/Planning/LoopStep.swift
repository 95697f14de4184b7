import CKernels

/// An operation that fused loops compute, as one of their steps.
protocol LoopStep: Operation {
  /// How it goes through a loop; `nil` where it is no step of one, for its shapes.
  func form(_ shape: Shape, _ operands: [Shape]) -> LoopForm?
}

/// How a loop reads or writes a value at row r, column c of its space.
enum Access: Hashable {
  /// One value an element.
  case full
  /// One value a column, the same in all rows.
  case row
  /// One value a row, the same in all columns.
  case column
  /// One value.
  case scalar
  /// A window's value for each pixel, where rows are pixels.
  case pooled
}

/// How a step goes through the space of its loop.
struct LoopForm {
  var kind: ck_step_kind
  /// The elements of the space.
  let count: Int
  /// The number that the step takes.
  let number: Double
  /// Whether loops may rather compute it anew than read it from memory.
  let isLight: Bool
  /// How operands are read, and what that demands of the space's columns; `nil` is element by element, or where they
  /// repeat.
  var reads: [(access: Access, columns: Int?)]?
  var result = Access.full
  /// What the result demands of the space's columns.
  var resultColumns: Int?
  /// Height and width of images, where pixels are told apart.
  var images: (height: Int, width: Int) = (0, 0)

  /// A step over the elements of a shape.
  init(_ kind: ck_step_kind, _ space: Shape, number: Double = 0, isLight: Bool = false) {
    (self.kind, count, self.number, self.isLight) = (kind, space.count, number, isLight)
  }
}
