import Foundation

/// What machine and system this process runs on.
public struct MachineDescription: Sendable, Hashable, Codable {
  /// The distribution: `Debian GNU/Linux 12 (bookworm)`.
  public let system: String
  /// The kernel: `Linux 6.1.0 x86_64`.
  public let kernel: String
  /// The processor's name.
  public let processor: String
  /// Its cores, of all sockets together; `nil` where the system does not tell.
  public let cores: Int?
  /// Threads of hardware that the system sees.
  public let threads: Int
  /// Those that this process may run on, fewer where its launcher binds it.
  public let usableThreads: Int
  /// Memory, in bytes.
  public let memory: Int?
  /// Memory that is free, or could be made so, in bytes.
  public let availableMemory: Int?

  package init(
    system: String, kernel: String, processor: String, cores: Int?, threads: Int,
    usableThreads: Int, memory: Int?, availableMemory: Int?
  ) {
    self.system = system
    self.kernel = kernel
    self.processor = processor
    self.cores = cores
    self.threads = threads
    self.usableThreads = usableThreads
    self.memory = memory
    self.availableMemory = availableMemory
  }

  /// This machine.
  public static var current: MachineDescription { read(root: "") }

  package static func read(root: String) -> MachineDescription {
    let text = SystemText(root: root)
    let threads = ProcessInfo.processInfo.processorCount
    let usable = text.value(of: "Cpus_allowed_list", in: "/proc/self/status").map(count)
    return MachineDescription(
      system: systemName(text) ?? ProcessInfo.processInfo.operatingSystemVersionString,
      kernel: kernelName, processor: processorName(text), cores: cores(text), threads: threads,
      usableThreads: usable ?? threads, memory: text.bytes(of: "MemTotal", in: "/proc/meminfo"),
      availableMemory: text.bytes(of: "MemAvailable", in: "/proc/meminfo"))
  }

  private static func systemName(_ text: SystemText) -> String? {
    let lines = text("/etc/os-release")?.split(separator: "\n") ?? []
    let line = lines.first { $0.hasPrefix("PRETTY_NAME=") }
    return line.map { $0.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" } }
  }

  private static func processorName(_ text: SystemText) -> String {
    text.value(of: "model name", in: "/proc/cpuinfo")
      ?? text.value(of: "Model", in: "/proc/cpuinfo") ?? "unknown"
  }

  /// Sockets and cores that the threads of `/proc/cpuinfo` name, each pair once.
  private static func cores(_ text: SystemText) -> Int? {
    var pairs: Set<String> = []
    var socket = ""
    for line in text("/proc/cpuinfo")?.split(separator: "\n") ?? [] {
      if line.hasPrefix("physical id") { socket = String(line) }
      if line.hasPrefix("core id") { pairs.insert("\(socket) \(line)") }
    }
    return pairs.isEmpty ? nil : pairs.count
  }

  /// How many numbers a list such as `0-3,8` has.
  private static func count(_ list: String) -> Int {
    list.split(separator: ",").reduce(0) { sum, range in
      let ends = range.split(separator: "-").compactMap { Int($0) }
      return sum + (ends.last ?? 0) - (ends.first ?? 1) + 1
    }
  }

  private static var kernelName: String {
    var names = utsname()
    guard uname(&names) == 0 else { return "unknown" }
    func text<Field>(_ field: Field) -> String {
      withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    return [text(names.sysname), text(names.release), text(names.machine)].joined(separator: " ")
  }
}
