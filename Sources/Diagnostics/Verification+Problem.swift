import Problems
import Training

extension Verification {
  /// The derivatives of a run's problem, with its settings and on its data, against differences. Makes the problem and its
  /// first task, to find what is missing before anything is checked.
  ///
  /// - Throws: `SettingError` for a run of another making than the catalogue's; what making them throws.
  public static func checks(of run: any Run) throws -> [Check] {
    guard let run = run as? any VerifiedRun else {
      throw SettingError("\(run.name) is a run of its own making, which cannot be verified")
    }
    return try run.checks()
  }
}

/// A run whose problem's type is known.
private protocol VerifiedRun {
  func checks() throws -> [Check]
}

extension ProblemRun: VerifiedRun {
  fileprivate func checks() throws -> [Check] {
    _ = try ProblemPoint(self)
    return ProblemChecks(run: self).all
  }
}
