#if MPI
  import Foundation
  import TestSupport
  import Testing

  extension LaunchedTests {
    /// Examples of the library's use.
    @Suite(.enabled(if: requireMPI(), "mpirun is not on the PATH")) struct ExamplesTests {
      /// Forty points of three classes, one a corner of a triangle.
      private let table = (0..<40).map { row in
        let corner = [(0.0, 0.0), (2.0, 0.0), (0.0, 2.0)][row % 3]
        let (x, y) = (corner.0 + Double(row % 7) / 9, corner.1 + Double(row % 5) / 7)
        return "\(x),\(y),\(row % 3)\n"
      }.joined()

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

      /// A file of NumPy's, version 1, of 64-bit numbers.
      private func npy(_ shape: String, _ values: [Double]) -> Data {
        let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (\(shape)), }"
        let header = text + String(repeating: " ", count: 117 - text.utf8.count) + "\n"
        return [0x93] + Data("NUMPY".utf8) + [1, 0, 118, 0] + Data(header.utf8)
          + values.withUnsafeBytes { Data($0) }
      }

      /// The table as two files of NumPy's, and the settings that name them.
      private func arrays(in folder: String) throws -> (paths: [String], settings: [String]) {
        let numbers = table.split { ",\n".contains($0) }.compactMap { Double($0) }
        let rows = numbers.count / 3
        let inputs = (0..<rows).flatMap { numbers[3 * $0..<3 * $0 + 2] }
        let classes = (0..<rows).map { numbers[3 * $0 + 2] }
        let paths = ["inputs", "classes"].map { "\(folder)/\($0).npy" }
        try npy("\(rows), 2", inputs).write(to: URL(fileURLWithPath: paths[0]))
        try npy("\(rows),", classes).write(to: URL(fileURLWithPath: paths[1]))
        return (paths, ["--set", "inputs=\(paths[0])", "--set", "classes=\(paths[1])"])
      }

      @Test func aProblemOverFilesHasTheSameBitsOnTwoRanks() throws {
        try withFolder { folder in
          let (paths, settings) = try arrays(in: folder)
          func arguments(_ run: String) -> [String] {
            ["--steps", "3", "--output", "\(folder)/\(run)"] + settings
          }
          let alone = try Launcher.alone("own-data", arguments("1")).wait(seconds: 60)
          let two = try Launcher.mpirun(2, "own-data", arguments("2")).wait(seconds: 60)
          #expect(try digest(two) == digest(alone))
          try FileManager.default.removeItem(atPath: paths[1])
          let missing = try Launcher.alone("own-data", arguments("3")).wait(seconds: 60)
          #expect(missing.exitCode == 66 && missing.errors.contains(paths[1]), "\(missing.errors)")
        }
      }

      /// The example's defaults are worth a run: what they learn is seen.
      @Test func theProblemOverFilesLearns() throws {
        try withFolder { folder in
          let arguments = ["--output", "\(folder)/run"] + (try arrays(in: folder).settings)
          let end = try Launcher.alone("own-data", arguments).wait(seconds: 60)
          #expect(end.exitCode == 0, "\(end.errors)")
          let text = try String(contentsOfFile: "\(folder)/run/metrics.jsonl", encoding: .utf8)
          let losses = text.matches(of: /"upper_loss":([^,]+)/).compactMap { Double($0.output.1) }
          let (first, last) = (losses.prefix(10), losses.suffix(10))
          #expect(losses.count == 50)
          #expect(last.reduce(0, +) < 0.3 * first.reduce(0, +), "\(losses)")
        }
      }

      @Test func tuningAlongTheHypergradientBeatsAGridForLess() throws {
        let two = try Launcher.mpirun(2, "hyperparameter-tuning", []).wait(seconds: 60)
        #expect(two.exitCode == 0, "\(two.errors)")
        let rows = two.output.split(separator: "\n").map { $0.split(separator: " ") }
        let grid = try #require(rows.first { $0.first == "grid" })
        let descent = try #require(rows.first { $0.first == "hypergradient" })
        #expect(try #require(Int(descent[1])) < #require(Int(grid[1])))
        #expect(try #require(Double(descent[2])) < #require(Double(grid[2])))
      }
    }
  }
#endif
