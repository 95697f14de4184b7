import Foundation
import Machine
import Testing

/// A folder that stands for `/`, with files by their paths.
struct SystemFolder {
  let root: String

  init(_ files: [String: String]) throws {
    root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    for (path, text) in files {
      let url = URL(fileURLWithPath: root + path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
  }

  func remove() { try? FileManager.default.removeItem(atPath: root) }
}

struct ProcessLimitsTests {
  private static let limits = """
    Limit                     Soft Limit           Hard Limit           Units
    Max file size             20480                unlimited            bytes
    Max open files            1024                 20000                files
    Max locked memory         65536                65536                bytes
    Max address space         unlimited            unlimited            bytes
    """

  private func read(_ files: [String: String]) throws -> ProcessLimits {
    let folder = try SystemFolder(files)
    defer { folder.remove() }
    return ProcessLimits.read(root: folder.root)
  }

  @Test func softLimitsAreRead() throws {
    let found = try read(["/proc/self/limits": Self.limits])
    #expect(
      found == ProcessLimits(fileSize: 20480, openFiles: 1024, lockedMemory: 65536))
  }

  @Test func theLeastOfAllControlGroupsCounts() throws {
    let found = try read([
      "/proc/self/cgroup": "0::/jobs/17\n",
      "/sys/fs/cgroup/jobs/17/memory.max": "max\n",
      "/sys/fs/cgroup/jobs/memory.max": "3000000\n",
      "/sys/fs/cgroup/memory.max": "4000000\n",
    ])
    #expect(found.controlGroupMemory == 3_000_000)
  }

  /// Version 1, whose path here is the host's, as in a container.
  @Test func theFirstVersionIsReadToo() throws {
    let files = [
      "/proc/self/cgroup": "5:cpu:/a\n4:memory:/a/b\n0::/\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "5000000\n",
    ]
    #expect(try read(files).controlGroupMemory == 5_000_000)
    let free = files.merging([
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"
    ]) { $1 }
    #expect(try read(free).controlGroupMemory == nil)
  }

  @Test func aSystemWithoutSuchFilesHasNoKnownLimits() throws {
    #expect(try read([:]) == ProcessLimits())
  }
}
