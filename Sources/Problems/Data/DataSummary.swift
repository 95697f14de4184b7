import DataFiles
import Foundation

/// What data are, for people who want to train with them: format, shape, types, classes, missing cells, first rows, and
/// the problems that take them.
package struct DataSummary {
  /// What there is to say, in the order in which it is read.
  package let sections: [DataSection]

  /// Looks at data.
  ///
  /// - Parameters:
  ///   - text: A file, `INPUTS,TARGETS`, or a folder of IDX files, as `data=` has them.
  ///   - settings: How tables are read, and which column has the targets.
  /// - Throws: `DataFileError` for data that cannot be read.
  package init(_ text: String, _ settings: TableSettings) throws(DataFileError) {
    var settings = settings
    settings.data = text
    switch DataPlace(text) {
    case .embedded: throw DataFileError(text, "is no path", remedy: "give a file or a folder")
    case .folder(let folder): sections = try FolderSummary(folder).sections
    case .pair: sections = try TableSummary(settings.table(text), settings).sections
    case .file(let path): sections = try Self.sections(of: FileBytes(reading: path), settings)
    }
  }

  private static func sections(
    of file: FileBytes, _ settings: TableSettings
  ) throws(DataFileError) -> [DataSection] {
    switch DataFormat(of: file) {
    case .table, .libsvm: try TableSummary(settings.table(file.path), settings).sections
    case .npy: try ArraySummary(NPY.decode(file), .npy).sections(settings)
    case .idx: try ArraySummary(IDX.decode(file), .idx).sections(settings)
    case .npz: try ArchiveSummary(NPZ(file), file).sections(settings)
    case .png, .jpeg:
      throw DataFileError(
        file.path, "is one picture", remedy: "give the folder that has a folder for each class")
    case .safetensors:
      throw DataFileError(
        file.path, "holds tensors, which no problem here takes as data", remedy: "see inspect")
    }
  }

  /// How often each class comes, in the order of the classes.
  static func classes(
    _ title: String, _ counts: [(name: String, count: Int)]
  ) -> DataSection {
    var rows = counts.prefix(mostShown).map { [$0.name, "\($0.count)"] }
    if counts.count > mostShown {
      let rest = counts.dropFirst(mostShown)
      rows.append(["\(rest.count) more", "\(rest.reduce(0) { $0 + $1.count })"])
    }
    return DataSection(title, ["class", "rows"], rows: rows)
  }

  /// Which problems take it, and how.
  static func takers(_ rows: [[String]]) -> DataSection {
    DataSection("Problems that take it", rows: rows)
  }

  /// The most classes and columns that are listed.
  static var mostShown: Int { 20 }

  /// A number for people.
  static func number(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? String(format: "%.4g", value)
  }

  /// A setting for a shell.
  static func setting(_ key: String, _ value: String) -> String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-,=+:@%".utf8)
    let word = "\(key)=\(value)"
    let isPlain = value.utf8.allSatisfy(plain.contains)
    return "--set " + (isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'")
  }
}
