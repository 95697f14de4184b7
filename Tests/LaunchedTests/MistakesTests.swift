import Foundation
import TestSupport
import Testing

extension LaunchedTests {
  /// What people get wrong: the whole line that they read, and the code. `CommandTests` and `ConfigurationTests` have
  /// more on settings and configuration files.
  @Suite struct MistakesTests {
    static let mistakes: [(command: String, line: String, code: Int32)] = [
      // Commands and options.
      ("evalute runs/x", "Unexpected argument 'runs/x'. Did you mean evaluate?", 64),
      ("trian", "problem \"trian\" is unknown; did you mean train?", 78),
      (
        "xyz",
        "problem \"xyz\" is unknown; there are label-cleaning, few-shot, representation, sinusoid, "
          + "regularisation, sparse-regularisation, weight-net, distillation, augmentation, quadratic, onnx",
        78
      ),
      (
        "train --stepz 3",
        "Unknown option '--stepz'. Did you mean '--steps'? See igbm-dist train --help", 64
      ),
      (
        "train --steps", "Missing value for '--steps <steps>'. See igbm-dist train --help", 64
      ),
      (
        "train --steps many",
        "The value 'many' is invalid for '--steps <steps>'. See igbm-dist train --help", 64
      ),
      ("train sinusoid extra", "Unexpected argument 'extra'. See igbm-dist train --help", 64),
      (
        "train --checkpoint-every 5x",
        "The value '5x' is invalid for '--checkpoint-every <steps|time>'. "
          + "See igbm-dist train --help", 64
      ),
      (
        "plan --json=yes",
        "The option '--json' does not take any value, but 'yes' was specified. "
          + "See igbm-dist plan --help", 64
      ),
      ("environment please", "Unexpected argument 'please'. See igbm-dist environment --help", 64),
      ("verify --ranks 3", "Unknown option '--ranks'. See igbm-dist verify --help", 64),
      ("evaluate", "Missing expected argument '<run>'. See igbm-dist evaluate --help", 64),
      (
        "evaluate x --tasks 0",
        "--tasks must be from 1 to 10000000. See igbm-dist evaluate --help", 64
      ),
      ("inspect", "Missing expected argument '<file>'. See igbm-dist inspect --help", 64),
      ("bench --repeat 0", "--repeat must be at least 1. See igbm-dist bench --help", 64),
      (
        "bench --only chess",
        "no workload's name contains chess; there are few-shot-5w1s, few-shot-20w1s, sinusoid, "
          + "cleaning-linear-ls, cleaning-linear-ns, cleaning-mlp-ls, image-5w1s, resnet12-5w1s, "
          + "lenet-cleaning, lstm-l2, transformer-l2, newsgroups-l2, minibatch-mlp. "
          + "See igbm-dist bench --help",
        64
      ),
      (
        "convert ok.npz",
        "Missing expected argument '<destination>'. See igbm-dist convert --help", 64
      ),
      (
        "convert ok.npz out.txt",
        "out.txt ends in neither .safetensors nor .npz. See igbm-dist convert --help", 64
      ),
      (
        "convert ok.npz out.npz --export", "--export needs --map. See igbm-dist convert --help", 64
      ),
      // Settings.
      (
        "train --set k",
        "The value 'k' is invalid for '--set <key=value>'. "
          + "See igbm-dist train --help", 64
      ),
      ("train --set k=", "k=: not a whole number", 78),
      ("train --set k=1.5", "k=1.5: not a whole number", 78),
      ("train --seed=-1", "seed=-1: must be from 0 to 2147483647", 78),
      ("train --seed -5", "seed=-5: must be from 0 to 2147483647", 78),
      ("train --steps 1e3 --tasks -2", "tasks=-2: must be from 1 to 1000000", 78),
      (
        "train --checkpoint-every -5",
        "The value '-5' is invalid for '--checkpoint-every <steps|time>'. "
          + "See igbm-dist train --help", 64
      ),
      ("train --set upper-rate=0", "upper-rate=0.0: must be above 0", 78),
      (
        "train --set lr=3",
        "label-cleaning has no setting \"lr\"; did you mean joint-rate, lower-rate or upper-rate?",
        78
      ),
      ("train --set k=0x10", "k=0x10: not a whole number", 78),
      ("train --set damping=0x1p3", "damping=0x1p3: not a finite number", 78),
      (
        "train --allow-change lower-rat --output out",
        "--allow-change lower-rat: label-cleaning has no such setting; did you mean lower-rate?", 78
      ),
      (
        "train few.yaml --output out",
        "few.yaml names no problem; give it a line problem: NAME, one of label-cleaning, few-shot, "
          + "representation, sinusoid, regularisation, sparse-regularisation, weight-net, distillation, "
          + "augmentation, quadratic, onnx", 78
      ),
      ("train sinusoid --set shot=3", "sinusoid has no setting \"shot\"; did you mean shots?", 78),
      (
        "train sinusoid --set method=CG",
        "method=CG: must be one of LS, NS, implicit, difference, unrolled, first-order, reptile, "
          + "darts, soba, saba, f2sa, v-pbgd, bome", 78
      ),
      ("plan --set precision=half", "precision=half: must be one of single, double", 78),
      ("plan --tasks 0", "tasks=0: must be from 1 to 1000000", 78),
      (
        "train few-shot --set split=vinyals --output out",
        "data is not set: give the folder with the data, --set data=FOLDER", 78
      ),
      ("train --output ''", "\"\": is no folder; give --output a name", 74),
      // Files that are missing.
      ("inspect ''", "\"\": cannot be read: no such file; check the path", 66),
      (
        "train nowhere.yaml", "nowhere.yaml: cannot be read: no such file; check the path", 66
      ),
      (
        "plan folder.yaml",
        "folder.yaml/configuration.yaml: cannot be read: no such file; check the path", 66
      ),
      (
        "train --resume nowhere --output out",
        "nowhere: cannot be read: no such file; check the path", 66
      ),
      (
        "train --initial nowhere.npz --output out",
        "nowhere.npz: cannot be read: no such file; check the path", 66
      ),
      (
        "train few-shot --set data=nowhere --output out",
        "nowhere: no such file or folder; set data to where the data are", 66
      ),
      ("evaluate nowhere", "nowhere: cannot be read: no such file; check the path", 66),
      (
        "report nowhere", "nowhere: is no folder; give a run's, such as runs/sinusoid", 66
      ),
      (
        "report folder.yaml",
        "folder.yaml: has neither a run's state nor its metrics; give a run's folder", 66
      ),
      ("inspect nowhere.npz", "nowhere.npz: cannot be read: no such file; check the path", 66),
      (
        "convert nowhere.npz out.npz",
        "nowhere.npz: cannot be read: no such file; check the path", 66
      ),
      (
        "convert ok.npz out.npz --map nowhere.yaml",
        "nowhere.yaml: cannot be read: no such file; check the path", 66
      ),
      // Files that are wrong.
      ("train list.yaml", "list.yaml, line 1: a has a list or map, where one value is needed", 78),
      (
        "train --initial bad.safetensors --output out",
        "bad.safetensors: no valid safetensors file: it has only 7 bytes; use another copy", 65
      ),
      (
        "train --initial ok.npz --output out",
        "ok.npz: has no upper/logits; give the state of a run of this problem", 65
      ),
      (
        "evaluate bad.safetensors",
        "bad.safetensors: no valid safetensors file: it has only 7 bytes; use another copy", 65
      ),
      (
        "train --resume empty.safetensors --output out",
        "empty.safetensors: is empty; give the state of a run", 65
      ),
      (
        "inspect bad.npz",
        "bad.npz, byte 7: no valid .npz or zip archive: it has 7 bytes; give an archive saved "
          + "by numpy.savez, or write it anew", 65
      ),
      (
        "convert ok.npz out.npz --map bad.yaml",
        "bad.yaml, line 1: \"permute 0 0\" is none of transpose, permute AXES..., "
          + "split AXIS SIZES..., join AXIS SIZES...", 78
      ),
      (
        "convert ok.npz out.npz --map twice.yaml",
        "twice.yaml, line 2: w is upper/w already; remove one", 78
      ),
      (
        "convert ok.npz out.npz --map missing.yaml",
        "ok.npz: has no tensor weightz; did you mean weights?; correct the map, or give it the "
          + "other direction's file", 65
      ),
      (
        "convert ok.npz out.npz --map shape.yaml",
        "ok.npz: weights has shape [3, 2] where the map says join 0 9 9; correct the map", 65
      ),
    ]

    /// A folder with the files that the mistakes are about.
    private func folder() throws -> String {
      let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent(UUID().uuidString).path
      try FileManager.default.createDirectory(
        atPath: "\(folder)/folder.yaml", withIntermediateDirectories: true)
      let files = [
        "empty.safetensors": "", "few.yaml": "steps: 1e3\n", "list.yaml": "a: [1]\n",
        "bad.npz": "garbage",
        "bad.safetensors": "garbage",
        "bad.yaml": "upper/w: w permute 0 0\n", "twice.yaml": "upper/w: w\nupper/v: w\n",
        "missing.yaml": "upper/w: weightz\n",
        "shape.yaml": "upper/w: weights transpose join 0 9 9\n",
      ]
      for (name, text) in files {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      try Data(NumPyFile.bytes).write(to: URL(fileURLWithPath: "\(folder)/ok.npz"))
      return folder
    }

    private func line(_ mistake: String, in folder: String) throws -> RunningProgram.End {
      try Launcher.shell("cd \(folder) && exec \"$0\" \(mistake)", "igbm-dist").wait(seconds: 30)
    }

    /// Variables that contradict each other, or that are wrong for who asks.
    @Test func variablesAreMistakesToo() throws {
      let folder = try folder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      for (command, line) in [
        ("IGBM_K=3 IGBM_k=4 \"$0\" train --output out", "IGBM_K and IGBM_k are both k; unset one"),
        (
          "IGBM_KERNELS=avx1 \"$0\" verify",
          "IGBM_KERNELS=avx1: unknown; choose portable, avx2, avx512"
        ),
      ] {
        let end = try Launcher.shell("cd \(folder) && \(command)", "igbm-dist").wait(seconds: 30)
        #expect(end.exitCode == 78 && end.errors == "error: \(line)\n", "\(end.errors)")
      }
    }

    /// What is long is not echoed whole.
    @Test func longValuesAreCut() throws {
      let folder = try folder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let long = String(repeating: "x", count: 1_000_000)
      let head = "problem: sinusoid\n"
      for text in [
        head + "steps: \(long)", head + "\(long): 1", head + "precision: \(long)", head + long,
        "problem: \(long)",
      ] {
        try text.write(toFile: "\(folder)/long.yaml", atomically: true, encoding: .utf8)
        let end = try self.line("train long.yaml --output out", in: folder)
        #expect(end.exitCode == 78 && end.errors.count < 700, "\(end.errors.prefix(700))")
      }
      for word in ["--steps", "--set", "--checkpoint-every", "--resume", "--output /dev/null/"] {
        let end = try self.line("train \(word) \(long.prefix(100_000))", in: folder)
        #expect(end.exitCode != 0 && end.errors.count < 700, "\(end.errors.prefix(700))")
      }
    }

    @Test func eachIsOneLineWithItsRemedyAndCode() throws {
      let folder = try folder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      for (command, line, code) in Self.mistakes {
        let end = try self.line(command, in: folder)
        #expect(end.errors == "error: \(line)\n", "\(command)")
        #expect(end.exitCode == code, "\(command)")
        #expect(!end.output.contains("sha256"), "\(command): \(end.output)")
      }
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/out.npz"))
    }

    #if MPI
      /// The same on two ranks, and rank 0's line is always there.
      @Test(
        .enabled(if: requireMPI(), "mpirun is not on the PATH"),
        arguments: [
          "evalute runs/x", "train --stepz 3", "plan --tasks 0", "inspect nowhere.npz",
          "convert ok.npz out.npz --map shape.yaml", "evaluate bad.safetensors",
          "report nowhere", "verify --ranks 3", "environment please", "bench --repeat 0",
        ])
      func eachIsTheSameOnEveryRank(_ command: String) throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let mistake = try #require(Self.mistakes.first { $0.command == command })
        let end = try Launcher.shell(
          "cd \(folder) && exec mpirun -np 2 --oversubscribe --bind-to none --timeout 60 "
            + "\"$0\" \(command)", "igbm-dist"
        ).wait(seconds: 60)
        #expect(end.exitCode == mistake.code, "\(end.errors)")
        let reports = end.errors.split(whereSeparator: \.isNewline)
          .filter { $0.hasPrefix("error: ") }
        #expect(reports.count == 1, "\(end.errors)")
        #expect(reports.first?.hasPrefix("error: \(mistake.line) (rank 0 on ") == true)
        #expect(end.output.isEmpty)
      }

      /// Ranks that are started with different command lines end together, and the one that is wrong says so.
      @Test(.enabled(if: requireMPI(), "mpirun is not on the PATH"))
      func aMistakeOfOneRankIsOneOfAll() throws {
        let end = try Launcher.shell(
          "exec mpirun --oversubscribe --bind-to none --timeout 60 -np 1 \"$0\" train : "
            + "-np 1 \"$0\" train --stepz", "igbm-dist"
        ).wait(seconds: 60)
        #expect(end.exitCode == 64)
        #expect(end.errors.contains("error: Unknown option '--stepz'"), "\(end.errors)")
        #expect(end.errors.contains("(rank 1 on "), "\(end.errors)")
      }
    #endif
  }
}

/// An archive as numpy.savez writes it: `weights`, two rows of three 32-bit numbers.
enum NumPyFile {
  static let bytes: [UInt8] = Array(Data(base64Encoded: text) ?? Data())
  private static let text =
    "UEsDBC0AAAAIAAAAIQBP6QAq//////////8LABQAd2VpZ2h0cy5ucHkBABAAmAAAAAAAAABVAAAAAAAAAJvs"
    + "F+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1"
    + "CmQDLgYwaLAHEg5ABMQNQLzAAQBQSwECLQMtAAAACAAAACEAT+kAKlUAAACYAAAACwAAAAAAAAAAAAAAgAEA"
    + "AAAAd2VpZ2h0cy5ucHlQSwUGAAAAAAEAAQA5AAAAkgAAAAAA"
}
