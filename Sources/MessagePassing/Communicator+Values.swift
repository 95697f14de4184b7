// Arrays and single values instead of buffers. The elements' bytes travel as they are, so they
// must mean the same in another process: numbers and structs of numbers do, pointers do not.

extension Communicator {
  /// Replaces `values` on every rank by those of the root.
  ///
  /// - Parameters:
  ///   - values: as many on every rank.
  ///   - root: the rank that gives, in `0 ..< size`.
  /// - Throws: ``MessagePassingError`` where a call of the library fails, or
  ///   (code `noSuchRank`) the root is no rank.
  public func broadcast<Element: BitwiseCopyable>(
    _ values: inout [Element], from root: Int = 0
  ) throws(MessagePassingError) {
    try values.withUnsafeMutableBufferPointer { buffer throws(MessagePassingError) in
      try broadcast(UnsafeMutableRawBufferPointer(buffer), from: root)
    }
  }

  /// The root's value, on every rank.
  ///
  /// - Parameters:
  ///   - value: what the root gives; ignored on the others.
  ///   - root: the rank that gives, in `0 ..< size`.
  /// - Returns: the root's value.
  /// - Throws: ``MessagePassingError`` where a call of the library fails, or
  ///   (code `noSuchRank`) the root is no rank.
  public func broadcast<Value: BitwiseCopyable>(
    _ value: Value, from root: Int = 0
  ) throws(MessagePassingError) -> Value {
    var values = [value]
    try broadcast(&values, from: root)
    return values[0]
  }

  /// Replaces `values` on every rank by those of the root, whose number only the root need know.
  ///
  /// - Parameters:
  ///   - values: on ranks other than the root, ignored and resized.
  ///   - root: the rank that gives, in `0 ..< size`.
  /// - Throws: ``MessagePassingError`` where a call of the library fails, or
  ///   (code `noSuchRank`) the root is no rank.
  public func broadcast<Element: BitwiseCopyable>(
    resizing values: inout [Element], from root: Int = 0
  ) throws(MessagePassingError) {
    let count = try broadcast(values.count, from: root)
    guard rank != root else { return try broadcast(&values, from: root) }
    var bytes = [UInt8](repeating: 0, count: count * MemoryLayout<Element>.stride)
    try broadcast(&bytes, from: root)
    values = elements(of: bytes)
  }
}

extension Communicator {
  /// Replaces each integer on every rank by the ranks' exact sum at its index; beyond 64 bits it wraps.
  ///
  /// - Parameter values: as many on every rank.
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  public func sum(_ values: UnsafeMutableBufferPointer<Int64>) throws(MessagePassingError) {
    try reduce(values, by: .sum)
  }

  /// Replaces each integer on every rank by the ranks' sum, maximum or minimum at its index.
  ///
  /// - Parameters:
  ///   - values: as many on every rank.
  ///   - operation: what to combine them by, the same on every rank.
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  public func reduce(
    _ values: inout [Int64], by operation: Reduction
  ) throws(MessagePassingError) {
    try values.withUnsafeMutableBufferPointer { buffer throws(MessagePassingError) in
      try reduce(buffer, by: operation)
    }
  }

  /// Replaces each integer on every rank by the ranks' exact sum at its index; beyond 64 bits it wraps.
  ///
  /// - Parameter values: as many on every rank.
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  public func sum(_ values: inout [Int64]) throws(MessagePassingError) {
    try reduce(&values, by: .sum)
  }

  /// Replaces each number on every rank by the ranks' floating-point sum at its index, whose bits depend on the number
  /// of ranks and on the library.
  ///
  /// - Parameter values: as many on every rank.
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  public func sum(_ values: inout [Double]) throws(MessagePassingError) {
    try values.withUnsafeMutableBufferPointer { buffer throws(MessagePassingError) in
      try sum(buffer)
    }
  }

  /// Replaces each number on every rank by the ranks' floating-point sum at its index, whose bits depend on the number
  /// of ranks and on the library.
  ///
  /// - Parameter values: as many on every rank.
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  public func sum(_ values: inout [Float]) throws(MessagePassingError) {
    try values.withUnsafeMutableBufferPointer { buffer throws(MessagePassingError) in
      try sum(buffer)
    }
  }

  /// The exact sum of the ranks' values, on every rank; beyond 64 bits it wraps.
  ///
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  public func sum(_ value: Int64) throws(MessagePassingError) -> Int64 {
    try reduced(value, by: .sum)
  }

  /// The largest of the ranks' values, on every rank.
  ///
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  public func maximum(_ value: Int64) throws(MessagePassingError) -> Int64 {
    try reduced(value, by: .maximum)
  }

  /// The smallest of the ranks' values, on every rank.
  ///
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  public func minimum(_ value: Int64) throws(MessagePassingError) -> Int64 {
    try reduced(value, by: .minimum)
  }

  private func reduced(
    _ value: Int64, by operation: Reduction
  ) throws(MessagePassingError) -> Int64 {
    var values = [value]
    try reduce(&values, by: operation)
    return values[0]
  }
}

extension Communicator {
  /// Every rank's values, on every rank.
  ///
  /// - Parameter values: what this rank gives; ranks may give different numbers of them.
  /// - Returns: `size` arrays in rank order.
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  public func gather<Element: BitwiseCopyable>(
    _ values: [Element]
  ) throws(MessagePassingError) -> [[Element]] {
    let contributions = try values.withUnsafeBufferPointer { buffer throws(MessagePassingError) in
      try gather(UnsafeRawBufferPointer(buffer))
    }
    return contributions.map(elements(of:))
  }

  /// Every rank's value, on every rank.
  ///
  /// - Parameter value: what this rank gives.
  /// - Returns: `size` values in rank order.
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  public func gather<Value: BitwiseCopyable>(
    _ value: Value
  ) throws(MessagePassingError) -> [Value] {
    try gather([value]).map { $0[0] }
  }
}

/// The elements whose bytes these are, copied at once: one by one takes 100 ns an element here,
/// where the compiler does not know their type.
private func elements<Element: BitwiseCopyable>(of bytes: [UInt8]) -> [Element] {
  let number = bytes.count / MemoryLayout<Element>.stride
  // Empty arrays share their storage, into which the initialiser below would write.
  guard number > 0 else { return [] }
  return Array(unsafeUninitializedCapacity: number) { target, count in
    UnsafeMutableRawBufferPointer(target).copyBytes(from: bytes)
    count = number
  }
}
