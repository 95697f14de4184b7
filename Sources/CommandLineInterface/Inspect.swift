import ArgumentParser
import Foundation
import MessagePassing
import PlainText
import Problems
import Training

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a stored state holds, and the SHA-256 of its upper parameters.")

  @Argument(
    help: "A run's folder, or a .safetensors or .npz file.",
    completion: .file(extensions: ["safetensors", "npz"]))
  var file: String

  func run() throws {
    Command.launch { communicator in
      try communicator.onRoot(show)
      return .success
    }
  }

  private func show() throws {
    let content = try TensorFile.readAny(RunFolder.state(at: file))
    let output = StandardStream.output
    let longest = 2000
    for word in content.metadata {
      output.writeLine("\(word.key.asShown): \(word.value.shown(atMost: longest))")
    }
    output.write(content.summary("tensors").text + "\n")
    if content.tensors.contains(where: { $0.name.hasPrefix(RunState.upperPrefix) }) {
      output.writeLine("sha256 of the upper parameters: \(ParameterDigest.sha256(of: content))")
    }
  }
}
