import Foundation
import TestSupport
import Testing

extension LaunchedTests {
  /// `data` as people start it, and data of other formats as they train.
  @Suite struct DataTests {
    private func start(_ line: String, in folder: String) throws -> RunningProgram.End {
      try Launcher.shell("cd \(folder) && exec \"$0\" \(line)", "igbm-dist").wait(seconds: 60)
    }

    /// What `data` says to type trains, and its model predicts.
    @Test func whatDataSaysTrains() throws {
      try withFolder { folder in
        let rows = (0..<40).map { "\($0 % 2 == 0 ? "+1" : "-1") \($0 % 2 + 1):\($0 % 7 + 1) 4:1\n" }
        try rows.joined().write(toFile: "\(folder)/a.svm", atomically: true, encoding: .utf8)
        let said = try start("data a.svm", in: folder)
        #expect(said.exitCode == 0 && said.output.contains("LIBSVM text"), "\(said.errors)")
        let command = try #require(
          said.output.split(separator: "\n").first { $0.hasPrefix("  regularisation") })
        let words = command.split(separator: " ").dropFirst().joined(separator: " ")
        let trained = try start("\(words) --steps 3 --output run", in: folder)
        #expect(trained.exitCode == 0, "\(trained.errors)")
        // A file that lacks the last column.
        try "1 1:2\n-1 2:3\n".write(toFile: "\(folder)/b.svm", atomically: true, encoding: .utf8)
        let predicted = try start("predict run b.svm", in: folder)
        #expect(predicted.exitCode == 0, "\(predicted.errors)")
        #expect(predicted.output.split(separator: "\n").count == 3)
      }
    }

    @Test func wrongDataAreOneLine() throws {
      try withFolder { folder in
        try "1 1:2\n1 2:2 2:3\n".write(
          toFile: "\(folder)/a.svm", atomically: true, encoding: .utf8)
        for command in ["data a.svm", "train regularisation --set data=a.svm"] {
          let end = try start(command, in: folder)
          #expect(end.exitCode == 65 && end.errors.split(separator: "\n").count == 1)
          #expect(end.errors.contains("a.svm, line 2, column 3: index 2 does not follow 2"))
        }
        #expect(try start("data none", in: folder).exitCode == 66)
        let end = try start("data a.svm --set folds=2", in: folder)
        #expect(end.exitCode == 78 && end.errors.contains("target, kind"), "\(end.errors)")
      }
    }
  }
}
