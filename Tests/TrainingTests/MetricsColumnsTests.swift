import BilevelOptimization
import Foundation
import TestSupport
import Testing
import Training

/// A file of metrics whose columns are another method's, or an older version's: its lines are not lost.
@Suite struct MetricsColumnsTests {
  private static let fixed =
    "step,tasks,skipped,upper_loss,worst_upper_loss,worst_task,lower_gradient_norm,unconverged,growing,"
    + "hypergradient_norm"

  @Test func otherColumnsAreTakenOver() throws {
    let folder = NSTemporaryDirectory() + "igbm-columns-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/metrics.csv"
    let old =
      Self.fixed
      + ",oddity,products\n1,2,0,0.5,0.6,1,0.1,0,0,0.2,7,20\n2,2,0,0.4,0.6,1,0.1,0,0,0.2,8,22\n"
    try old.write(toFile: path, atomically: true, encoding: .utf8)
    let method = MethodName.unrolled
    let file = try MetricsFile(path, .commaSeparated, figures: method.figures, after: 2)
    #expect(file.missing == 0)
    let found = try String(contentsOfFile: path, encoding: .utf8)
    #expect(
      found == Self.fixed + ",rate_slope,products\n1,2,0,0.5,0.6,1,0.1,0,0,0.2,,20\n"
        + "2,2,0,0.4,0.6,1,0.1,0,0,0.2,,22\n")
    #expect(try String(contentsOfFile: path + ".until-2", encoding: .utf8) == old)
  }
}
