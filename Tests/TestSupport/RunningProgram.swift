import Foundation

/// A started program: wait for it, watch its output, or send it signals.
package final class RunningProgram {
  /// How a program ended.
  package struct End: Sendable {
    /// The exit code; 128 + signal if a signal ended it, as shells say.
    package let exitCode: Int32
    package let output: String
    package let errors: String
    /// Whether it had to be stopped because its time was up.
    package let timedOut: Bool

    /// The lines of the standard output, which ranks write in any order, sorted.
    package var sortedLines: [String] {
      output.split(whereSeparator: \.isNewline).map(String.init).sorted()
    }
  }

  private let process = Process()
  private let folder: URL
  private let ended = DispatchSemaphore(value: 0)

  init(_ command: [String], environment: [String: String]) throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("running-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = environment
    // mpirun would read a terminal. Files, because a full pipe stops a program, and because a
    // pipe stays open for as long as any rank that outlives the launcher.
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try createFile("output")
    process.standardError = try createFile("errors")
    process.terminationHandler = { [ended] _ in ended.signal() }
    try Self.withoutBlockedSignals { try process.run() }
  }

  /// Programs inherit which signals are blocked, and the threads that tests run on block nearly all.
  private static func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(at: folder)
  }

  /// Sends a signal to the program; under a launcher, to the launcher.
  package func send(_ signal: Int32) {
    kill(process.processIdentifier, signal)
  }

  /// Waits until the standard output contains `text`.
  ///
  /// - Returns: whether it did before the program ended or the time was up.
  package func waitForOutput(_ text: String, seconds: Double = 60) -> Bool {
    let limit = Date(timeIntervalSinceNow: seconds)
    while !read("output").contains(text) {
      guard process.isRunning, Date() < limit else { return read("output").contains(text) }
      Thread.sleep(forTimeInterval: 0.02)
    }
    return true
  }

  /// Waits for the end, for so many seconds at most.
  package func wait(seconds: Double = 90) -> End {
    var timedOut = false
    if ended.wait(timeout: .now() + seconds) == .timedOut {
      timedOut = true
      // mpirun takes its ranks with it if asked kindly.
      send(SIGTERM)
      if ended.wait(timeout: .now() + 5) == .timedOut {
        send(SIGKILL)
        ended.wait()
      }
    }
    let signalled = process.terminationReason == .uncaughtSignal
    return End(
      exitCode: process.terminationStatus + (signalled ? 128 : 0), output: read("output"),
      errors: read("errors"), timedOut: timedOut)
  }

  private func createFile(_ name: String) throws -> FileHandle {
    let file = folder.appendingPathComponent(name)
    try Data().write(to: file)
    return try FileHandle(forWritingTo: file)
  }

  private func read(_ name: String) -> String {
    let data = (try? Data(contentsOf: folder.appendingPathComponent(name))) ?? Data()
    return String(decoding: data, as: UTF8.self)
  }
}
