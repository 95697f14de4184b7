import Foundation

/// What shows that a launcher is running.
package enum LauncherTrace: Hashable {
  /// The folder of its session.
  case folder(String)
  /// Its server, HOST:PORT, on this machine.
  case server(String)

  /// Whether it is there.
  package var isThere: Bool {
    switch self {
    case .folder(let path): FileManager.default.fileExists(atPath: path)
    case .server(let address): Self.answers(address)
    }
  }

  private static func answers(_ address: String) -> Bool {
    let parts = address.split(separator: ":")
    var place = sockaddr_in()
    guard parts.count == 2, let port = UInt16(parts[1]),
      inet_pton(AF_INET, String(parts[0]), &place.sin_addr) == 1
    else { return false }
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.bigEndian
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return withUnsafePointer(to: place) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
