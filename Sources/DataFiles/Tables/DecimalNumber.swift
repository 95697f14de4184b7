/// Numbers as people write them, and nothing else that the standard library takes for one: no hexadecimal ones, and
/// none that are not finite.
package enum DecimalNumber {
  /// The number that a text is: digits with a sign, a point and an exponent of ten where there are such; nil for any
  /// other text, and for numbers beyond those that there are.
  package static func value(of text: some Collection<UInt8>) -> Double? {
    guard text.allSatisfy(isPart), let value = Double(String(decoding: text, as: UTF8.self)),
      value.isFinite
    else { return nil }
    return value
  }

  /// Of the letters, infinities, hexadecimal numbers and those that are none have others than this one.
  private static func isPart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }
}
