import CZlib
import Foundation

/// An image as a PNG in the page itself (PNG specification, 2nd edition).
enum PageImage {
  /// The address of an image: grey, with ink from 0, white, to 1, black; or with three channels, of light of each colour.
  static func address(_ pixels: [Float], width: Int, channels: Int) -> String {
    let bytes = Data(png(pixels, width: width, channels: channels))
    return "data:image/png;base64,\(bytes.base64EncodedString())"
  }

  static func png(_ pixels: [Float], width: Int, channels: Int) -> [UInt8] {
    let isGrey = channels == 1
    let length = width * channels
    let height = length > 0 ? pixels.count / length : 0
    var rows: [UInt8] = []
    for row in 0..<height {
      rows.append(0)  // No filter.
      rows += pixels[row * length..<(row + 1) * length].map { value in
        let light = min(max(isGrey ? 1 - value : value, 0), 1)
        return UInt8((255 * light).rounded())
      }
    }
    // Eight bits a channel; the type of grey images is 0, that of colours 2.
    let header = bigEndian(width) + bigEndian(height) + [8, isGrey ? 0 : 2, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
      + chunk("IDAT", deflated(rows)) + chunk("IEND", [])
  }

  private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + content
    let checksum = crc32(0, body, UInt32(body.count))
    return bigEndian(content.count) + body + bigEndian(Int(checksum))
  }

  private static func bigEndian(_ number: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).bigEndian) { Array($0) }
  }

  private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var size = compressBound(UInt(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(size))
    let status = compress2(&result, &size, bytes, UInt(bytes.count), 9)
    precondition(status == Z_OK, "zlib needs no more room than it says")
    return Array(result[..<Int(size)])
  }
}
