import Foundation
import Models
import Tensors

/// What the logarithms u of strengths are thought to be before anything is seen, and the parameters that they are made of.
///
/// A few of them are parameters themselves, normal around u_0. Where every lower parameter or input has its own, these are
/// u = c + spread z, with c normal around u_0 and z standard normal: what validation says of all goes to c, which learns as fast
/// as a strength alone would, and each strays from it only as far as what it says of one is worth.
struct StrengthPrior {
  /// u_0.
  let first: Double
  /// The standard deviation of u, or c; 0: any is as likely.
  private let width: Double
  /// That of u around c; nil where there is no c.
  private let spread: Double?
  private let groups: Int
  /// The examples that losses are means of.
  private let examples: Double

  /// What is thought of so many strengths.
  ///
  /// - Parameters:
  ///   - first: exp(u_0).
  ///   - width: The standard deviation of u, or c; 0: any is as likely.
  ///   - spread: That of u around c; 0, or without a width: there is no c.
  ///   - groups: How many strengths.
  ///   - examples: The examples that losses are means of.
  init(first: Double, width: Double, spread: Double, groups: Int, examples: Int) {
    self.first = log(first)
    self.groups = groups
    self.examples = Double(examples)
    self.width = width
    self.spread = width > 0 && spread > 0 ? spread : nil
  }

  /// How many parameters they are made of.
  var count: Int { spread == nil ? groups : groups + 1 }

  /// u, `[groups]`, of parameters that begin at u_0.
  func logarithms(_ p: Parameters) -> Tensor {
    guard let spread else { return p("log-strengths", [groups], .constant(first)) }
    return p("log-strength", [1], .constant(first))
      + spread * p("deviations", [groups], .constant(0))
  }

  /// The same of the parameters' values.
  func logarithms(_ values: [Double]) -> [Double] {
    guard let spread else { return values }
    return values.dropFirst().map { values[0] + spread * $0 }
  }

  /// Minus the logarithm of the density of the parameters, by example, up to a constant; nil where it is one.
  func term(_ parameters: Tensor) -> Tensor? {
    guard width > 0 else { return nil }
    guard spread != nil else { return centred(parameters) }
    return centred(parameters.sliced(0, 0..<1))
      + squaredNorm(parameters.sliced(0, 1..<groups + 1)) / (2 * examples)
  }

  private func centred(_ logarithms: Tensor) -> Tensor {
    (logarithms - first).squared.sum() / (2 * width * width * examples)
  }
}
