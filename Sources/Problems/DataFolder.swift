import DataFiles
import Foundation

/// A folder of data files, as a setting names it.
struct DataFolder {
  private let folder: String

  init(_ folder: String) { self.folder = folder }

  /// The path of a file in the folder, compressed or not.
  ///
  /// - Parameters:
  ///   - name: The file's name; `.gz` may be left out. An absolute path stands for itself.
  ///   - key: The setting that names it, for errors.
  /// - Returns: The path.
  /// - Throws: `SettingError` where no folder is given; `DataFileError` where there is no such file.
  func path(of name: String, key: String) throws -> String {
    guard !folder.isEmpty || name.hasPrefix("/") else {
      throw SettingError("data is not set: give the folder with the data, --set data=FOLDER")
    }
    guard name.hasPrefix("/") || access(folder, F_OK) == 0 else {
      throw DataFileError(
        folder, "no such file or folder", remedy: "set data to where the data are", isMissing: true)
    }
    let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
    let candidates = [path, path + ".gz"]
    guard let found = candidates.first(where: { access($0, F_OK) == 0 }) else {
      throw DataFileError(
        path, "no such file, with or without .gz",
        remedy: "set data to the folder that holds it, or \(key) to its name", isMissing: true)
    }
    return found
  }
}
