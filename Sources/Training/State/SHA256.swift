import CCrypto
import Foundation

/// A SHA-256 (FIPS 180-4) that grows with the bytes it is given; computed by the system's libcrypto.
final class SHA256 {
  private let context: OpaquePointer

  /// The hash of no bytes yet.
  init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      fatalError("libcrypto has no SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes.
  func update(_ bytes: UnsafeRawBufferPointer) {
    guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
      fatalError("libcrypto adds no bytes to a SHA-256")
    }
  }

  /// Adds bytes.
  func update(_ bytes: some ContiguousBytes) { bytes.withUnsafeBytes(update) }

  /// Adds the 8 bytes of a number, the lowest first.
  func update(_ number: UInt64) { withUnsafeBytes(of: number.littleEndian, update) }

  /// The digest of all bytes: 64 hexadecimal digits. Called once, at the end.
  func hexadecimal() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    guard EVP_DigestFinal_ex(context, &digest, nil) == 1 else {
      fatalError("libcrypto ends no SHA-256")
    }
    return digest.map { byte in
      let digits = String(byte, radix: 16)
      return byte < 16 ? "0" + digits : digits
    }.joined()
  }

  /// The digest of some bytes: 64 hexadecimal digits.
  static func hexadecimal(of bytes: some ContiguousBytes) -> String {
    let hash = SHA256()
    hash.update(bytes)
    return hash.hexadecimal()
  }
}
