import ArgumentParser
import Configurations
import Foundation
import MessagePassing
import PlainText
import Training

struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Converts tensors from .safetensors to NumPy's .npz and back, and to other names.",
    discussion: """
      Without a map, the words about the content go along, and the way back gives the same file. \
      A map is a YAML file with a line OURS: THEIRS for each tensor, followed by what makes ours \
      from theirs: transpose, permute AXES..., split AXIS SIZES..., join AXIS SIZES...

        upper/dense.weight: fc.weight transpose
        upper/conv1.weight: conv1.weight permute 2 3 1 0
      """)

  @Argument(
    help: "A .safetensors or .npz file.", completion: .file(extensions: ["safetensors", "npz"]))
  var source: String

  @Argument(
    help: "The file to write, its format told by its name.",
    completion: .file(extensions: ["safetensors", "npz"]))
  var destination: String

  @Option(
    help: ArgumentHelp("Takes the source's tensors by their names there.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var map: String?

  @Flag(help: "Applies the map the other way: from our names to theirs.")
  var export = false

  func validate() throws {
    for path in [source, destination] where Self.format(path) == nil {
      throw ValidationError("\(path) ends in neither .safetensors nor .npz")
    }
    if export, map == nil { throw ValidationError("--export needs --map") }
  }

  func run() throws {
    Command.launch { communicator in
      try communicator.onRoot(convert)
      return .success
    }
  }

  private func convert() throws {
    var file = try TensorFile.readAny(source)
    if map == nil {
      for tensor in file.unread {
        StandardStream.error.writeLine(
          "warning: \(tensor.name.asShown) is of type \(tensor.type.asShown), which cannot be read, "
            + "and was left out")
      }
    }
    if let map {
      let names = try NameMapFile.read(map)
      let (mapped, leftOut) = try (export ? names.inverse : names).applied(to: file, at: source)
      file = mapped
      for name in leftOut {
        StandardStream.error.writeLine(
          "warning: \(name.asShown) is not in \(map) and was left out")
      }
    }
    let bytes =
      Self.format(destination) == "npz" ? try file.npz(named: destination) : file.encoded()
    if let warning = try DurableFile.publish(bytes, at: destination) {
      StandardStream.error.writeLine("warning: \(warning)")
    }
    StandardStream.output.writeLine(
      "\(destination): \(file.tensors.count) tensors, \(Amount.bytes(bytes.count))")
  }

  private static func format(_ path: String) -> String? {
    ["npz", "safetensors"].first { path.lowercased().hasSuffix(".\($0)") }
  }
}
