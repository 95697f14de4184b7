#if MPI
  import Foundation
  import TestSupport
  import Testing

  /// Signals of all kinds, at odd times.
  extension LaunchedTests.FaultTests {
    /// Signals from outside that are no request to stop end the process as they would any other.
    @Test(arguments: [SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE])
    func signalsThatAreSentEndTheProcess(_ signal: Int32) throws {
      let path = folder()
      defer { try? FileManager.default.removeItem(atPath: path) }
      // Whatever the tests' own shell has them ignore.
      let program = try Launcher.shell(
        "exec env --default-signal \"$0\" train --output \(path) --steps 1000000 --quiet",
        Self.command)
      #expect(waitForSteps(path))
      program.send(signal)
      let end = program.wait(seconds: 20)
      #expect(end.exitCode == 128 + signal && !end.timedOut, "\(end.exitCode) \(end.errors)")
    }

    /// A terminal that is closed, or a connection that is lost, stops a run as any other request does.
    @Test(arguments: [SIGHUP, SIGTERM, SIGINT, SIGUSR1])
    func aRequestToStopIsCalledByItsName(_ signal: Int32) throws {
      let path = folder()
      defer { try? FileManager.default.removeItem(atPath: path) }
      let program = try Launcher.alone(
        Self.command, ["train", "--output", path, "--steps", "1000000"])
      #expect(waitForSteps(path))
      program.send(signal)
      let end = program.wait(seconds: 20)
      #expect(end.exitCode == (signal == SIGINT ? 130 : 75), "\(end.errors)")
      let names = [
        SIGHUP: "SIGHUP", SIGTERM: "SIGTERM", SIGINT: "SIGINT", SIGUSR1: "SIGUSR1",
      ]
      #expect(end.output.contains("stopped by \(names[signal]!) after step"), "\(end.output)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(path)/checkpoints").count == 1)
    }

    /// `nohup` keeps a closed terminal from ending a run.
    @Test func nohupIsHeeded() throws {
      let path = folder()
      defer { try? FileManager.default.removeItem(atPath: path) }
      let program = try Launcher.shell(
        "trap '' HUP; exec \"$0\" train --output \(path) --steps 1000000", Self.command)
      #expect(waitForSteps(path))
      program.send(SIGHUP)
      program.send(SIGUSR1)
      let end = program.wait(seconds: 20)
      #expect(end.output.contains("stopped by SIGUSR1"), "\(end.output)")
    }

    /// Of several signals the first is named.
    @Test func theFirstSignalIsNamed() throws {
      let path = folder()
      defer { try? FileManager.default.removeItem(atPath: path) }
      let end = try run(0, path, fault: "intterm:3:0")
      #expect(end.exitCode == 130 && end.output.contains("stopped by SIGINT"), "\(end.output)")
    }

    /// Before the first step there is nothing to store.
    @Test func aRunThatIsPreparingEndsAtOnce() throws {
      let path = folder()
      defer { try? FileManager.default.removeItem(atPath: path) }
      let program = try Launcher.alone(
        Self.command, ["train", "--output", path], environment: ["FAULT": "prepare:0:0"])
      #expect(program.waitForOutput("faulty-waves, 12 steps"))
      Thread.sleep(forTimeInterval: 0.3)
      program.send(SIGINT)
      let end = program.wait(seconds: 20)
      #expect(end.exitCode == 130 && !end.timedOut, "\(end.errors)")
      #expect(end.errors.contains("stopped by SIGINT before the first step"), "\(end.errors)")
    }

    /// Results may take long: a signal ends them at once, and nothing is lost.
    @Test(.enabled(if: requireMPI()), arguments: [0, 2])
    func resultsCanBeInterrupted(_ ranks: Int) throws {
      let path = folder()
      defer { try? FileManager.default.removeItem(atPath: path) }
      let arguments = [
        "train", "--output", path, "--checkpoint-every", "2", "--set", "evaluation-tasks=1000000",
      ]
      let program =
        ranks == 0
        ? try Launcher.alone(Self.command, arguments)
        : try Launcher.mpirun(ranks, Self.command, arguments)
      #expect(wait(for: "\(path)/state.safetensors"))
      Thread.sleep(forTimeInterval: 0.3)
      // mpirun passes SIGUSR1 on, and ends its ranks itself on SIGINT.
      program.send(ranks == 0 ? SIGINT : SIGUSR1)
      let end = program.wait(seconds: 20)
      #expect(end.exitCode == (ranks == 0 ? 130 : 75) && !end.timedOut, "\(end.errors)")
      let name = ranks == 0 ? "SIGINT" : "SIGUSR1"
      #expect(end.errors.contains("stopped by \(name) before its results"), "\(end.errors)")
      let more = try run(1, path, ["--resume", "auto", "--set", "evaluation-tasks=3"])
      #expect(more.exitCode == 0 && more.output.contains("Held-out tasks, 3"), "\(more.errors)")
      #expect(try bytes("\(path)/metrics.jsonl") == Self.undisturbed.first)
    }

    /// A rank that is stopped anywhere, in a collective that all have entered, too, is named, and blames nobody when it
    /// goes on.
    @Test(.enabled(if: requireMPI()), arguments: [0, 2])
    func slow_aStoppedRankIsNamedWhereverItStands(_ rank: Int) throws {
      let path = folder()
      defer { try? FileManager.default.removeItem(atPath: path) }
      let program = try longRun(3, path, ["--stall-warning", "1s", "--stall-limit", "60s"])
      #expect(waitForSteps(path))
      Thread.sleep(forTimeInterval: 0.5)
      let log = String(decoding: try bytes("\(path)/logs/rank-000\(rank).log"), as: UTF8.self)
      let process = try #require(log.firstMatch(of: /process=([0-9]+)/).flatMap { pid_t($0.1) })
      kill(process, SIGSTOP)
      Thread.sleep(forTimeInterval: 2.5)
      kill(process, SIGCONT)
      Thread.sleep(forTimeInterval: 1.5)
      program.send(SIGUSR1)
      let end = program.wait(seconds: 30)
      #expect(end.exitCode == 75, "\(end.errors)")
      let warnings = end.errors.split(separator: "\n").filter { $0.contains("have waited for") }
      #expect(!warnings.isEmpty, "\(end.errors)")
      #expect(warnings.allSatisfy { $0.contains("warning: rank \(rank) on ") }, "\(warnings)")
    }

    /// mpirun that is interrupted twice drops its ranks before it has told them to stop.
    @Test(.enabled(if: requireMPI())) func twoInterruptsOfTheLauncherLoseNothing() throws {
      let path = folder()
      defer { try? FileManager.default.removeItem(atPath: path) }
      let program = try longRun(2, path)
      #expect(waitForSteps(path))
      Thread.sleep(forTimeInterval: 0.5)
      program.send(SIGINT)
      Thread.sleep(forTimeInterval: 0.4)
      program.send(SIGINT)
      #expect(program.wait(seconds: 30).exitCode != 0)
      let stored = try FileManager.default.contentsOfDirectory(atPath: "\(path)/checkpoints")
      #expect(stored.contains { $0.hasSuffix(".safetensors") }, "\(stored)")
    }

    /// mpirun that is interrupted kills its ranks two seconds later, in the midst of a step that takes longer: what the
    /// last one left is stored.
    @Test(.enabled(if: requireMPI()), arguments: [1, 2])
    func row36_anInterruptInALongStepLosesThatStepAlone(_ interrupts: Int) throws {
      let path = folder()
      defer { try? FileManager.default.removeItem(atPath: path) }
      let program = try Launcher.mpirun(
        2, Self.command, ["train", "--output", path], environment: ["FAULT": "long:3:1500"])
      #expect(waitForSteps(path, 4))
      Thread.sleep(forTimeInterval: 0.5)
      for _ in 0..<interrupts {
        program.send(SIGINT)
        Thread.sleep(forTimeInterval: 0.4)
      }
      #expect(program.wait(seconds: 30).exitCode != 0)
      let stored = try FileManager.default.contentsOfDirectory(atPath: "\(path)/checkpoints")
      #expect(stored == ["step-000000004.safetensors"])
      // Ranks that mpirun has dropped keep the folder until their step's end: what `supervise` waits for.
      var code = 69
      for _ in 0..<20 where code == 69 {
        code = Int(try run(1, path, ["--resume", "auto"]).exitCode)
        Thread.sleep(forTimeInterval: 0.25)
      }
      #expect(code == 0)
      #expect(try results(path) == Self.undisturbed)
    }

    /// A process alone ends at its step's end, or at once on a second Ctrl-C, and says what is stored by then.
    @Test func row36_insistingInALongStepLosesThatStepAlone() throws {
      let path = folder()
      defer { try? FileManager.default.removeItem(atPath: path) }
      let program = try Launcher.alone(
        Self.command, ["train", "--output", path], environment: ["FAULT": "long:2:600"])
      #expect(waitForSteps(path, 3))
      program.send(SIGINT)
      Thread.sleep(forTimeInterval: 1.5)
      program.send(SIGINT)
      let end = program.wait(seconds: 30)
      #expect(end.exitCode == 128 + SIGINT)
      #expect(end.errors.contains("the state after step 3 is stored"), "\(end.errors)")
      let stored = try FileManager.default.contentsOfDirectory(atPath: "\(path)/checkpoints")
      #expect(stored == ["step-000000003.safetensors"])
    }

    /// What an mpirun that has ended left in the environment is called by its name, not by Open MPI's page.
    @Test(.enabled(if: requireMPI())) func theEnvironmentOfAnEndedLauncherIsRefused() throws {
      let path = folder()
      defer {
        for path in [path, path + ".sh"] { try? FileManager.default.removeItem(atPath: path) }
      }
      let end = try Launcher.shell(
        "mpirun -np 1 bash -c 'export -p' > \(path).sh && . \(path).sh && "
          + "exec \"$0\" train --output \(path)", Self.command
      ).wait(seconds: 60)
      #expect(end.exitCode == 78, "\(end.errors)")
      #expect(end.errors.contains("those of an mpirun that has ended"), "\(end.errors)")
      #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }
#endif
