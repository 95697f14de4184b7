import BilevelOptimization
import Foundation

/// Metrics for TensorBoard: an event file, as its documentation has it, that is records of
/// length, masked CRC-32C, an `Event` message, masked CRC-32C. The few fields in use are written by hand: generated code
/// for all of TensorBoard's messages would be a hundred times as long. The one file with the time of day in it.
public final class EventFile {
  let file: AppendedFile
  private let now: () -> Double

  /// Starts a file; a run that is taken up starts another one beside it, and TensorBoard forgets the steps after `steps`
  /// of those before.
  ///
  /// - Parameters:
  ///   - folder: Where TensorBoard is to look; made if need be.
  ///   - steps: Steps made before.
  ///   - now: Seconds since 1970.
  /// - Throws: ``StateError`` where it cannot be written.
  public init(
    in folder: String, after steps: Int,
    now: @escaping () -> Double = { Date().timeIntervalSince1970 }
  ) throws(StateError) {
    self.now = now
    try DurableFile.createFolder(folder)
    // Readers sort by name; the process's number keeps two of the same second apart.
    let path = "\(folder)/events.out.tfevents.\(Int(now())).\(getpid())"
    file = try AppendedFile(path)
    append(step: 0) { $0.text(3, "brain.Event:2") }
    if steps > 0 { append(step: steps + 1) { $0.message(7) { $0.integer(1, 1) } } }
  }

  /// Appends a step. Where the disk is full it is lost.
  public func append(_ s: StepSummary, _ timing: StepTiming?) {
    var scalars = [
      ("loss/upper", s.upperLoss), ("loss/worst task", s.worstUpperLoss),
      ("norm/hypergradient", s.hypergradientNorm), ("norm/lower gradient", s.lowerGradientNorm),
      ("tasks/skipped", Double(s.skipped)), ("tasks/unconverged", Double(s.unconverged)),
      ("tasks/growing", Double(s.growing)),
    ]
    for (figure, value) in zip(s.figures.figures, s.figures.values) {
      let tag = "solve/" + figure.name.replacing("_", with: " ")
      switch value {
      case .number(let number): if let number { scalars.append((tag, number)) }
      case .whole(let whole): scalars.append((tag, Double(whole)))
      case .outcomes, .parameter: break
      }
    }
    for number in s.followed where number.value.isFinite {
      scalars.append(("upper/\(number.name)", number.value))
    }
    if let timing { scalars.append(("time/seconds a step", timing.seconds)) }
    append(step: s.step + 1) { event in
      event.message(5) { summary in
        for (tag, value) in scalars {
          summary.message(1) {
            $0.text(1, tag)
            $0.float(2, Float(value))
          }
        }
      }
    }
  }

  /// Appends a record with an event of the step.
  private func append(step: Int, _ content: (inout WireMessage) -> Void) {
    var event = WireMessage()
    event.double(1, now())
    event.integer(2, step)
    content(&event)
    let length = withUnsafeBytes(of: UInt64(event.bytes.count).littleEndian) { Array($0) }
    file.append(
      length + Self.masked(CRC32C.of(length)) + event.bytes + Self.masked(CRC32C.of(event.bytes)))
  }

  /// Checksums of data that hold checksums are better not plain ones.
  private static func masked(_ checksum: UInt32) -> [UInt8] {
    let mask = (checksum >> 15 | checksum << 17) &+ 0xa282_ead8
    return withUnsafeBytes(of: mask.littleEndian) { Array($0) }
  }
}

/// A message of protocol buffers, written field by field.
struct WireMessage {
  private(set) var bytes: [UInt8] = []

  private enum Kind { static let (varint, double, length, float) = (0, 1, 2, 5) }

  mutating func integer(_ field: Int, _ value: Int) {
    key(field, Kind.varint)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func double(_ field: Int, _ value: Double) {
    key(field, Kind.double)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func float(_ field: Int, _ value: Float) {
    key(field, Kind.float)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func text(_ field: Int, _ value: String) { sized(field, Array(value.utf8)) }

  mutating func message(_ field: Int, _ content: (inout WireMessage) -> Void) {
    var inner = WireMessage()
    content(&inner)
    sized(field, inner.bytes)
  }

  private mutating func sized(_ field: Int, _ content: [UInt8]) {
    key(field, Kind.length)
    varint(UInt64(content.count))
    bytes += content
  }

  private mutating func key(_ field: Int, _ kind: Int) { varint(UInt64(field << 3 | kind)) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// The cyclic redundancy check of Castagnoli, Brauer and Herrmann (1993), which zlib does not have.
package enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1 }
  }

  /// The checksum of some bytes.
  package static func of(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crc, byte in
      table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8
    }
  }
}
