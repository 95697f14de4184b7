import Tensors

/// 1,797 handwritten digits of 8x8 pixels, 10 classes, shipped inside the program: the test part of "Optical Recognition
/// of Handwritten Digits", E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, CC BY 4.0.
public struct Digits: Sendable {
  /// Pixels of an image.
  public static let pixelCount = 64
  /// Classes.
  public static let classCount = 10

  /// The images, row by row, ink from 0 to 1.
  public let images: [[Float]]
  /// Their classes.
  public let labels: [Int]

  /// Reads the digits: a line an image, a character a pixel (ink 0 to 16 as 0-9, a-g), then the class.
  public static let all: Digits = {
    var images: [[Float]] = []
    var labels: [Int] = []
    for line in PackageResources.digits_txt.split(separator: UInt8(ascii: "\n")) {
      precondition(line.count == pixelCount + 1, "the embedded digits are damaged")
      images.append(line.prefix(pixelCount).map { Float(ink($0)) / 16 })
      labels.append(ink(line[line.startIndex + pixelCount]))
    }
    return Digits(images: images, labels: labels)
  }()

  private static func ink(_ character: UInt8) -> Int {
    character <= UInt8(ascii: "9")
      ? Int(character) - Int(UInt8(ascii: "0")) : Int(character) - Int(UInt8(ascii: "a")) + 10
  }

  /// Some images as one array `[count, 64]`.
  public func images(_ indices: [Int]) throws(TensorError) -> DataArray {
    try DataArray([indices.count, Self.pixelCount], indices.flatMap { images[$0] })
  }
}
