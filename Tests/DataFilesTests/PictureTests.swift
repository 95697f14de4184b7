import DataFiles
import Foundation
import Testing

/// Pictures in folders; with the trait `Pictures` they are read, without it the error says how.
@Suite struct PictureTests {
  /// 4x3 pixels: grey 10 y + x; colours (10 y + x, 100, 200 + x); (10, 20, 30), the first of each row transparent.
  static let (grey, colours, clear) = (
    bytes(
      "iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAAAAACRn/EaAAAAF0lEQVR42mNgYGRiZuDi5uFlEBEVEwcAAnsAi2H0cRcAAAAA"
        + "SUVORK5CYII="),
    bytes(
      "iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAIAAAA7ljmRAAAALUlEQVR42g3HyQEAEAwAweCH/BwNbrE5mmJ+I4IVvBKNlI4N"
        + "fBL6s7CNH+KSDxD+Dq03NcLkAAAAAElFTkSuQmCC"),
    bytes(
      "iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAYAAAC09K7GAAAAFElEQVR42mPgEpFjAOL/MMxAUAAADawLyHjxYDYAAAAASUVO"
        + "RK5CYII=")
  )
  /// 4x3 pixels by libjpeg at quality 100: grey 40 + 20 x + 50 y; (200, 100, 50).
  static let (greyJPEG, coloursJPEG) = (
    bytes(
      "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ"
        + "EBAQEBAQEBAQEBAQEBAQH/wAALCAADAAQBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIE"
        + "AwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISU"
        + "pTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW"
        + "19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/AP0y/Zt/Y5/Zh/4VN4f/AOLL+Df4/wDl2u/+eNt/0+V//9k="
    ),
    bytes(
      "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ"
        + "EBAQEBAQEBAQEBAQEBAQH/2wBDAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
        + "AQEBAQEBAQEBAQH/wAARCAADAAQDAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAw"
        + "IEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdI"
        + "SUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1N"
        + "XW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcF"
        + "BAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1"
        + "RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX"
        + "2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDn6/yvP9sD/9k=")
  )

  private static func bytes(_ text: String) -> [UInt8] {
    Array(Data(base64Encoded: text) ?? Data())
  }

  private func withFolder(
    _ files: [(String, [UInt8])], _ body: (String) throws -> Void
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, bytes) in files {
      let file = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: file)
    }
    try body(folder.path)
  }

  @Test func foldersOfPicturesAreKnownByTheirNames() throws {
    try withFolder([("a/1.png", []), ("b", [])]) { #expect(PictureFolder.isOne($0)) }
    try withFolder([("1.png", []), ("a/1.txt", [])]) { #expect(!PictureFolder.isOne($0)) }
    #expect(!PictureFolder.isOne("none/there"))
  }

  #if Pictures
    private func pixels(_ bytes: [UInt8], channels: Int) throws -> [UInt8] {
      var pixels: [UInt8] = []
      try Picture(try FileBytes("picture", bytes)).append(channels: channels, to: &pixels)
      return pixels
    }

    @Test func pixelsAreThoseThatWereSaved() throws {
      var (grey, colours, clear): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
      for row in 0..<3 as Range<UInt8> {
        for column in 0..<4 as Range<UInt8> {
          let value = 10 * row + column
          grey.append(value)
          colours += [value, 100, 200 + column]
          clear += column == 0 ? [255, 255, 255] : [10, 20, 30]
        }
      }
      #expect(try pixels(Self.grey, channels: 1) == grey)
      #expect(try pixels(Self.grey, channels: 3)[3..<6] == [1, 1, 1])
      #expect(try pixels(Self.colours, channels: 3) == colours)
      #expect(try pixels(Self.clear, channels: 3) == clear)
    }

    /// JPEG rounds.
    @Test func pixelsOfJPEGAreNear() throws {
      let grey = try pixels(Self.greyJPEG, channels: 1)
      for place in 0..<12 {
        let expected = 40 + 20 * (place % 4) + 50 * (place / 4)
        #expect(abs(Int(grey[place]) - expected) <= 2)
      }
      let colours = try pixels(Self.coloursJPEG, channels: 3)
      for (place, value) in colours.enumerated() {
        let expected = [200, 100, 50][place % 3]
        #expect(abs(Int(value) - expected) <= 2)
      }
      #expect(try pixels(Self.greyJPEG, channels: 3).count == 36)
    }

    @Test func classesAreFolders() throws {
      let files = [
        ("b/2.png", Self.grey), ("b/1.JPG", Self.greyJPEG), ("a/x.png", Self.colours),
        ("a/notes.txt", [1]), ("empty/none.txt", [1]), ("b/.hidden.png", [1]),
      ]
      try withFolder(files) { path in
        let folder = try PictureFolder.read(path)
        #expect(folder.classNames == ["a", "b"] && folder.labels == [0, 1, 1])
        #expect(folder.height == 3 && folder.width == 4 && folder.channels == 3)
        #expect(folder.pixels.count == 3 * 36 && folder.pixels[1] == 100)
        #expect(folder.pixels[72] == folder.pixels[73])
        try Data(Self.clear).write(to: URL(fileURLWithPath: "\(path)/b/2.png"))
        #expect(try PictureFolder.read(path).checksum != folder.checksum)
      }
    }

    @Test func picturesThatDoNotFitAreNamed() throws {
      var wide = Self.grey
      wide[19] = 5
      var huge = Self.grey
      huge.replaceSubrange(16..<24, with: [0, 1, 0, 0, 0, 1, 0, 0])
      for (bytes, words) in [
        (Array(Self.grey.dropLast(30)), "decoded"), (Array(Self.greyJPEG.dropLast(20)), "decoded"),
        (wide, "decoded"), (huge, "decoded"), ([1, 2, 3], "neither"), ([], "neither"),
      ] as [([UInt8], String)] {
        try withFolder([("a/1.png", Self.grey), ("b/2.png", bytes)]) { path in
          let error = #expect(throws: DataFileError.self, "\(words)") {
            try PictureFolder.read(path)
          }
          #expect(error?.file == "\(path)/b/2.png" && error?.problem.contains(words) == true)
          #expect(error?.description.contains("\n") == false)
        }
      }
      try withFolder([("a/1.png", Self.grey)]) { path in
        #expect(throws: DataFileError.self) { try PictureFolder.read(path) }
      }
    }

    @Test(arguments: [0, 1, 2, 3, 4]) func noMutatedPictureTraps(_ index: Int) throws {
      let original = [Self.grey, Self.colours, Self.clear, Self.greyJPEG, Self.coloursJPEG][index]
      var random = Mutation(seed: 20_261_130 + UInt64(index))
      var refused = 0
      for _ in 0..<500 {
        do throws(DataFileError) {
          let picture = try Picture(try FileBytes("x", random.mutated(original)))
          // What a damaged header claims is not always worth decoding here.
          guard picture.size.count < 1 << 20 else { continue }
          var pixels: [UInt8] = []
          try picture.append(channels: 3, to: &pixels)
          #expect(pixels.count == picture.size.height * picture.size.width * 3)
        } catch {
          refused += 1
        }
      }
      #expect(refused > 50)
    }
  #else
    @Test func withoutTheLibrariesTheErrorSaysHow() throws {
      try withFolder([("a/1.png", Self.grey), ("b/1.jpg", Self.greyJPEG)]) { path in
        let error = #expect(throws: DataFileError.self) { try PictureFolder.read(path) }
        #expect(error?.remedy.contains("libpng-dev") == true)
      }
    }
  #endif
}
