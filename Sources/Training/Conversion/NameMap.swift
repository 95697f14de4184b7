import PlainText

/// How tensors of another library are called and laid out here.
public struct NameMap: Sendable, Hashable {
  /// A tensor by both its names.
  public struct Rule: Sendable, Hashable {
    /// What it is called here.
    public let ours: String
    /// What it is called there.
    public let theirs: String
    /// What makes ours from theirs, in order.
    public let operations: [AxisOperation]

    /// A tensor by both its names.
    public init(ours: String, theirs: String, _ operations: [AxisOperation] = []) {
      self.ours = ours
      self.theirs = theirs
      self.operations = operations
    }

    /// The way back.
    fileprivate var inverse: Rule {
      Rule(ours: theirs, theirs: ours, operations.reversed().map(\.inverse))
    }
  }

  /// The rules, in the order in which tensors are written; no name comes twice on either side.
  public let rules: [Rule]

  /// A map of rules.
  public init(_ rules: [Rule]) { self.rules = rules }

  /// From ours to theirs.
  public var inverse: NameMap { NameMap(rules.map(\.inverse)) }

  /// Renames a file's tensors, and lays them out as ours. Words about the content stay behind, for checksums among them
  /// would be those of other tensors.
  ///
  /// - Parameters:
  ///   - file: The tensors, by their names there.
  ///   - path: What errors call the file.
  /// - Returns: The tensors that the map names, and the names of those that it does not.
  /// - Throws: ``StateError`` for a tensor that is missing, or of another shape than an operation needs.
  public func applied(
    to file: TensorFile, at path: String
  ) throws(StateError) -> (file: TensorFile, leftOut: [String]) {
    var tensors: [NamedTensor] = []
    for rule in rules {
      guard var tensor = try file.tensor(rule.theirs, at: path) else {
        let near = Spelling.near(rule.theirs, among: file.tensors.map(\.name))
        throw StateError(
          .malformed, path,
          "has no tensor \(rule.theirs.asShown)\(near.map { "; did you mean \($0.asShown)?" } ?? "")"
            + "; correct the map, or give it the other direction's file")
      }
      for operation in rule.operations {
        guard let changed = operation.applied(to: tensor) else {
          throw StateError(
            .malformed, path,
            "\(rule.theirs.asShown) has shape \(tensor.shape) where the map says "
              + "\(operation.description); correct the map")
        }
        tensor = changed
      }
      tensors.append(tensor.renamed(rule.ours))
    }
    let used = Set(rules.map { Array($0.theirs.utf8) })
    let names = file.tensors.map(\.name) + file.unread.map(\.name)
    return (
      TensorFile(metadata: [], tensors: tensors), names.filter { !used.contains(Array($0.utf8)) }
    )
  }
}
