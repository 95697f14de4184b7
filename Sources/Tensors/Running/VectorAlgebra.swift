import CKernels

/// What solvers and optimisers do with flat vectors, through the chosen kernels. The vectors of a call have one length
/// and this precision, which is not checked. Factors are rounded to the precision.
public struct VectorAlgebra {
  /// The vectors' precision.
  public let precision: Precision
  private let kernels: UnsafePointer<ck_kernels>

  package init(_ precision: Precision, _ set: KernelSet) throws(TensorError) {
    self.precision = precision
    kernels = try set.kernels(precision)
  }

  /// The sum of products, added up in lanes over blocks and in double precision over these.
  public func dot(_ x: Elements, _ y: Elements) -> Double {
    kernels.pointee.dot(Int64(x.count), x.base, y.base)
  }

  /// x x, x y and y y as ``dot(_:_:)`` gives them, in one pass over memory.
  package func dots(_ x: Elements, _ y: Elements) -> (xx: Double, xy: Double, yy: Double) {
    var result = (0.0, 0.0, 0.0)
    withUnsafeMutableBytes(of: &result) {
      kernels.pointee.dots(
        Int64(x.count), x.base, y.base, $0.baseAddress?.assumingMemoryBound(to: Double.self))
    }
    return result
  }

  /// The Euclidean norm, of numbers of any size: where their squares would vanish or overflow they are scaled first. Not
  /// finite where one of the numbers is not.
  public func norm(_ x: Elements) -> Double {
    norm(x, squared: dot(x, x))
  }

  /// The norm of a vector whose dot product with itself is known.
  package func norm(_ x: Elements, squared: Double) -> Double {
    precision.squares.contains(squared) ? squared.squareRoot() : scaledNorm(x)
  }

  private func scaledNorm(_ x: Elements) -> Double {
    let largest = x.largestMagnitude
    guard largest > 0, largest.isFinite else { return largest }
    var squared = 0.0
    for index in 0..<x.count {
      let part = x[index] / largest
      squared += part * part
    }
    return largest * squared.squareRoot()
  }

  /// y = y + alpha x, in place.
  public func add(_ alpha: Double, _ x: Elements, to y: Elements) {
    kernels.pointee.add_scaled(Int64(x.count), alpha, x.base, y.base)
  }

  /// y = y + alpha x, in place, and then the dot product of z and y, in one pass over memory. z may be y.
  package func add(_ alpha: Double, _ x: Elements, to y: Elements, dotWith z: Elements) -> Double {
    kernels.pointee.add_scaled_dot(Int64(x.count), alpha, x.base, y.base, z.base)
  }

  /// y = x + beta y, in place.
  public func replace(_ y: Elements, by x: Elements, plus beta: Double) {
    kernels.pointee.scale_add(Int64(x.count), x.base, beta, y.base)
  }

  /// x = 0, in place.
  public func clear(_ x: Elements) {
    x.base.initializeMemory(as: UInt8.self, repeating: 0, count: x.count * precision.byteCount)
  }

  /// Copies rows of a matrix.
  func take(
    _ rows: UnsafePointer<Int64>, _ count: Int, of source: UnsafeRawPointer, _ columns: Int,
    to target: Elements
  ) {
    precondition(count * columns == target.count, "a batch of another size than its input")
    kernels.pointee.take_rows(Int64(count), Int64(columns), rows, source, target.base)
  }

  /// x = alpha x, in place.
  public func scale(_ x: Elements, by alpha: Double) {
    kernels.pointee.scale(Int64(x.count), alpha, x.base)
  }
}

/// Vectors of one length in one piece of memory, zero at first.
public final class VectorStore {
  package let vectors: Int
  /// 4 numbers beside the vectors, in double precision, zero at first.
  public var scalars = [Double](repeating: 0, count: 4)
  private let memory: Memory
  private let stride: Int
  /// The first of the elements, in a piece of vectors.
  private let first: Int
  private let count: Int
  private let precision: Precision

  /// - Parameters:
  ///   - vectors: How many, 0 or more.
  ///   - count: The elements of each, 0 or more and no more than memory can hold.
  ///   - precision: Their precision.
  ///   - owner: What errors call it: "the vectors of the solve".
  /// - Throws: ``TensorError`` of code `memory` where the system does not give as much.
  package init(
    vectors: Int, count: Int, _ precision: Precision, for owner: @autoclosure () -> String
  ) throws(TensorError) {
    stride = (count * precision.byteCount + 63) & ~63
    self.vectors = vectors
    first = 0
    self.count = count
    self.precision = precision
    memory = try Memory(vectors, of: stride, for: owner())
  }

  private init(_ range: Range<Int>, of whole: VectorStore) {
    (first, count) = (whole.first + range.lowerBound, range.count)
    (vectors, stride, memory) = (whole.vectors, whole.stride, whole.memory)
    precision = whole.precision
  }

  /// Some elements of each vector, one after another: their memory, not a copy, with numbers of its own beside them.
  package func piece(_ range: Range<Int>) -> VectorStore {
    precondition(0 <= range.lowerBound && range.upperBound <= count, "a piece beyond the vectors")
    return VectorStore(range, of: self)
  }

  /// Bytes of memory.
  package var byteCount: Int { memory.byteCount }

  package func clear() {
    for index in scalars.indices { scalars[index] = 0 }
    memory.base.initializeMemory(as: UInt8.self, repeating: 0, count: stride * vectors)
  }

  /// One of the vectors, by its number from 0 (not checked): its memory, not a copy. Valid as long as the store.
  public subscript(index: Int) -> Elements {
    Elements(
      base: memory.base + index * stride + first * precision.byteCount, count: count,
      precision: precision)
  }
}
