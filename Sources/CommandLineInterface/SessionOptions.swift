import ArgumentParser
import MessagePassing
import Training

/// How a training session goes about its run; nothing of it changes a bit of the result.
struct SessionOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Stores a checkpoint after so many upper steps, or so much time (90s, 10m, 2h).",
      valueName: "steps|time"))
  var checkpointEvery = CheckpointSchedule.never

  @Option(
    help: ArgumentHelp(
      "Goes on from a stored state: auto takes the output folder's newest, if there is one.",
      valueName: "auto|never|path"), completion: .list(["auto", "never"]))
  var resume = "never"

  @Option(
    help: ArgumentHelp(
      "Goes on though this setting is another than before; may be given again.", valueName: "key"))
  var allowChange: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Names a rank that keeps the others waiting for so long.", valueName: "time")
  )
  var stallWarning = TimeLimit(seconds: StallLimits.standard.warning)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Gives up when it does so for so long.", valueName: "time|never"))
  var stallLimit = TimeLimit(seconds: StallLimits.standard.end)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Also writes metrics.csv, or event files for TensorBoard.", valueName: "csv|tensorboard"))
  var metrics: [RunRecords.Extra] = []

  @Flag(help: "Refuses ranks whose kernels differ instead of warning.")
  var strict = false

  @Flag(name: .shortAndLong, help: "Says nothing but results, warnings and errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Says a line about every step and its solves.")
  var verbose = false

  func validate() throws {
    if quiet, verbose { throw ValidationError("--quiet and --verbose: give one of them") }
  }

  /// How long ranks wait for each other.
  var stall: StallLimits { StallLimits(warning: stallWarning.seconds, end: stallLimit.seconds) }
}

extension RunRecords.Extra: ExpressibleByArgument {}
