import DataFiles

/// What a table is.
struct TableSummary {
  private let table: Table
  private let settings: TableSettings
  private let columns: [ColumnSummary]
  private let target: Int

  init(_ table: Table, _ settings: TableSettings) throws(DataFileError) {
    (self.table, self.settings) = (table, settings)
    target = table.hasTargets ? try table.column(settings.target) : -1
    columns = try ColumnSummary.all(of: table)
  }

  /// All of it: the file, columns, first rows, classes, and who takes it.
  var sections: [DataSection] {
    get throws(DataFileError) {
      let suggested = suggested
      let first = [head, columnSection, try firstRows]
      do throws(DataFileError) {
        let examples = try ExampleTable(table, suggested)
        return first + classes(examples) + [takers(examples, suggested)]
      } catch {
        return first + [DataSummary.takers([["none yet", error.description]])]
      }
    }
  }

  private var head: DataSection {
    let missing = columns.reduce(0) { $0 + $1.missing }
    let inColumns = columns.count { $0.missing > 0 }
    let naming = table.names.isEmpty ? "without names" : "named by the first line"
    var rows = [
      ["format", table.format.rawValue], ["rows", "\(table.rowCount)"],
      ["columns", "\(table.columnCount), \(naming)"],
      ["missing cells", missing == 0 ? "none" : "\(missing), in \(inColumns) columns"],
    ]
    if let index = table.indexColumn {
      rows.append(["left out", "column \(index), the rows' names"])
    }
    return DataSection(settings.data, rows: rows)
  }

  /// The first columns and the last.
  private var columnSection: DataSection {
    let most = DataSummary.mostShown
    var rows = columns.prefix(columns.count > most ? most - 1 : most).map(\.row)
    if columns.count > most, let last = columns.last {
      rows += [["\(columns.count - most) more"], last.row]
    }
    return DataSection("Columns", ColumnSummary.headings, rows: rows)
  }

  /// Some cells of the first rows.
  private var firstRows: DataSection {
    get throws(DataFileError) {
      var shown = Array(0..<table.columnCount)
      if shown.count > Self.columnsShown {
        shown = shown.prefix(Self.columnsShown - 1) + shown.suffix(1)
      }
      var rows: [[String]] = []
      for row in 0..<min(table.rowCount, Self.rowsShown) {
        var cells: [String] = []
        for column in shown {
          let word = try table.word(row, column) ?? "(missing)"
          let isLong = word.count > Self.lettersShown
          cells.append(isLong ? word.prefix(Self.lettersShown - 3) + "..." : word)
        }
        rows.append(cells)
      }
      return DataSection("First rows", shown.map(table.name(ofColumn:)), rows: rows)
    }
  }

  private func classes(_ examples: ExampleTable) -> [DataSection] {
    guard case .classes(let classes, let names) = examples.targets else { return [] }
    var counts = [Int](repeating: 0, count: names.count)
    for number in classes { counts[number] += 1 }
    let named = zip(names, counts).map { (name: $0, count: $1) }
    return [DataSummary.classes("Classes, by \(table.name(ofColumn: target))", named)]
  }

  private static let (rowsShown, columnsShown, lettersShown) = (5, 8, 20)
}

extension TableSummary {
  /// The settings with those added that columns of words ask for: few words become columns, many are left out.
  private var suggested: TableSettings {
    var suggested = settings
    func list(_ isCategorical: Bool) -> String {
      let found = columns.enumerated().filter { number, column in
        number != target && number != table.indexColumn && column.wordCount > 0
          && column.isCategorical == isCategorical
      }
      return found.map { table.names.isEmpty ? "\($0)" : $1.name }.joined(separator: ",")
    }
    if settings.categorical.isEmpty { suggested.categorical = list(true) }
    if settings.ignore.isEmpty { suggested.ignore = list(false) }
    return suggested
  }

  private func takers(_ examples: ExampleTable, _ settings: TableSettings) -> DataSection {
    let plain = TableSettings()
    let words: [(key: String, value: String, usual: String)] = [
      ("target", settings.target, plain.target),
      ("kind", settings.kind.rawValue, plain.kind.rawValue),
      ("categorical", settings.categorical, plain.categorical),
      ("ignore", settings.ignore, plain.ignore),
      ("missing", settings.missing.rawValue, plain.missing.rawValue),
      ("separator", settings.format.separator.rawValue, plain.format.separator.rawValue),
      ("header", settings.format.header.rawValue, plain.format.header.rawValue),
      ("decimal", settings.format.decimal.rawValue, plain.format.decimal.rawValue),
    ]
    let others = words.filter { $0.value != $0.usual && $0.key != "kind" }
    let kind = words.filter { $0.value != $0.usual && $0.key == "kind" }
    func command(_ problem: String, _ settings: [(key: String, value: String, usual: String)])
      -> String
    {
      let data = [DataSummary.setting("data", self.settings.data)]
      return (["train \(problem)"] + data + settings.map { DataSummary.setting($0.key, $0.value) })
        .joined(separator: " ")
    }
    var rows = [["regularisation", command("regularisation", kind + others)]]
    if case .classes = examples.targets, table.format == .libsvm {
      let data = DataSummary.setting("data", self.settings.data)
      rows.append(["sparse-regularisation", "train sparse-regularisation \(data)"])
    }
    if case .classes = examples.targets {
      let cleaning = command("label-cleaning", others) + " --set validation=CLEAN"
      rows.append(["label-cleaning", cleaning])
      rows.append(["", "CLEAN: a table of the same columns, whose classes are right; without one,"])
      rows.append(["", "--set validation=0.3 --set test=0.2 --set train=0 --set corruption=0"])
    }
    return DataSummary.takers(rows)
  }
}
