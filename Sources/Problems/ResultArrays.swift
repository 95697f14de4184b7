/// Named arrays that a finished run leaves in a safetensors file of its own, for other programs: names, shapes and types are
/// theirs, and need not be those of the models here.
public struct ResultArrays: Sendable, Equatable {
  /// How elements are stored.
  public enum ElementType: Sendable, Equatable {
    /// 32-bit floating point.
    case single
    /// 64-bit floating point.
    case double
    /// 64-bit whole numbers.
    case whole
  }

  /// One array.
  public struct Entry: Sendable, Equatable {
    /// The name, unique in its file.
    public let name: String
    /// The size of each axis.
    public let shape: [Int]
    /// As many numbers, the last axis running fastest.
    public let values: [Double]
    /// How they are stored.
    public let type: ElementType

    /// An array; there must be as many values as the shape has elements.
    public init(_ name: String, _ shape: [Int], _ values: [Double], _ type: ElementType) {
      self.name = name
      self.shape = shape
      self.values = values
      self.type = type
    }
  }

  /// The file's name in the run's folder.
  public let file: String
  /// The arrays, in order.
  public let arrays: [Entry]

  /// A file's arrays, whose names differ.
  public init(_ file: String, _ arrays: [Entry]) {
    self.file = file
    self.arrays = arrays
  }
}
