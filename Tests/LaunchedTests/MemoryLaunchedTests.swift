import Foundation
import TestSupport
import Testing

#if os(Linux)
  extension LaunchedTests {
    /// Memory that cannot be had: one line that names what asked for it, one code on every rank; nothing hangs.
    @Suite struct MemoryLaunchedTests {
      /// A net of 10,000 units on 1,000 examples: its plan takes 213 MiB, its parameters 6.
      private static let run =
        "exec \"$0\" train regularisation --quiet --steps 1 --tasks 2 --set network=tanh "
        + "--set hidden=10000 --set lower-steps=1 --set k=1 --set train=1000 --output "

      private func withFolder(_ body: (String) throws -> RunningProgram.End) throws
        -> RunningProgram.End
      {
        let folder = FileManager.default.temporaryDirectory
          .appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(folder)
      }

      @Test func aPlanThatDoesNotFit() throws {
        let end = try withFolder { folder in
          try Launcher.shell("ulimit -v 300000; \(Self.run)\(folder)", "igbm-dist").wait()
        }
        #expect(end.exitCode == 78 && !end.timedOut, "\(end.exitCode) \(end.errors)")
        let lines = end.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }
        #expect(lines.count == 1)
        #expect(
          lines.first?.contains("the arena of the lower objective's plan: the system does not give")
            == true, "\(end.errors)")
        #expect(lines.first?.contains("use fewer examples") == true)
      }

      /// A file's bytes are not made doubles of to be looked at: 60 MB of them would be 480.
      @Test func bytesStayBytes() throws {
        let count = 60_000_000
        let header = #"{"t":{"dtype":"U8","shape":[\#(count)],"data_offsets":[0,\#(count)]}}"#
        let end = try withFolder { folder in
          try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
          let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
          try Data(length + Array(header.utf8)).write(
            to: URL(fileURLWithPath: "\(folder)/t.safetensors"))
          return try Launcher.shell(
            "cd \(folder) && truncate -s \(8 + header.utf8.count + count) t.safetensors && "
              + "ulimit -v 500000 && \"$0\" inspect t.safetensors", "igbm-dist"
          ).wait()
        }
        #expect(end.exitCode == 0 && end.output.contains("[60000000]"), "\(end.errors)")
      }

      @Test(.enabled(if: requireMPI())) func onOneRankOfTwo() throws {
        let end = try withFolder { folder in
          let program = Launcher.products.appendingPathComponent("igbm-dist").path
          return try Launcher.command(
            "mpirun",
            [
              "-np", "2", "--oversubscribe", "--bind-to", "none", "--timeout", "60", "bash", "-c",
              "[ $OMPI_COMM_WORLD_RANK = 1 ] && ulimit -v 500000; \(Self.run)\(folder)", program,
            ]
          ).wait()
        }
        #expect(end.exitCode == 78 && !end.timedOut, "\(end.exitCode) \(end.errors)")
        #expect(end.errors.contains("the system does not give"), "\(end.errors)")
        #expect(end.errors.contains("(rank 1 on "), "\(end.errors)")
      }
    }
  }
#endif
