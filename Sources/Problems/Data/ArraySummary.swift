import DataFiles

/// What an array is.
struct ArraySummary {
  private let array: FileArray
  private let format: DataFormat
  private var (count, missing, sum) = (0, 0, 0.0)
  private var (least, most) = (Double.infinity, -Double.infinity)

  init(_ array: FileArray, _ format: DataFormat) {
    (self.array, self.format) = (array, format)
    let all = array.shape.reduce(1, *)
    // In pieces: as doubles, pixels are eight times as long.
    for start in stride(from: 0, to: all, by: Self.piece) {
      for value in array.values(start..<min(start + Self.piece, all)) {
        if value.isNaN {
          missing += 1
        } else {
          (least, most, sum) = (min(least, value), max(most, value), sum + value)
        }
      }
    }
    count = all - missing
  }

  /// Type, shape and range.
  var words: [String] {
    let range =
      count == 0 ? ["", "", ""] : [least, sum / Double(count), most].map(DataSummary.number)
    return [array.type, shape, "\(missing)"] + range
  }

  /// The shape as `[60000, 28, 28]`.
  private var shape: String { "[\(array.shape.map(String.init).joined(separator: ", "))]" }

  static let headings = ["type", "shape", "missing", "smallest", "mean", "largest"]

  /// All of it.
  func sections(_ settings: TableSettings) throws(DataFileError) -> [DataSection] {
    let head = DataSection("\(settings.data): \(format.rawValue)", Self.headings, rows: [words])
    switch array.shape.count {
    case 2 where array.rows > 0 && array.shape[1] > 1:
      return try [head] + TableSummary(settings.table(settings.data), settings).sections
    case 1: return [head, firstNumbers] + classes + [takers(settings.data)]
    default: return [head, firstNumbers, takers(settings.data)]
    }
  }

  /// The beginning of the first rows.
  private var firstNumbers: DataSection {
    let width = array.shape.isEmpty ? 1 : array.rowCount
    let rows = (0..<min(array.rows, Self.rowsShown)).map { row in
      let start = row * width
      let values = array.values(start..<start + min(width, Self.numbersShown))
      let shown = values.map(DataSummary.number).joined(separator: " ")
      return ["\(row)", shown + (width > Self.numbersShown ? " ..." : "")]
    }
    return DataSection("First rows", ["row", "numbers"], rows: rows)
  }

  /// How often each whole number comes, where they may be classes.
  private var classes: [DataSection] {
    guard missing == 0, count > 0, max(-least, most) < 1e9 else { return [] }
    var counts: [Int: Int] = [:]
    for value in array.values {
      guard let number = Int(exactly: value) else { return [] }
      counts[number, default: 0] += 1
    }
    guard counts.count <= Self.mostClasses, counts.count * 2 <= count else { return [] }
    let sorted = counts.sorted { $0.key < $1.key }
    return [DataSummary.classes("As classes", sorted.map { (name: "\($0.key)", count: $0.value) })]
  }

  private func takers(_ path: String) -> DataSection {
    let rows: [[String]] =
      switch array.shape.count {
      case 1:
        [
          [
            "as targets",
            "of inputs in another file: " + DataSummary.setting("data", "INPUTS,\(path)"),
          ]
        ]
      case 3 where ImageLayout(array.shape) != nil, 4 where ImageLayout(array.shape) != nil:
        asImages(path) + [asRows(path)]
      case 2...: [asRows(path)]
      default: [["none", "it has no rows"]]
      }
    return DataSummary.takers(rows)
  }

  private func asImages(_ path: String) -> [[String]] {
    let data = DataSummary.setting("data", "\(path),CLASSES")
    return [
      [
        "label-cleaning",
        "train label-cleaning \(data), the class of each image in CLASSES (.npy or IDX)",
      ],
      ["few-shot", "train few-shot \(data)"],
      ["representation", "train representation \(data)"],
    ]
  }

  private func asRows(_ path: String) -> [String] {
    let data = DataSummary.setting("data", "\(path),TARGETS")
    return [
      "regularisation", "train regularisation \(data), one target a row in TARGETS (.npy or IDX)",
    ]
  }

  private static let (rowsShown, numbersShown) = (3, 12)
  private static let (mostClasses, piece) = (10_000, 1 << 16)
}
