import DataFiles
import Foundation

/// What is in a folder of data files.
struct FolderSummary {
  let sections: [DataSection]

  init(_ folder: String) throws(DataFileError) {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    var rows: [[String]] = []
    var hasImages = false
    for name in names.prefix(Self.mostFiles) {
      guard case .file(let path) = DataPlace("\(folder)/\(name)") else { continue }
      let file = try FileBytes(reading: path)
      let format = DataFormat(of: file)
      guard format == .idx else {
        rows.append([name, format.rawValue, ""])
        continue
      }
      let array = try IDX.decode(file)
      hasImages = hasImages || ImageLayout(array.shape) != nil
      rows.append([name, format.rawValue, "\(array.type) \(array.shape)"])
    }
    let head = DataSection("\(folder): a folder", ["file", "format", "holds"], rows: rows)
    sections = [head] + (hasImages ? [Self.takers(folder)] : [])
  }

  private static func takers(_ folder: String) -> DataSection {
    let rest = DataSummary.setting("data", folder) + " --set images=FILE --set labels=FILE"
    return DataSummary.takers([
      ["label-cleaning", "train label-cleaning \(rest)"], ["few-shot", "train few-shot \(rest)"],
    ])
  }

  private static var mostFiles: Int { 50 }
}
