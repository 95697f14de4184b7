/// How much memory this process uses, in bytes; `nil` where the system does not tell.
public struct MemoryUse: Sendable, Hashable, Codable {
  /// In the machine's memory now.
  public let resident: Int?
  /// The most that was in the machine's memory so far.
  public let peak: Int?
  /// Virtual memory now: what `ulimit -v` counts.
  public let virtual: Int?

  /// This process's memory now.
  public static var now: MemoryUse { read(root: "") }

  package static func read(root: String) -> MemoryUse {
    let text = SystemText(root: root)
    let file = "/proc/self/status"
    return MemoryUse(
      resident: text.bytes(of: "VmRSS", in: file), peak: text.bytes(of: "VmHWM", in: file),
      virtual: text.bytes(of: "VmSize", in: file))
  }
}
