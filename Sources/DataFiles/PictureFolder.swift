import Foundation

/// Pictures of one size in folders, one for each class: `FOLDER/cat/1.png`, `FOLDER/dog/a.jpg`. Classes are the folders in
/// the order of their names, pictures those in the order of theirs; other files are passed over. Where one has colours, all
/// have three channels.
public struct PictureFolder: Sendable {
  /// Rows of a picture.
  public let height: Int
  /// Pixels of a row.
  public let width: Int
  /// 1 for grey pictures, 3 for red, green and blue.
  public let channels: Int
  /// All numbers, picture by picture, row by row, the channels of a pixel together.
  public let pixels: [UInt8]
  /// Each picture's class.
  public let labels: [Int]
  /// The names of the classes.
  public let classNames: [String]
  /// A checksum of all pictures' names and files.
  public let checksum: UInt32

  /// Whether a folder has a folder with a picture, by the names.
  public static func isOne(_ folder: String) -> Bool {
    folders(in: folder).contains { !pictures(in: "\(folder)/\($0)").isEmpty }
  }

  /// Reads all pictures. Sizes are checked before any is decoded.
  ///
  /// - Throws: ``DataFileError`` for a picture that is damaged or of another size than the first, for fewer than two
  ///   classes, or in a build without the trait `Pictures`.
  public static func read(_ folder: String) throws(DataFileError) -> PictureFolder {
    let classes = folders(in: folder).map { ($0, pictures(in: "\(folder)/\($0)")) }
      .filter { !$0.1.isEmpty }
    let paths = classes.flatMap { name, files in files.map { "\(folder)/\(name)/\($0)" } }
    guard classes.count >= 2 else {
      throw DataFileError(
        folder, "has pictures of \(classes.count) classes; two are needed",
        remedy: "give a folder with a folder of .png or .jpg pictures for each class")
    }
    let (size, checksum) = try measure(paths)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(paths.count * size.count)
    for path in paths {
      try Picture(FileBytes(reading: path)).append(channels: size.channels, to: &pixels)
    }
    let labels = classes.enumerated().flatMap { number, own in own.1.map { _ in number } }
    return PictureFolder(
      height: size.height, width: size.width, channels: size.channels, pixels: pixels,
      labels: labels, classNames: classes.map(\.0), checksum: checksum)
  }

  /// The size of all pictures, and their checksum.
  private static func measure(
    _ paths: [String]
  ) throws(DataFileError) -> (Picture.Size, UInt32) {
    var first: Picture.Size?
    var sums: [UInt8] = []
    for path in paths {
      let file = try FileBytes(reading: path)
      let size = try Picture(file).size
      let known = first ?? size
      guard (size.height, size.width) == (known.height, known.width) else {
        throw DataFileError(
          path,
          "has \(size.height)x\(size.width) pixels, and \(paths[0]) has \(known.height)x\(known.width)",
          remedy:
            "bring all pictures to one size, as by mogrify -resize 84x84^ -gravity center -extent 84x84"
        )
      }
      first = Picture.Size(
        height: size.height, width: size.width, channels: max(size.channels, known.channels))
      sums += withUnsafeBytes(of: file.checksum.littleEndian) { Array($0) }
    }
    guard let first, first.count <= FileBytes.limit / paths.count else {
      throw DataFileError(
        paths[0],
        "is one of \(paths.count) pictures, which have more than \(FileBytes.limit) numbers",
        remedy: "make them smaller")
    }
    return (first, Gzip.checksum(sums))
  }

  private static func folders(in folder: String) -> [String] {
    names(in: folder).filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder)
        && isFolder.boolValue
    }
  }

  private static func pictures(in folder: String) -> [String] {
    let endings = [".png", ".jpg", ".jpeg"]
    return names(in: folder).filter { name in endings.contains { name.lowercased().hasSuffix($0) } }
  }

  /// In an order that no system decides; hidden files are none.
  private static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { !$0.hasPrefix(".") }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
