import DataFiles
import Foundation

/// What an archive of arrays is.
struct ArchiveSummary {
  private let archive: NPZ
  private let file: FileBytes

  init(_ archive: NPZ, _ file: FileBytes) { (self.archive, self.file) = (archive, file) }

  /// All of it: the sparse matrix, or the arrays and what they are as a table.
  func sections(_ settings: TableSettings) throws(DataFileError) -> [DataSection] {
    if archive.isSparse { return try sparse(settings) }
    var rows: [[String]] = []
    for name in archive.names {
      rows.append([name] + ArraySummary(try archive.array(name), .npz).words)
    }
    let head = DataSection(
      "\(settings.data): \(DataFormat.npz.rawValue)", ["array"] + ArraySummary.headings, rows: rows)
    do throws(DataFileError) {
      return try [head] + TableSummary(settings.table(settings.data), settings).sections
    } catch {
      return [head, DataSummary.takers([["none", error.description]])]
    }
  }

  private func sparse(_ settings: TableSettings) throws(DataFileError) -> [DataSection] {
    let matrix = try SparseTable.decode(file).matrix
    let cells = max(Double(matrix.rowCount) * Double(matrix.columnCount), 1)
    let part = String(format: "%.3g", 100 * Double(matrix.entryCount) / cells)
    let longest = zip(matrix.starts, matrix.starts.dropFirst()).map { $1 - $0 }.max() ?? 0
    let range = [matrix.values.min() ?? 0, matrix.values.max() ?? 0].map(DataSummary.number)
    let head = DataSection(
      settings.data,
      rows: [
        ["format", "a sparse matrix of SciPy in compressed rows (.npz)"],
        ["rows", "\(matrix.rowCount)"], ["columns", "\(matrix.columnCount)"],
        ["entries", "\(matrix.entryCount), \(part) % of the cells; \(longest) in the longest row"],
        ["numbers", "from \(range[0]) to \(range[1])"],
      ])
    let data = DataSummary.setting("data", "\(settings.data),TARGETS.npy")
    let sparse = ["sparse-regularisation", "train sparse-regularisation \(data)"]
    do throws(DataFileError) {
      _ = try settings.table(settings.data)
      return [
        head, DataSummary.takers([["regularisation", "train regularisation \(data)"], sparse]),
      ]
    } catch {
      return [head, DataSummary.takers([sparse, ["no other", error.description]])]
    }
  }
}
