import ArgumentParser
import DataFiles
import Foundation
import MessagePassing
import Problems
import Training

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Shows what a data file is, and which problem takes it.",
    discussion: """
      Format, shape, types, classes, missing cells and first rows of separated values, LIBSVM text, arrays of NumPy (.npy, \
      .npz, sparse ones of SciPy), IDX files, tensors, or a folder of such; gzipped or not.
      """)

  @Argument(
    help: "A file; one of inputs and one of targets, with a comma between; or a folder.",
    completion: .file())
  var data: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "How a table is read: target, kind, categorical, ignore, missing, separator, header or decimal.",
      valueName: "key=value"))
  var assignments: [SettingAssignment] = []

  func run() throws {
    Command.launch { communicator in
      try communicator.onRoot(show)
      return .success
    }
  }

  private func show() throws {
    var settings = TableSettings()
    for assignment in assignments {
      guard assignment.key != "data", try settings.set(assignment.key, to: assignment.value) else {
        let keys = try settings.entries().map(\.key).filter { $0 != "data" }
        throw SettingError(
          "\(assignment.key) says nothing of how a table is read; there are \(keys.joined(separator: ", "))"
        )
      }
    }
    let text =
      try tensors() ?? DataSummary(data, settings).sections.map(\.text).joined(separator: "\n")
    StandardStream.output.write(text)
  }

  /// A file of tensors in numbers; nil where the data are something else.
  private func tensors() throws -> String? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: data, isDirectory: &isFolder), !isFolder.boolValue
    else { return nil }
    let file = try FileBytes(reading: data)
    guard DataFormat(of: file) == .safetensors else { return nil }
    let content = try TensorFile(decoding: file.bytes, named: data)
    return content.summary("\(data): \(DataFormat.safetensors.rawValue)").text + "\n"
  }
}
