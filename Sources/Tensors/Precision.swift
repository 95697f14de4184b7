import CKernels

/// The arithmetic a program runs in. Values outside programs are always `Double`.
public enum Precision: String, Sendable, CaseIterable {
  /// 32-bit floating point: what training uses.
  case single
  /// 64-bit floating point: what gradient checks use.
  case double

  /// Bytes of an element: 4 or 8.
  public var byteCount: Int { self == .single ? 4 : 8 }

  /// The distance from 1 to the next larger number: 2^-23 or 2^-52.
  public var epsilon: Double { self == .single ? Double(Float.ulpOfOne) : Double.ulpOfOne }

  /// Sums of squares that lost nothing worth a rounding to squares that vanished, and did not overflow.
  var squares: ClosedRange<Double> {
    (self == .single ? 0x1p-80 : 0x1p-900)...Double.greatestFiniteMagnitude
  }

  /// Up to here all whole numbers are held exactly: 2^24 or 2^53.
  var largestExactInteger: Int { self == .single ? 1 << 24 : 1 << 53 }

  var element: ck_element { self == .single ? CK_FLOAT : CK_DOUBLE }
}
