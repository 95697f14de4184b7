/// A tensor of a file: a name, and elements of one type in a shape.
public struct NamedTensor: Sendable, Equatable {
  /// Element types.
  public enum ElementType: String, Sendable, CaseIterable {
    /// 32-bit floating point.
    case float = "F32"
    /// 64-bit floating point.
    case double = "F64"
    /// 64-bit whole numbers.
    case integer = "I64"
    /// Bytes.
    case byte = "U8"

    /// Bytes of an element.
    public var byteCount: Int {
      switch self {
      case .float: 4
      case .double, .integer: 8
      case .byte: 1
      }
    }
  }

  /// The name, unique in its file.
  public let name: String
  /// The type of its elements.
  public let type: ElementType
  /// The size of each axis.
  public let shape: [Int]
  /// Its elements, little-endian, the last axis running fastest.
  public let data: [UInt8]

  /// The bytes must be as many as the type and shape need; the reader has checked it.
  init(name: String, type: ElementType, shape: [Int], data: [UInt8]) {
    self.name = name
    self.type = type
    self.shape = shape
    self.data = data
  }

  /// A tensor of doubles, as many as the shape has elements.
  public init(_ name: String, shape: [Int], _ values: [Double]) {
    self.init(name, shape: shape, elements: values)
  }

  /// A tensor of any of the types that files hold.
  ///
  /// - Parameters:
  ///   - name: The name, unique in its file.
  ///   - shape: The size of each axis, none negative.
  ///   - elements: As many as the shape has, the last axis running fastest.
  public init<Element: StoredElement>(_ name: String, shape: [Int], elements: [Element]) {
    precondition(
      shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) == elements.count,
      "\(name): \(elements.count) values for \(shape)")
    let size = Element.storedType.byteCount
    let count = elements.count * size
    let data = [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
      for (index, element) in elements.enumerated() {
        let bits = element.storedBits
        for byte in 0..<size {
          bytes[index * size + byte] = UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte))
        }
      }
      initialized = count
    }
    self.init(name: name, type: Element.storedType, shape: shape, data: data)
  }

  /// The elements in the type that they were stored in.
  ///
  /// - Parameter type: The type to have them in.
  /// - Returns: The elements, or nil where they are of another type.
  public func elements<Element: StoredElement>(of type: Element.Type) -> [Element]? {
    self.type == Element.storedType ? map { Element(storedBits: $0) } : nil
  }

  /// The elements as doubles; whole numbers beyond 2^53 are rounded.
  public var values: [Double] {
    let number = number
    return map { number($0) }
  }

  /// The smallest element, their sum and the largest, as doubles, without a copy of them; nil where there are none.
  var range: (least: Double, sum: Double, most: Double)? {
    let number = number
    var range: (least: Double, sum: Double, most: Double)?
    forEach { bits in
      let value = number(bits)
      let known = range ?? (value, 0, value)
      range = (
        value < known.least ? value : known.least, known.sum + value,
        value > known.most ? value : known.most
      )
    }
    return range
  }

  /// What makes a double of an element's bits.
  private var number: (UInt64) -> Double {
    switch type {
    case .float: { Double(Float(storedBits: $0)) }
    case .double: { Double(storedBits: $0) }
    case .integer: { Double(Int64(storedBits: $0)) }
    case .byte: { Double($0) }
    }
  }

  private func map<Element>(_ element: (UInt64) -> Element) -> [Element] {
    var elements: [Element] = []
    elements.reserveCapacity(data.count / type.byteCount)
    forEach { elements.append(element($0)) }
    return elements
  }

  private func forEach(_ body: (UInt64) -> Void) {
    let size = type.byteCount
    data.withUnsafeBufferPointer { bytes in
      for index in 0..<bytes.count / size {
        var bits: UInt64 = 0
        for byte in 0..<size { bits |= UInt64(bytes[index * size + byte]) << UInt64(8 * byte) }
        body(bits)
      }
    }
  }
}

/// A number type that files hold: `Float`, `Double`, `Int64` and `UInt8`.
public protocol StoredElement: Sendable {
  /// Its name in files, and its size.
  static var storedType: NamedTensor.ElementType { get }
  /// Its bits, the others 0.
  var storedBits: UInt64 { get }
  /// The number with these bits; those that the type has no room for do not matter.
  init(storedBits: UInt64)
}

extension Float: StoredElement {
  /// F32.
  public static var storedType: NamedTensor.ElementType { .float }
  /// The bits of IEEE 754.
  public var storedBits: UInt64 { UInt64(bitPattern) }
  /// The number with the low 32 bits.
  public init(storedBits: UInt64) {
    self.init(bitPattern: UInt32(truncatingIfNeeded: storedBits))
  }
}

extension Double: StoredElement {
  /// F64.
  public static var storedType: NamedTensor.ElementType { .double }
  /// The bits of IEEE 754.
  public var storedBits: UInt64 { bitPattern }
  /// The number with these bits.
  public init(storedBits: UInt64) { self.init(bitPattern: storedBits) }
}

extension Int64: StoredElement {
  /// I64.
  public static var storedType: NamedTensor.ElementType { .integer }
  /// Two's complement.
  public var storedBits: UInt64 { UInt64(bitPattern: self) }
  /// The number with these bits.
  public init(storedBits: UInt64) { self.init(bitPattern: storedBits) }
}

extension UInt8: StoredElement {
  /// U8.
  public static var storedType: NamedTensor.ElementType { .byte }
  /// The byte.
  public var storedBits: UInt64 { UInt64(self) }
  /// The low byte.
  public init(storedBits: UInt64) { self.init(truncatingIfNeeded: storedBits) }
}
