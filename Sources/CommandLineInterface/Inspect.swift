import ArgumentParser
import Foundation
import MessagePassing
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
    Launch.run { communicator in
      try communicator.onRoot(show)
      return .success
    }
  }

  private func show() throws {
    let content = try TensorFile.readAny(RunFolder.state(at: file))
    for word in content.metadata { print("\(word.key): \(word.value)") }
    print(content.summary("tensors").text)
    if content.tensors.contains(where: { $0.name.hasPrefix(RunState.upperPrefix) }) {
      print("sha256 of the upper parameters: \(ParameterDigest.sha256(of: content))")
    }
  }
}
