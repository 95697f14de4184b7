/// What the system lets this process take, in bytes unless said otherwise; `nil` is no limit, or none that is known.
public struct ProcessLimits: Sendable, Hashable, Codable {
  /// Virtual memory (`ulimit -v`).
  public var addressSpace: Int?
  /// The length of a file (`ulimit -f`).
  public var fileSize: Int?
  /// Open files, a number (`ulimit -n`).
  public var openFiles: Int?
  /// Memory that may be locked (`ulimit -l`), of which fast networks want much.
  public var lockedMemory: Int?
  /// Memory of the control group, shared by all of its processes: what containers and schedulers set.
  public var controlGroupMemory: Int?

  /// Limits.
  public init(
    addressSpace: Int? = nil, fileSize: Int? = nil, openFiles: Int? = nil,
    lockedMemory: Int? = nil, controlGroupMemory: Int? = nil
  ) {
    self.addressSpace = addressSpace
    self.fileSize = fileSize
    self.openFiles = openFiles
    self.lockedMemory = lockedMemory
    self.controlGroupMemory = controlGroupMemory
  }

  /// This process's limits.
  public static var current: ProcessLimits { read(root: "") }

  /// The limits that the files under a folder tell, which stands for `/`.
  package static func read(root: String) -> ProcessLimits {
    let text = SystemText(root: root)
    let lines = (text("/proc/self/limits") ?? "").split(separator: "\n")
    func limit(_ name: String) -> Int? {
      let line = lines.first { $0.hasPrefix(name) }
      return line?.dropFirst(name.count).split(separator: " ").first.flatMap { Int($0) }
    }
    return ProcessLimits(
      addressSpace: limit("Max address space"), fileSize: limit("Max file size"),
      openFiles: limit("Max open files"), lockedMemory: limit("Max locked memory"),
      controlGroupMemory: controlGroupMemory(text))
  }

  /// The least limit of the process's control group and of those above it, of version 2 or 1.
  private static func controlGroupMemory(_ text: SystemText) -> Int? {
    var limits: [Int] = []
    for line in (text("/proc/self/cgroup") ?? "").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let (folder, file): (String, String)
      if parts[1].isEmpty {
        (folder, file) = ("/sys/fs/cgroup", "memory.max")
      } else if parts[1].split(separator: ",").contains("memory") {
        (folder, file) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
      } else {
        continue
      }
      // Within a container the path may be the host's; its root is then the group itself.
      for group in groups(above: parts[2]) {
        let number = text("\(folder)\(group)/\(file)")?.prefix { $0.isNumber }
        // Version 1 writes nearly 2^63 for no limit.
        if let bytes = number.flatMap({ Int($0) }), bytes < 1 << 60 { limits.append(bytes) }
      }
    }
    return limits.min()
  }

  /// `/a/b` as `/a/b`, `/a` and the root.
  private static func groups(above path: Substring) -> [String] {
    let names = path.split(separator: "/")
    return (0...names.count).reversed().map { count in
      names.prefix(count).map { "/\($0)" }.joined()
    }
  }
}
