import Foundation

/// Maps numbers to an axis.
package struct Scale {
  package let low: Double
  package let high: Double
  package let isLogarithmic: Bool

  /// An axis that has room for all numbers; logarithmic where that is asked for and possible.
  package init(_ numbers: [Double], isLogarithmic: Bool = false) {
    let finite = numbers.filter(\.isFinite)
    let (least, most) = (finite.min() ?? 0, finite.max() ?? 1)
    self.isLogarithmic = isLogarithmic && least > 0 && (most / least).isFinite
    if self.isLogarithmic {
      let spread = max(most / least, 1.05)
      low = least / pow(spread, 0.04)
      high = most * pow(spread, 0.04)
    } else {
      let spread = most > least ? most - least : max(abs(most), 1) * 0.1
      low = least >= 0 && least < 0.3 * most ? 0 : least - 0.04 * spread
      high = most + 0.04 * spread
    }
  }

  /// An axis from one number to another, exactly.
  package init(from low: Double, to high: Double) {
    self.low = low
    self.high = high > low ? high : low + 1
    isLogarithmic = false
  }

  /// Whether numbers differ so much that only a logarithmic axis shows them all.
  package static func wantsLogarithm(_ numbers: [Double]) -> Bool {
    let finite = numbers.filter(\.isFinite)
    guard let least = finite.min(), let most = finite.max(), least > 0 else { return false }
    return most > 30 * least
  }

  /// Where a number lies, from 0 to 1; numbers outside lie on the edge.
  package func place(_ number: Double) -> Double {
    let place =
      isLogarithmic
      ? log(max(number, low) / low) / log(high / low) : (number - low) / (high - low)
    return min(max(place, 0), 1)
  }

  /// Round numbers within the axis, about so many.
  package func ticks(_ wanted: Int) -> [Double] {
    if isLogarithmic {
      let decades = (Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))).map { $0 }
      for steps in [[1.0, 2, 5], [1.0, 3], [1.0]] {
        let ticks = decades.flatMap { decade in steps.map { $0 * pow(10, Double(decade)) } }
          .filter { (low...high).contains($0) }
        if ticks.count <= wanted + 2, ticks.count >= 2 { return ticks }
        if steps.count == 1, ticks.count > wanted {
          let stride = (ticks.count + wanted - 1) / wanted
          return ticks.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
        }
      }
    }
    let raw = (high - low) / Double(max(wanted, 1))
    let power = pow(10, log10(raw).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= raw * 0.999 } ?? raw
    var ticks: [Double] = []
    var index = (low / step).rounded(.up)
    while index * step <= high * (1 + 1e-12), ticks.count < 50 {
      ticks.append(index * step)
      index += 1
    }
    return ticks
  }

  /// A number as an axis shows it.
  package static func text(_ number: Double) -> String {
    let size = abs(number)
    if number == 0 { return "0" }
    guard number.isFinite else { return "\(number)" }
    if size >= 1e5 || size < 1e-3 {
      let exponent = Int(log10(size).rounded(.down))
      let factor = number / pow(10, Double(exponent))
      let mantissa = String(format: "%g", (factor * 100).rounded() / 100)
      return mantissa == "1" ? "1e\(exponent)" : "\(mantissa)e\(exponent)"
    }
    return String(format: "%.6g", (number * 1e6).rounded() / 1e6)
  }
}
