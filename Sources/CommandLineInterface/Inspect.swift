import ArgumentParser
import Foundation
import MessagePassing
import Problems
import Training

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a stored state holds, and the SHA-256 of its upper parameters.")

  @Argument(help: "A .safetensors file.")
  var file: String

  func run() throws {
    let content = try TensorFile.read(file)
    guard LaunchContext(environment: ProcessInfo.processInfo.environment).rank == 0 else { return }
    for word in content.metadata { print("\(word.key): \(word.value)") }
    let rows = content.tensors.map { tensor in
      [
        tensor.name, tensor.type.rawValue,
        "[\(tensor.shape.map(String.init).joined(separator: ", "))]",
      ]
    }
    print(ResultTable("tensors", columns: ["name", "type", "shape"], rows: rows).text)
    print("sha256 of the upper parameters: \(ParameterDigest.sha256(of: content))")
  }
}
