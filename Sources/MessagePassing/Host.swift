import Foundation

/// This machine, as messages name it.
package enum Host {
  /// The machine's name, asked of the kernel alone: resolving it may take seconds on a cluster.
  package static var name: String {
    var bytes = [UInt8](repeating: 0, count: 256)
    // One byte less than there is room for: a name cut short is not terminated.
    let status = bytes.withUnsafeMutableBytes { buffer in
      gethostname(buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count - 1)
    }
    return status == 0 ? String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) : "unknown"
  }
}
