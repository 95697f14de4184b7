/// 1,797 handwritten digits of 8x8 pixels, 10 classes, shipped inside the program: the test part of "Optical Recognition
/// of Handwritten Digits", E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, CC BY 4.0.
public enum Digits {
  /// The images.
  public static let all: LabelledImages = {
    let pixelCount = 64
    var pixels: [UInt8] = []
    var labels: [Int] = []
    let bytes = text.withUTF8Buffer { Array($0) }
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      precondition(line.count == pixelCount + 1, "the embedded digits are damaged")
      pixels += line.prefix(pixelCount).map(ink)
      labels.append(Int(ink(line[line.startIndex + pixelCount])))
    }
    return LabelledImages(
      pixels: pixels, fullInk: 16, pixelCount: pixelCount, width: 8, labels: labels)
  }()

  private static func ink(_ character: UInt8) -> UInt8 {
    character <= UInt8(ascii: "9")
      ? character - UInt8(ascii: "0") : character - UInt8(ascii: "a") + 10
  }
}
