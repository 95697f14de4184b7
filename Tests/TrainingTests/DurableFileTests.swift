import Foundation
import Testing
import Training

@Suite struct DurableFileTests {
  @Test func filesArePublishedWhole() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
      .path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try DurableFile.createFolder("\(folder)/a/b")
    try DurableFile.createFolder("\(folder)/a/b")
    for content in [[UInt8](), [1, 2, 3], [UInt8](repeating: 7, count: 1 << 20)] {
      try DurableFile.publish(content, at: "\(folder)/a/b/x")
      #expect(try DurableFile.read("\(folder)/a/b/x") == content)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/a/b") == ["x"])
  }

  @Test func failuresNamePathReasonAndRemedy() {
    for path in ["/nowhere/at/all", "/dev/null/x"] {
      let error = #expect(throws: StateError.self) { try DurableFile.publish([1], at: path) }
      #expect(error?.code == .notWritten)
      #expect(error?.description.contains(path) == true)
      #expect(error?.message.contains("choose another --output") == true)
      #expect(error?.exitCode == .inputOutput)
    }
    let read = #expect(throws: StateError.self) { try DurableFile.read("/nowhere") }
    #expect(read?.description == "/nowhere: cannot be read: no such file; check the path")
    #expect(throws: StateError.self) { try DurableFile.createFolder("/dev/null/x") }
  }
}
