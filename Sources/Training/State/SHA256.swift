import CCrypto
import Foundation

/// A SHA-256 (FIPS 180-4) that grows with the bytes it is given; computed by the system's libcrypto.
struct SHA256 {
  /// Of the functions that need no memory and no configuration, and so cannot fail.
  private var context = SHA256_CTX()

  /// The hash of no bytes yet.
  init() { SHA256_Init(&context) }

  /// Adds bytes.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    SHA256_Update(&context, bytes.baseAddress, bytes.count)
  }

  /// Adds bytes.
  mutating func update(_ bytes: some ContiguousBytes) { bytes.withUnsafeBytes { update($0) } }

  /// Adds the 8 bytes of a number, the lowest first.
  mutating func update(_ number: UInt64) {
    withUnsafeBytes(of: number.littleEndian) { update($0) }
  }

  /// The digest of all bytes so far: 64 hexadecimal digits.
  func hexadecimal() -> String {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    var context = context
    SHA256_Final(&digest, &context)
    return digest.map { byte in
      let digits = String(byte, radix: 16)
      return byte < 16 ? "0" + digits : digits
    }.joined()
  }

  /// The digest of some bytes: 64 hexadecimal digits.
  static func hexadecimal(of bytes: some ContiguousBytes) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.hexadecimal()
  }
}
