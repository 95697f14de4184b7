/// The sizes of a tensor's axes, the outermost first; `[]` is a scalar. Images are
/// `[images, height, width, channels]`.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The size of each axis, the outermost first.
  public let sizes: [Int]
  /// The number of elements: the product of the sizes, 1 for a scalar; the largest integer where that is beyond all.
  public let count: Int
  /// Whether no size is below 0, and the sizes, those of 0 aside, multiply to what an address can reach: then no
  /// product of some of them overflows.
  let isPossible: Bool

  /// A shape with the given sizes, the outermost axis first.
  public init(_ sizes: [Int]) {
    self.sizes = sizes
    isPossible = Self.arePossible(sizes)
    count = isPossible ? sizes.reduce(1, *) : sizes.contains(0) ? 0 : Int.max
  }

  /// A shape with the given sizes, the outermost axis first.
  public init(arrayLiteral sizes: Int...) {
    self.init(sizes)
  }

  /// The shape of a single number.
  public static let scalar = Shape([])

  /// The number of axes.
  public var rank: Int { sizes.count }

  private static func arePossible(_ sizes: [Int]) -> Bool {
    var product = 1
    for size in sizes {
      let (value, overflow) = product.multipliedReportingOverflow(by: max(size, 1))
      if overflow || value > mostElements || size < 0 { return false }
      product = value
    }
    return true
  }

  /// No memory has more elements.
  package static let mostElements = 1 << 47

  /// Whether the sizes are the same.
  public static func == (a: Shape, b: Shape) -> Bool { a.sizes == b.sizes }

  /// Hashes the sizes.
  public func hash(into hasher: inout Hasher) { hasher.combine(sizes) }

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

  /// The shape as `[outer][middle][inner]` around a range of axes; of an impossible shape, any numbers.
  func split(around axes: Range<Int>) -> (outer: Int, middle: Int, inner: Int) {
    (
      sizes[..<axes.lowerBound].reduce(1, &*), sizes[axes].reduce(1, &*),
      sizes[axes.upperBound...].reduce(1, &*)
    )
  }

  /// Whether axes have others of more than one element on both sides.
  func isSplit(inTheMiddle axes: Range<Int>) -> Bool {
    let (outer, _, inner) = split(around: axes)
    return outer > 1 && inner > 1
  }

  /// All axes but the last.
  var leadingAxes: Range<Int> { 0..<max(rank - 1, 0) }

  /// The shape that two repeat to by NumPy's rule; `nil` where they do not fit.
  static func broadcast(_ a: Shape, _ b: Shape) -> Shape? {
    let rank = max(a.rank, b.rank)
    let sizesA = [Int](repeating: 1, count: rank - a.rank) + a.sizes
    let sizesB = [Int](repeating: 1, count: rank - b.rank) + b.sizes
    let fits = zip(sizesA, sizesB).allSatisfy { $0 == $1 || $0 == 1 || $1 == 1 }
    return fits ? Shape(zip(sizesA, sizesB).map { $0 == 1 ? $1 : $0 }) : nil
  }
}
