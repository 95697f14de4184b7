import Foundation

/// Where a setting says that data are.
enum DataPlace: Sendable, Hashable {
  /// Nowhere: those that come with the program.
  case embedded
  /// A folder.
  case folder(String)
  /// A file of inputs and targets.
  case file(String)
  /// A file of inputs, and one of a target for each: `INPUTS,TARGETS`.
  case pair(inputs: String, targets: String)

  /// What a setting's text stands for. A comma is part of a name where there is a file or folder of that name.
  init(_ text: String) {
    var isFolder: ObjCBool = false
    if text.isEmpty {
      self = .embedded
    } else if FileManager.default.fileExists(atPath: text, isDirectory: &isFolder) {
      self = isFolder.boolValue ? .folder(text) : .file(text)
    } else if let comma = text.lastIndex(of: ","), comma != text.startIndex,
      text.index(after: comma) != text.endIndex
    {
      self = .pair(
        inputs: String(text[..<comma]), targets: String(text[text.index(after: comma)...]))
    } else {
      self = .file(text)
    }
  }
}
