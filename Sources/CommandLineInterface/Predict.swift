import ArgumentParser
import Foundation
import MessagePassing
import Training

struct Predict: ProblemCommand {
  static let configuration = CommandConfiguration(
    abstract: "Predicts with the lower model that a run ended with: a table of CSV.",
    discussion: """
      regularisation predicts for the rows of a CSV file with the columns that it was trained on, with or without that of \
      the targets; label-cleaning for a file of IDX images.
      """)

  @Argument(help: ArgumentHelp("A run's folder.", valueName: "run"), completion: .directory)
  var folder: String

  @Argument(help: "The file to predict for.", completion: .file())
  var data: String

  @Option(help: "The file to write (default: standard output).", completion: .file())
  var output: String?

  func run(_ problems: ProblemCatalogue) throws {
    Command.launch { communicator in
      try communicator.onRoot { try write(problems) }
      return .success
    }
  }

  private func write(_ problems: ProblemCatalogue) throws {
    let folder = RunFolder(reading: folder)
    let state = try RunState.read(folder.statePath)
    let run = try problems.run(of: state, at: folder.statePath)
    let predictions = try run.predict(
      state, at: folder.statePath, lower: folder.lowerPath, data: data)
    if let output {
      try DurableFile.publish(Array(predictions.csv.utf8), at: output)
      StandardStream.output.writeLine("\(output.asShown): \(predictions.rows.count) predictions")
    } else {
      StandardStream.output.write(predictions.csv)
    }
  }
}
