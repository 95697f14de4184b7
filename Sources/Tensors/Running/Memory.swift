import Foundation

/// A piece of memory of its own, zero at first, aligned to cache lines; large ones are made of large pages where the
/// system has such (fewer misses of the address cache: some 1 % of few-shot and MLP workloads).
final class Memory {
  private static let largePage = 1 << 21
  let base: UnsafeMutableRawPointer
  let byteCount: Int

  /// - Parameters:
  ///   - count: How many pieces, 0 or more.
  ///   - size: The bytes of each, 1 or more.
  ///   - owner: What errors call it: "the vectors of the solve".
  /// - Throws: ``TensorError`` of code `memory` where the system does not give as much.
  init(_ count: Int, of size: Int, for owner: @autoclosure () -> String) throws(TensorError) {
    (base, byteCount) = try Self.allocated(count, of: size, for: owner())
    #if os(Linux)
      // Advice only: where it is not taken, pages are small.
      if Self.isLarge(byteCount) {
        madvise(base, byteCount & ~(Self.largePage - 1), 14 /* MADV_HUGEPAGE */)
      }
    #endif
    base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  deinit { free(base) }

  /// Asks for memory that arrays are about to take, which end the process where they do not get it, and gives it back.
  ///
  /// - Throws: ``TensorError`` of code `memory` where the system does not give as much.
  static func require(
    _ count: Int, of size: Int, for owner: @autoclosure () -> String
  ) throws(TensorError) {
    free(try allocated(count, of: size, for: owner()).base)
  }

  private static func isLarge(_ byteCount: Int) -> Bool { byteCount >= 2 * largePage }

  private static func allocated(
    _ count: Int, of size: Int, for owner: @autoclosure () -> String
  ) throws(TensorError) -> (base: UnsafeMutableRawPointer, byteCount: Int) {
    let (product, overflow) = count.multipliedReportingOverflow(by: size)
    let byteCount = max(product, 64)
    var made: UnsafeMutableRawPointer?
    let alignment = isLarge(byteCount) ? largePage : 64
    if !overflow, posix_memalign(&made, alignment, byteCount) == 0, let made {
      return (made, byteCount)
    }
    let amount = overflow ? "more bytes than can be counted" : "\(byteCount) bytes"
    throw TensorError(
      .memory,
      "\(owner()): the system does not give \(amount) of memory; use fewer examples, a smaller "
        + "model or single precision, or raise the limits of the process")
  }
}

/// Asks for the memory of arrays of 64-bit numbers that are about to be made; see ``Memory/require(_:of:for:)``.
package func requireMemory(
  ofNumbers count: Int, for owner: @autoclosure () -> String
) throws(TensorError) {
  try Memory.require(count, of: MemoryLayout<Double>.stride, for: owner())
}

/// Elements of a program's memory, or a solver's: numbers of one precision that stay where they are.
/// Valid as long as what they belong to.
public struct Elements {
  @usableFromInline let base: UnsafeMutableRawPointer
  /// How many elements.
  public let count: Int
  /// Their precision.
  public let precision: Precision

  package func set(_ values: UnsafeBufferPointer<Double>) {
    precondition(values.count == count, "\(count) elements were given \(values.count) values")
    switch precision {
    case .single:
      let target = base.assumingMemoryBound(to: Float.self)
      for index in 0..<count { target[index] = Float(values[index]) }
    case .double:
      let target = base.assumingMemoryBound(to: Double.self)
      for index in 0..<count { target[index] = values[index] }
    }
  }

  package func set(_ values: [Double]) {
    values.withUnsafeBufferPointer(set)
  }

  package func set(_ values: [Float]) {
    precondition(values.count == count, "\(count) elements were given \(values.count) values")
    switch precision {
    case .single:
      values.withUnsafeBytes {
        base.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(base), byteCount: $0.count)
      }
    case .double:
      let target = base.assumingMemoryBound(to: Double.self)
      for index in 0..<count { target[index] = Double(values[index]) }
    }
  }

  /// Sets every element, the first one first, without an array between.
  package func set(each value: () -> Double) {
    switch precision {
    case .single:
      let target = base.assumingMemoryBound(to: Float.self)
      for index in 0..<count { target[index] = Float(value()) }
    case .double:
      let target = base.assumingMemoryBound(to: Double.self)
      for index in 0..<count { target[index] = value() }
    }
  }

  package func copy(from other: Elements) {
    precondition(other.count == count && other.precision == precision, "elements differ in kind")
    base.copyMemory(from: other.base, byteCount: count * precision.byteCount)
  }

  /// Some of them, one after another: their memory, not a copy.
  package func piece(_ range: Range<Int>) -> Elements {
    precondition(0 <= range.lowerBound && range.upperBound <= count, "a piece beyond the elements")
    return Elements(
      base: base + range.lowerBound * precision.byteCount, count: range.count, precision: precision)
  }

  /// The largest magnitude of an element, 0 where there are none; not finite where one is not.
  package var largestMagnitude: Double {
    // Bits without the sign order magnitudes, and what is not a number comes last: loops of integers, for
    // vectors.
    switch precision {
    case .single:
      let source = base.assumingMemoryBound(to: Float.self)
      var bits: UInt32 = 0
      for index in 0..<count { bits = max(bits, source[index].bitPattern & ~(1 << 31)) }
      return Double(Float(bitPattern: bits))
    case .double:
      let source = base.assumingMemoryBound(to: Double.self)
      var bits: UInt64 = 0
      for index in 0..<count { bits = max(bits, source[index].bitPattern & ~(1 << 63)) }
      return Double(bitPattern: bits)
    }
  }

  package func fill(_ value: Double) {
    for index in 0..<count { self[index] = value }
  }

  /// One element, in 0 ..< ``count`` (not checked). What is set is rounded to the precision.
  public subscript(index: Int) -> Double {
    get {
      switch precision {
      case .single: Double(base.assumingMemoryBound(to: Float.self)[index])
      case .double: base.assumingMemoryBound(to: Double.self)[index]
      }
    }
    nonmutating set {
      switch precision {
      case .single: base.assumingMemoryBound(to: Float.self)[index] = Float(newValue)
      case .double: base.assumingMemoryBound(to: Double.self)[index] = newValue
      }
    }
  }

  /// x - factor y in double precision, into an array of as many numbers.
  package func subtract(_ factor: Double, times y: Elements, into result: inout [Double]) {
    precondition(y.count == count && y.precision == precision, "elements differ in kind")
    precondition(result.count == count, "\(count) elements were to become \(result.count) numbers")
    result.withUnsafeMutableBufferPointer { result in
      switch precision {
      case .single:
        let x = base.assumingMemoryBound(to: Float.self)
        let y = y.base.assumingMemoryBound(to: Float.self)
        for index in 0..<count { result[index] = Double(x[index]) - factor * Double(y[index]) }
      case .double:
        let x = base.assumingMemoryBound(to: Double.self)
        let y = y.base.assumingMemoryBound(to: Double.self)
        for index in 0..<count { result[index] = x[index] - factor * y[index] }
      }
    }
  }

  /// A copy of all elements.
  public var values: [Double] {
    switch precision {
    case .single:
      let source = UnsafeBufferPointer(
        start: base.assumingMemoryBound(to: Float.self), count: count)
      return source.map(Double.init)
    case .double:
      return Array(
        UnsafeBufferPointer(start: base.assumingMemoryBound(to: Double.self), count: count))
    }
  }
}
