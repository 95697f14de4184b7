import Foundation

/// This machine's name, as messages show it.
///
/// Asked of the kernel alone: Foundation resolves it, which may take seconds on a cluster.
package func localHostName() -> String {
  // One byte more than gethostname may fill: a name cut short is not terminated.
  var characters = [CChar](repeating: 0, count: 257)
  guard gethostname(&characters, characters.count - 1) == 0 else { return "unknown" }
  let name = characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
  return String(decoding: name, as: UTF8.self)
}
