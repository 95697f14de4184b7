import Training

/// Maps of tensors' names as YAML, a line for each tensor: `OURS: THEIRS`, and what makes ours from theirs.
///
///     upper/conv1.weight: conv1.weight permute 2 3 1 0     # from [out, in, height, width]
///     upper/conv1.bias: conv1.bias
///     upper/dense.weight: dense.weight transpose           # from [out, in]
///
/// Operations: `transpose`, `permute AXES...`, `split AXIS SIZES...`, `join AXIS SIZES...`.
public enum NameMapFile {
  /// The map in a file.
  ///
  /// - Throws: `StateError` where it cannot be read, ``ConfigurationError`` where it is no map.
  public static func read(_ path: String) throws -> NameMap {
    try map(in: try DurableFile.read(path, atMost: ConfigurationFile.longest), named: path)
  }

  /// The map in a file's bytes; errors call it by a name.
  ///
  /// - Throws: ``ConfigurationError``.
  public static func map(
    in bytes: [UInt8], named path: String
  ) throws(ConfigurationError) -> NameMap {
    let lines = try ConfigurationFile.assignments(in: bytes, named: path, punctuation: "./")
    guard !lines.isEmpty else {
      throw ConfigurationError(path, "the map names no tensors; write OURS: THEIRS, a line each")
    }
    var rules: [NameMap.Rule] = []
    for line in lines {
      let rule = try rule(line)
      if let other = rules.first(where: { $0.theirs == rule.theirs }) {
        throw ConfigurationError(
          line.origin ?? path, "\(rule.theirs) is \(other.ours) already; remove one")
      }
      rules.append(rule)
    }
    return NameMap(rules)
  }

  /// The parts of a model and the modules that they come from, for names and layouts that are known: `OURS: THEIRS` of
  /// those whose names differ, and `flattened CHANNELS HEIGHT WIDTH` of dense layers behind images.
  ///
  ///     stage1.block1: layer1.0
  ///     dense1: fc1 flattened 16 5 5
  ///
  /// - Throws: `StateError` where the file cannot be read, ``ConfigurationError`` where it is none.
  public static func readParts(_ path: String) throws -> PyTorchMap {
    try parts(in: try DurableFile.read(path, atMost: ConfigurationFile.longest), named: path)
  }

  /// The parts in a file's bytes; errors call it by a name.
  ///
  /// - Throws: ``ConfigurationError``.
  public static func parts(
    in bytes: [UInt8], named path: String
  ) throws(ConfigurationError) -> PyTorchMap {
    var parts: [PyTorchMap.Part] = []
    for line in try ConfigurationFile.assignments(in: bytes, named: path, punctuation: "./") {
      var words = line.value.split(separator: " ").map(String.init)[...]
      let theirs = words.popFirst() ?? ""
      let sizes = words.dropFirst().compactMap { Int($0) }
      let isFlattened = words.first == "flattened" && sizes.count == 3 && words.count == 4
      guard !theirs.isEmpty, words.isEmpty || (isFlattened && sizes.allSatisfy { $0 > 0 }) else {
        throw ConfigurationError(
          line.origin ?? path,
          "a line is OURS: THEIRS, and perhaps flattened CHANNELS HEIGHT WIDTH")
      }
      if let other = parts.first(where: { $0.theirs == theirs }) {
        throw ConfigurationError(
          line.origin ?? path, "\(theirs) is \(other.ours) already; remove one")
      }
      parts.append(.init(ours: line.key, theirs: theirs, flattened: words.isEmpty ? nil : sizes))
    }
    return PyTorchMap(parts)
  }

  private static func rule(_ line: SettingAssignment) throws(ConfigurationError) -> NameMap.Rule {
    var words = line.value.split(separator: " ").map(String.init)[...]
    let theirs = words.popFirst() ?? ""
    guard ![line.key, theirs].contains("__metadata__") else {
      throw ConfigurationError(
        line.origin ?? "", "__metadata__ is no tensor; remove the line")
    }
    var operations: [AxisOperation] = []
    while let word = words.popFirst() {
      let numbers = words.prefix { Int($0) != nil }.compactMap { Int($0) }
      words = words.dropFirst(numbers.count)
      guard let operation = operation(word, numbers) else {
        throw ConfigurationError(
          line.origin ?? "",
          "\"\(([word] + numbers.map(String.init)).joined(separator: " "))\" is none of "
            + "transpose, permute AXES..., split AXIS SIZES..., join AXIS SIZES...")
      }
      operations.append(operation)
    }
    return NameMap.Rule(ours: line.key, theirs: theirs, operations)
  }

  private static func operation(_ word: String, _ numbers: [Int]) -> AxisOperation? {
    guard numbers.allSatisfy({ $0 >= 0 }) else { return nil }
    let sizes = Array(numbers.dropFirst())
    switch word {
    case "transpose" where numbers.isEmpty: return .transpose
    case "permute" where !numbers.isEmpty && numbers.sorted() == Array(numbers.indices):
      return .permute(numbers)
    case "split" where !sizes.isEmpty: return .split(axis: numbers[0], sizes: sizes)
    case "join" where !sizes.isEmpty: return .join(axis: numbers[0], sizes: sizes)
    default: return nil
    }
  }
}
