extension Graph {
  /// Names a parameter, for errors.
  package func name(_ parameter: Tensor, _ name: String) { parameterNames[parameter.node] = name }

  /// Where a layer is in its model: what the names of all its parameters begin with, `block2.conv1`; `nil` where they have
  /// nothing in common, or there are none.
  func path(of layer: Any) -> String? {
    let names = parameterNames(within: layer, depth: 0).map { $0.split(separator: ".").dropLast() }
    guard var common = names.first else { return nil }
    for name in names {
      common = common.prefix(zip(common, name).prefix { $0 == $1 }.count)
    }
    return common.isEmpty ? nil : common.joined(separator: ".")
  }

  /// Layers are any types: their parameters are found by looking into them.
  private func parameterNames(within value: Any, depth: Int) -> [String] {
    if let tensor = value as? Tensor {
      return tensor.graph === self ? parameterNames[tensor.node].map { [$0] } ?? [] : []
    }
    guard depth < 12 else { return [] }
    return Mirror(reflecting: value).children.flatMap {
      parameterNames(within: $0.value, depth: depth + 1)
    }
  }
}
