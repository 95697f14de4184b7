/// The sizes of a tensor's axes, the outermost first; `[]` is a scalar. Images are
/// `[images, height, width, channels]`.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The size of each axis, the outermost first.
  public let sizes: [Int]

  /// A shape with the given sizes, the outermost axis first.
  public init(_ sizes: [Int]) {
    self.sizes = sizes
  }

  /// A shape with the given sizes, the outermost axis first.
  public init(arrayLiteral sizes: Int...) {
    self.sizes = sizes
  }

  /// The shape of a single number.
  public static let scalar = Shape([])

  /// The number of axes.
  public var rank: Int { sizes.count }

  /// The number of elements: the product of the sizes, 1 for a scalar.
  public var count: Int { sizes.reduce(1, *) }

  /// The size of an axis, in 0 ..< ``rank``.
  public subscript(axis: Int) -> Int { sizes[axis] }

  /// The sizes in brackets: `[2, 3]`.
  public var description: String {
    "[\(sizes.map(String.init).joined(separator: ", "))]"
  }

  /// The shape without some axes.
  func removing(_ axes: Range<Int>) -> Shape {
    Shape(Array(sizes[..<axes.lowerBound] + sizes[axes.upperBound...]))
  }

  /// The shape as `[outer][middle][inner]` around a range of axes.
  func split(around axes: Range<Int>) -> (outer: Int, middle: Int, inner: Int) {
    (
      sizes[..<axes.lowerBound].reduce(1, *), sizes[axes].reduce(1, *),
      sizes[axes.upperBound...].reduce(1, *)
    )
  }
}
