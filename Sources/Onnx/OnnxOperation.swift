import DataFiles

/// An operation of ONNX that is known here, and how it is made of the engine's.
public struct OnnxOperation: Sendable {
  /// Families, as the table of operations is divided.
  public enum Family: String, Sendable, CaseIterable {
    /// Functions of single elements.
    case elements = "Elements"
    /// Changes of shape and order.
    case axes = "Axes"
    /// Sums and the like along axes.
    case reductions = "Reductions"
    /// Matrix products.
    case products = "Products"
    /// Windows over images.
    case images = "Images"
    /// Normalisations.
    case normalisation = "Normalisation"
    /// Recurrent layers.
    case recurrent = "Recurrent"
    /// Rows and elements chosen by number.
    case indices = "Indices"
    /// Losses and what they are made of.
    case losses = "Losses"
  }

  /// Its name in ONNX.
  public let name: String
  /// Its family.
  public let family: Family
  /// What of it is not taken, or is otherwise than one might think; empty where nothing is.
  public let note: String
  let translate: @Sendable (OnnxCall) throws -> [OnnxValue]

  init(
    _ name: String, _ family: Family, _ note: String = "",
    _ translate: @escaping @Sendable (OnnxCall) throws -> [OnnxValue]
  ) {
    self.name = name
    self.family = family
    self.note = note
    self.translate = translate
  }

  /// The domain of this package's own operations: those that ONNX lacks.
  static let ownDomain = "igbm"

  /// All of them, in the order of the table.
  public static let all =
    elementwise + comparisons + axes + shapes + reductions + products + images + normalisations
    + recurrent + indices + losses

  static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// The table of documents: a line a family's operations.
  public static var table: String {
    var lines = ["| operations | notes |", "| --- | --- |"]
    for family in Family.allCases {
      let own = all.filter { $0.family == family }
      let plain = own.filter(\.note.isEmpty).map { "`\($0.name)`" }
      if !plain.isEmpty { lines.append("| \(plain.joined(separator: " ")) | |") }
      for operation in own where !operation.note.isEmpty {
        lines.append("| `\(operation.name)` | \(operation.note) |")
      }
    }
    return lines.joined(separator: "\n")
  }
}
