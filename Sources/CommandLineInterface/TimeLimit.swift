import ArgumentParser

/// A time as people write it: 90s, 10m, 2h, or never.
struct TimeLimit: ExpressibleByArgument, Sendable, Equatable {
  /// Infinity for never.
  let seconds: Double

  init(seconds: Double) { self.seconds = seconds }

  init?(argument: String) {
    if argument == "never" {
      seconds = .infinity
    } else if let time = Self.seconds(argument), time > 0 {
      seconds = Double(time)
    } else {
      return nil
    }
  }

  /// Seconds of a number with a unit; nil for anything else.
  static func seconds(_ text: String) -> Int? {
    let factors: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
    guard let factor = text.last.flatMap({ factors[$0] }), let number = Int(text.dropLast()),
      0...1_000_000_000 ~= number
    else { return nil }
    return number * factor
  }

  /// As it is written in help.
  var defaultValueDescription: String {
    let whole = Int(seconds.isFinite ? seconds : 0)
    if !seconds.isFinite { return "never" }
    return whole % 60 == 0 ? "\(whole / 60)m" : "\(whole)s"
  }
}
