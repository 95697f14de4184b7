import ArgumentParser
import Foundation
import MessagePassing
import Reports
import Training

struct Report: ProblemCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a page about runs: curves, solver health, times, results, pictures.",
    discussion: "The page is one file that needs nothing else, for any browser, light or dark.")

  @Argument(help: ArgumentHelp("Folders of runs.", valueName: "run"))
  var folders: [String]

  @Option(help: "The page (default: report.html, in the run's folder if there is only one).")
  var output: String?

  func run(_ problems: ProblemCatalogue) throws {
    Command.launch { communicator in
      try communicator.onRoot { try write(problems) }
      return .success
    }
  }

  private func write(_ problems: ProblemCatalogue) throws {
    let runs = try folders.map { try StoredRun($0, problems) }
    let path = output ?? (folders.count == 1 ? "\(folders[0])/report.html" : "report.html")
    let page = ReportPage(runs, made: "\(Command.name) \(version)").text
    if let warning = try DurableFile.publish(Array(page.utf8), at: path) {
      StandardStream.error.writeLine("warning: \(warning)")
    }
    StandardStream.output.writeLine("report: \(path)")
  }
}
