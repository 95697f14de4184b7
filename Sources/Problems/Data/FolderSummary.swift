import DataFiles
import Foundation

/// What is in a folder of data files, or of pictures.
struct FolderSummary {
  let sections: [DataSection]

  init(_ folder: String) throws(DataFileError) {
    if PictureFolder.isOne(folder) {
      sections = try Self.pictures(folder)
      return
    }
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
      ["representation", "train representation \(rest)"],
    ])
  }

  /// A folder for each class.
  private static func pictures(_ folder: String) throws(DataFileError) -> [DataSection] {
    let pictures = try PictureFolder.read(folder)
    var counts = [Int](repeating: 0, count: pictures.classNames.count)
    for label in pictures.labels { counts[label] += 1 }
    let head = DataSection(
      folder,
      rows: [
        ["format", "pictures in a folder for each class"],
        ["pictures", "\(pictures.labels.count)"],
        [
          "size",
          "\(pictures.height)x\(pictures.width), \(pictures.channels == 1 ? "grey" : "in colour")",
        ],
      ])
    let classes = zip(pictures.classNames, counts).map { (name: $0, count: $1) }
    let data = DataSummary.setting("data", folder)
    return [
      head, DataSummary.classes("Classes", classes),
      DataSummary.takers([
        ["label-cleaning", "train label-cleaning \(data) --set validation=CLEAN_FOLDER"],
        ["few-shot", "train few-shot \(data) --set ways=2"],
        ["representation", "train representation \(data) --set ways=2"],
      ]),
    ]
  }

  private static var mostFiles: Int { 50 }
}
