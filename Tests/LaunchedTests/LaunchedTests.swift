import TestSupport
import Testing

/// Tests that start programs, one at a time: the ranks of two would share the cores.
///
/// Each file adds a suite to this one.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LaunchedTests {
  /// Whether a disk of its own can be mounted, unseen by others.
  static let canMount: Bool = {
    let end = try? Launcher.command(
      "/usr/bin/env", ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    ).wait(seconds: 10)
    if end?.exitCode != 0 {
      print("tests of full disks and of no /proc are skipped: nothing can be mounted")
    }
    return end?.exitCode == 0
  }()
}
