import Foundation

/// The curvatures that a solve met, and what they say of solvers: bounds of conjugate gradients and Neumann series over a
/// spectrum between them (Saad, 2003, section 6.11; Lorraine et al., 2020).
struct Spectrum {
  let smallest, largest: Double

  /// The part of the first residual that recommended solves are to leave.
  private static let accuracy = 1e-3

  /// What would solve a system of so many parameters, each a line.
  func recommendations(parameters: Int) -> [String] {
    guard largest > 0 else { return [] }
    func short(_ number: Double) -> String { String(format: "%.3g", number) }
    let range = "curvature from \(short(smallest)) to \(short(largest)) along the solve"
    guard smallest > 0 else {
      return [
        "\(range): damping above \(short(2 * -smallest)) makes it positive, and method=implicit with "
          + "solver=minres needs none"
      ]
    }
    let condition = largest / smallest
    let conjugate = 0.5 * condition.squareRoot() * log(2 / Self.accuracy)
    let rate = 1 / largest
    let series = log(1 / Self.accuracy) / -log1p(-min(smallest * rate, 0.999))
    func whole(_ number: Double, atMost most: Int) -> Int {
      number < Double(most) ? Int(number.rounded(.up)) : most
    }
    return [
      "\(range): for a thousandth of the residual LS needs k=\(whole(conjugate, atMost: parameters)) or "
        + "less, NS k=\(whole(series, atMost: 1_000_000)) at lower-rate=\(short(rate)); series converge "
        + "below lower-rate=\(short(2 * rate))"
    ]
  }
}
