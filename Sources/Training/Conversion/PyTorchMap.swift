import Foundation
import PlainText

/// How PyTorch's modules call and lay out what layers have here: state dictionaries become parameters, and the other way
/// round, without a line for each tensor. A module is known by the names and shapes of its tensors:
///
/// | PyTorch | here |
/// | --- | --- |
/// | `Linear`: weight `[out, in]`, bias | `Dense`: weight `[in, out]`, bias |
/// | `Embedding`: weight `[count, width]` | `Embedding`: the same |
/// | `Conv1d`, `Conv2d`, `ConvTranspose2d`: weight `[out, in, ...]` | the same names: weight `[..., in, out]` |
/// | norms: weight, bias, running_mean, running_var | gain, shift, mean, variance |
/// | `LSTM`, `GRU`: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 | input_weight, hidden_weight, bias, hidden_bias |
/// | `MultiheadAttention`: in_proj_weight, in_proj_bias, out_proj | query, key, value, output |
/// | `TransformerEncoderLayer`: self_attn, linear1, linear2 | attention, dense1, dense2 |
///
/// What is none of these keeps its name and layout. Nothing is lost but the sum of an LSTM's two biases, which is one here,
/// and the number of batches that a norm has seen.
public struct PyTorchMap: Sendable, Hashable {
  /// A part of a model that has another name than its module, or that follows flattened images.
  public struct Part: Sendable, Hashable {
    /// The part's name here.
    public let ours: String
    /// The module's name there.
    public let theirs: String
    /// The channels, height and width of the images that a dense layer takes flattened: channels are first there, and last
    /// here.
    public let flattened: [Int]?

    /// A part by both its names.
    public init(ours: String, theirs: String, flattened: [Int]? = nil) {
      (self.ours, self.theirs, self.flattened) = (ours, theirs, flattened)
    }
  }

  /// Parts whose names differ, or that follow images; the longest name that fits counts.
  public let parts: [Part]

  /// A map; modules that no part names keep their names.
  public init(_ parts: [Part] = []) { self.parts = parts }

  /// A state dictionary as upper parameters: `upper/conv1.weight`.
  ///
  /// - Parameters:
  ///   - file: The state dictionary.
  ///   - path: What errors call the file.
  /// - Returns: The parameters, and the names of tensors that are none.
  /// - Throws: ``StateError`` for tensors that do not belong together, or a part that the file lacks.
  public func ours(
    from file: TensorFile, at path: String
  ) throws(StateError) -> (file: TensorFile, leftOut: [String]) {
    try requireParts(parts.map(\.theirs), in: file.tensors.map(\.name), at: path)
    var tensors: [NamedTensor] = []
    for module in ModuleTensors.modules(of: file.tensors) {
      let part = parts.first { $0.theirs == module.name }
      let found = try module.ours(flattened: part?.flattened, at: path)
      tensors += found.map { $0.renamed(renamed($0.name, \.theirs, to: \.ours)) }
    }
    let named = Self.blocks(of: tensors, \.theirs, to: \.ours)
    return (
      TensorFile(metadata: [], tensors: named.map { $0.renamed(RunState.upperPrefix + $0.name) }),
      file.unread.map(\.name)
    )
  }

  /// Parameters as a state dictionary, of a run's state or of a lower model.
  ///
  /// - Parameters:
  ///   - file: The state; upper parameters where it has any, otherwise lower ones.
  ///   - path: What errors call the file.
  /// - Returns: The state dictionary, and the names of tensors that are no parameters.
  /// - Throws: ``StateError`` for tensors that do not belong together, a part or parameters that the file lacks.
  public func theirs(
    from file: TensorFile, at path: String
  ) throws(StateError) -> (file: TensorFile, leftOut: [String]) {
    let prefixes = [RunState.upperPrefix, LowerFile.prefix]
    guard
      let prefix = prefixes.first(where: { prefix in
        file.tensors.contains { $0.name.hasPrefix(prefix) }
      })
    else {
      throw StateError(
        .malformed, path,
        "has no parameters, upper/... or lower/...; give a run's state or lower model")
    }
    let own = file.tensors.filter { $0.name.hasPrefix(prefix) }.map {
      $0.renamed(String($0.name.dropFirst(prefix.count)))
    }
    try requireParts(parts.map(\.ours), in: own.map(\.name), at: path)
    var tensors: [NamedTensor] = []
    for module in ModuleTensors.modules(of: own) {
      let part = parts.first { $0.ours == module.name }
      let found = try module.theirs(flattened: part?.flattened, at: path)
      tensors += found.map { $0.renamed(renamed($0.name, \.ours, to: \.theirs)) }
    }
    let others = file.tensors.map(\.name).filter { !$0.hasPrefix(prefix) }
    return (
      TensorFile(metadata: [], tensors: Self.blocks(of: tensors, \.ours, to: \.theirs)),
      others + file.unread.map(\.name)
    )
  }

  /// The parts of a transformer's block.
  private static let blockParts = [
    Part(ours: "attention", theirs: "self_attn"), Part(ours: "dense1", theirs: "linear1"),
    Part(ours: "dense2", theirs: "linear2"),
  ]

  /// Tensors with the parts of transformers' blocks renamed: modules that have all of them.
  private static func blocks(
    of tensors: [NamedTensor], _ from: KeyPath<Part, String>, to: KeyPath<Part, String>
  ) -> [NamedTensor] {
    let first = blockParts[0][keyPath: from] + "."
    let modules = tensors.compactMap { tensor in
      tensor.name.range(of: first).map { String(tensor.name[..<$0.lowerBound]) }
    }
    let blocks = Set(modules).filter { module in
      blockParts.allSatisfy { part in
        tensors.contains { $0.name.hasPrefix("\(module)\(part[keyPath: from]).") }
      }
    }
    return tensors.map { tensor in
      for part in blockParts {
        guard let range = tensor.name.range(of: part[keyPath: from] + "."),
          blocks.contains(String(tensor.name[..<range.lowerBound]))
        else { continue }
        return tensor.renamed(
          tensor.name.replacingCharacters(in: range, with: part[keyPath: to] + "."))
      }
      return tensor
    }
  }

  /// A tensor's name with the longest part that it begins with renamed.
  private func renamed(
    _ name: String, _ from: KeyPath<Part, String>, to: KeyPath<Part, String>
  ) -> String {
    let fitting = parts.filter { name.hasPrefix($0[keyPath: from] + ".") }
    guard let part = fitting.max(by: { $0[keyPath: from].count < $1[keyPath: from].count }) else {
      return name
    }
    return part[keyPath: to] + name.dropFirst(part[keyPath: from].count)
  }

  private func requireParts(
    _ wanted: [String], in names: [String], at path: String
  ) throws(StateError) {
    for part in wanted where !names.contains(where: { $0.hasPrefix(part + ".") }) {
      throw StateError(
        .malformed, path,
        "has no tensors \(part.asShown)....; correct the map, or leave the line out")
    }
  }
}
