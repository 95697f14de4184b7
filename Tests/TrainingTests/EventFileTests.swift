import Foundation
import TestSupport
import Testing
import Training

@Suite struct EventFileTests {
  /// Numbers of RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
  @Test func checksumsAreThePublishedOnes() {
    #expect(CRC32C.of([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
    #expect(CRC32C.of([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
    #expect(CRC32C.of(Array("123456789".utf8)) == 0xe306_9283)
  }

  private func folder(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func write(_ path: String, _ steps: Range<Int>, at time: Double) throws {
    let file = try EventFile(in: path, after: steps.lowerBound, now: { time })
    for step in steps { file.append(RunRecordsTests.summary(step), nil) }
  }

  /// The records' contents, with every length and checksum checked.
  private func events(_ path: String) throws -> [[UInt8]] {
    var rest = Array(try Data(contentsOf: URL(fileURLWithPath: path)))[...]
    func number(_ count: Int) -> UInt64 {
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    func masked(_ bytes: [UInt8]) -> UInt64 {
      let crc = CRC32C.of(bytes)
      return UInt64((crc >> 15 | crc << 17) &+ 0xa282_ead8)
    }
    var events: [[UInt8]] = []
    while !rest.isEmpty {
      let length = Array(rest.prefix(8))
      let count = Int(number(8))
      try #require(number(4) == masked(length) && rest.count >= count + 4)
      let event = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      try #require(number(4) == masked(event))
      events.append(event)
    }
    return events
  }

  @Test func recordsAreWhole() throws {
    try folder { path in
      try write(path, 0..<3, at: 100)
      let names = try FileManager.default.contentsOfDirectory(atPath: path)
      #expect(names.count == 1 && names[0].hasPrefix("events.out.tfevents.100."))
      let events = try events("\(path)/\(names[0])")
      #expect(events.count == 4)
      // Field 1, a double: the time; then field 2, the step, or field 3, the version.
      #expect(events.allSatisfy { $0[0] == 0x09 })
      #expect(String(decoding: events[0], as: UTF8.self).hasSuffix("brain.Event:2"))
      #expect(events.dropFirst().map { $0[10] } == [1, 2, 3])
      #expect(String(decoding: events[1], as: UTF8.self).contains("loss/upper"))
    }
  }

  /// TensorBoard's own reader, where there is one: a run that was taken up has every step once.
  @Test func tensorBoardReadsThem() throws {
    let script = """
      import sys
      try:
          from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
      except ImportError:
          print("none")
          sys.exit()
      events = EventAccumulator(sys.argv[1])
      events.Reload()
      scalars = events.Scalars("loss/upper")
      print([s.step for s in scalars], round(scalars[-1].value, 6), len(events.Tags()["scalars"]))
      """
    try folder { path in
      try write(path, 0..<5, at: 100)
      try write(path, 3..<7, at: 200)
      let end = try Launcher.command("/usr/bin/env", ["python3", "-c", script, path])
        .wait(seconds: 60)
      guard end.exitCode == 0, !end.output.hasPrefix("none") else {
        print("skipped: there is no TensorBoard here")
        return
      }
      #expect(end.output == "[1, 2, 3, 4, 5, 6, 7] 0.111111 13\n", "\(end.errors)")
    }
  }
}
