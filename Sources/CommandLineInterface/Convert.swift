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

      With --from or --to pytorch names and layouts of its modules are known: linear, embedding, \
      convolution, norms, LSTM, GRU, attention, encoder layers. The map then has a line OURS: THEIRS \
      for each part whose module has another name, and for dense layers behind flattened images.

        stage1.block1: layer1.0
        dense1: fc1 flattened 16 5 5
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

  @Option(
    help: ArgumentHelp(
      "Takes the source for a state dictionary of this library: pytorch.", valueName: "library"))
  var from: Library?

  @Option(
    help: ArgumentHelp("Writes a state dictionary of this library: pytorch.", valueName: "library"))
  var to: Library?

  enum Library: String, ExpressibleByArgument { case pytorch }

  func validate() throws {
    for path in [source, destination] where Self.format(path) == nil {
      throw ValidationError("\(path) ends in neither .safetensors nor .npz")
    }
    if export, map == nil { throw ValidationError("--export needs --map") }
    if [export, from != nil, to != nil].filter({ $0 }).count > 1 {
      throw ValidationError("--from, --to and --export are one way each; give one")
    }
  }

  func run() throws {
    Command.launch { communicator in
      try communicator.onRoot(convert)
      return .success
    }
  }

  private func convert() throws {
    let file = try converted(TensorFile.readAny(source))
    let bytes =
      Self.format(destination) == "npz" ? try file.npz(named: destination) : file.encoded()
    if let warning = try DurableFile.publish(bytes, at: destination) {
      StandardStream.error.writeLine("warning: \(warning)")
    }
    StandardStream.output.writeLine(
      "\(destination): \(file.tensors.count) tensors, \(Amount.bytes(bytes.count))")
  }

  private func converted(_ file: TensorFile) throws -> TensorFile {
    if from != nil || to != nil {
      let parts = try map.map { try NameMapFile.readParts($0) } ?? PyTorchMap()
      let (mapped, leftOut) =
        from != nil
        ? try parts.ours(from: file, at: source) : try parts.theirs(from: file, at: source)
      warn(of: leftOut, "is no parameter")
      return mapped
    }
    guard let map else {
      for tensor in file.unread {
        StandardStream.error.writeLine(
          "warning: \(tensor.name.asShown) is of type \(tensor.type.asShown), which cannot be read, "
            + "and was left out")
      }
      return file
    }
    let names = try NameMapFile.read(map)
    let (mapped, leftOut) = try (export ? names.inverse : names).applied(to: file, at: source)
    warn(of: leftOut, "is not in \(map)")
    return mapped
  }

  private func warn(of leftOut: [String], _ words: String) {
    for name in leftOut {
      StandardStream.error.writeLine("warning: \(name.asShown) \(words) and was left out")
    }
  }

  private static func format(_ path: String) -> String? {
    ["npz", "safetensors"].first { path.lowercased().hasSuffix(".\($0)") }
  }
}
