import PlainText

/// The tensors of one module, by the last part of their names.
struct ModuleTensors {
  /// The module's name; empty for a model that is one module.
  let name: String
  /// By their names within it: `weight`, and `query.weight` of a module of modules.
  private(set) var tensors: [(leaf: String, tensor: NamedTensor)]

  subscript(leaf: String) -> NamedTensor? { tensors.first { $0.leaf == leaf }?.tensor }

  var leaves: Set<String> { Set(tensors.map(\.leaf)) }

  /// A tensor of the module, whatever it was called.
  func made(_ leaf: String, _ tensor: NamedTensor) -> NamedTensor {
    tensor.renamed(name.isEmpty ? leaf : "\(name).\(leaf)")
  }

  /// Tensors by modules, in their order. The dense layers of attention belong to it.
  static func modules(of tensors: [NamedTensor]) -> [ModuleTensors] {
    let names = Set(tensors.map(\.name))
    var modules: [ModuleTensors] = []
    for tensor in tensors {
      let (name, leaf) = owner(of: tensor.name, among: names)
      if let place = modules.firstIndex(where: { $0.name == name }) {
        modules[place].tensors.append((leaf, tensor))
      } else {
        modules.append(ModuleTensors(name: name, tensors: [(leaf, tensor)]))
      }
    }
    return modules
  }

  private static func owner(
    of name: String, among names: Set<String>
  ) -> (name: String, leaf: String) {
    let words = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    func split(_ count: Int) -> (name: String, leaf: String) {
      (
        words.dropLast(count).joined(separator: "."),
        words.suffix(count).joined(separator: ".")
      )
    }
    if words.count > 1, Attention.parts.contains(words[words.count - 2]) {
      let (module, leaf) = split(2)
      if Attention.isModule(module.isEmpty ? "" : module + ".", names) { return (module, leaf) }
    }
    return split(1)
  }

  /// Attention's dense layers.
  enum Attention {
    static let projections = ["query", "key", "value"]
    static let parts = projections + ["output", "out_proj"]

    static func isModule(_ prefix: String, _ names: Set<String>) -> Bool {
      names.contains(prefix + "in_proj_weight")
        || (projections + ["output"]).allSatisfy { names.contains("\(prefix)\($0).weight") }
    }
  }
}

extension NamedTensor {
  /// The tensor with its axes changed.
  func laidOut(_ operations: AxisOperation..., at path: String) throws(StateError) -> NamedTensor {
    var tensor = self
    for operation in operations {
      guard let changed = operation.applied(to: tensor) else {
        throw StateError(
          .malformed, path,
          "\(name.asShown) has shape \(tensor.shape), of which there is no \(operation.description); "
            + "correct the map")
      }
      tensor = changed
    }
    return tensor
  }

  /// As many equal pieces along the first axis.
  func pieces(_ count: Int) -> [NamedTensor]? {
    guard let first = shape.first, first % count == 0 else { return nil }
    let size = data.count / count
    return (0..<count).map {
      NamedTensor(
        name: name, type: type, shape: [first / count] + shape.dropFirst(),
        data: Array(data[$0 * size..<($0 + 1) * size]))
    }
  }

  /// Pieces along the first axis as one.
  static func joined(_ pieces: [NamedTensor]) -> NamedTensor? {
    guard let first = pieces.first, !first.shape.isEmpty,
      pieces.allSatisfy({ $0.type == first.type && $0.shape.dropFirst() == first.shape.dropFirst() }
      )
    else { return nil }
    return NamedTensor(
      name: first.name, type: first.type,
      shape: [pieces.reduce(0) { $0 + $1.shape[0] }] + first.shape.dropFirst(),
      data: pieces.flatMap(\.data))
  }

  /// The sum of two tensors of one shape, in their type.
  func plus(_ other: NamedTensor) -> NamedTensor? {
    guard shape == other.shape, type == other.type else { return nil }
    if let a = elements(of: Float.self), let b = other.elements(of: Float.self) {
      return NamedTensor(name, shape: shape, elements: zip(a, b).map { $0 + $1 })
    }
    if let a = elements(of: Double.self), let b = other.elements(of: Double.self) {
      return NamedTensor(name, shape: shape, elements: zip(a, b).map { $0 + $1 })
    }
    return nil
  }

  /// Zeros of the same type and shape.
  var zeros: NamedTensor {
    NamedTensor(
      name: name, type: type, shape: shape, data: [UInt8](repeating: 0, count: data.count))
  }
}
