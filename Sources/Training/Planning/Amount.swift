import Foundation

/// Amounts as people write them, with three digits.
package enum Amount {
  /// Bytes: "12.3 MB", in powers of 1000.
  package static func bytes(_ count: Int) -> String {
    var value = Double(count)
    for unit in ["bytes", "kB", "MB", "GB"] {
      if value < 999.5 { return unit == "bytes" ? "\(count) bytes" : "\(digits(value)) \(unit)" }
      value /= 1000
    }
    return "\(digits(value)) TB"
  }

  /// A duration: "123 us", "12.3 ms", "1.23 s", "4 min 10 s", "2 h 5 min", "3 d 4 h".
  package static func time(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e12 else { return "more than 30,000 years" }
    if seconds < 0.9995e-3 { return "\(digits(seconds * 1e6)) us" }
    if seconds < 0.9995 { return "\(digits(seconds * 1e3)) ms" }
    if seconds < 59.95 { return "\(digits(seconds)) s" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    let minutes = whole / 60
    if minutes < 24 * 60 { return "\(minutes / 60) h \(minutes % 60) min" }
    return "\(minutes / (24 * 60)) d \(minutes / 60 % 24) h"
  }

  private static func digits(_ value: Double) -> String {
    switch value {
    case 99.95...: String(format: "%.0f", value)
    case 9.995...: String(format: "%.1f", value)
    case 0.9995...: String(format: "%.2f", value)
    default: String(format: "%.3f", value)
    }
  }
}
