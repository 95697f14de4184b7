#if MPI
  import Foundation
  import TestSupport
  import Testing

  extension LaunchedTests {
    /// Examples that use the library without the trainer's command line.
    @Suite(.enabled(if: requireMPI(), "mpirun is not on the PATH")) struct ExamplesTests {
      /// Forty points of three classes, one a corner of a triangle.
      private let table = (0..<40).map { row in
        let corner = [(0.0, 0.0), (2.0, 0.0), (0.0, 2.0)][row % 3]
        let (x, y) = (corner.0 + Double(row % 7) / 9, corner.1 + Double(row % 5) / 7)
        return "\(x),\(y),\(row % 3)\n"
      }.joined()

      private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
          .appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
      }

      private func digest(_ end: RunningProgram.End) throws -> String {
        try #require(end.exitCode == 0, "\(end.errors)")
        let line = try #require(end.output.split(separator: "\n").last { $0.hasPrefix("sha256") })
        return String(line)
      }

      @Test func aClusterScriptResumesWithTheSameBits() throws {
        try withFolder { folder in
          let file = "\(folder)/table.csv"
          try table.write(toFile: file, atomically: true, encoding: .utf8)
          let alone = try Launcher.alone("cluster-script", [file, "\(folder)/1", "30"])
            .wait(seconds: 60)
          let half = try Launcher.mpirun(2, "cluster-script", [file, "\(folder)/2", "15"])
            .wait(seconds: 60)
          let whole = try Launcher.mpirun(2, "cluster-script", [file, "\(folder)/2", "30"])
            .wait(seconds: 60)
          #expect(whole.output.contains("going on from"))
          #expect(try digest(half) != digest(alone))
          #expect(try digest(whole) == digest(alone))
        }
      }

      @Test func aClusterScriptNamesWhatIsWrong() throws {
        try withFolder { folder in
          let missing = try Launcher.mpirun(
            2, "cluster-script", ["\(folder)/none.csv", "\(folder)/1", "5"]
          ).wait(seconds: 60)
          #expect(missing.exitCode == 66 && missing.errors.contains("none.csv"))
          let short = try Launcher.mpirun(2, "cluster-script", []).wait(seconds: 60)
          #expect(short.exitCode == 78 && short.errors.contains("expected TABLE.csv"))
        }
      }

      @Test func tuningAlongTheHypergradientBeatsAGridForLess() throws {
        let alone = try Launcher.alone("hyperparameter-tuning", []).wait(seconds: 60)
        let two = try Launcher.mpirun(2, "hyperparameter-tuning", []).wait(seconds: 60)
        #expect(two.exitCode == 0 && two.output == alone.output)
        let rows = alone.output.split(separator: "\n").map { $0.split(separator: " ") }
        let grid = try #require(rows.first { $0.first == "grid" })
        let descent = try #require(rows.first { $0.first == "hypergradient" })
        #expect(try #require(Int(descent[1])) < #require(Int(grid[1])))
        #expect(try #require(Double(descent[2])) < #require(Double(grid[2])))
      }
    }
  }
#endif
