#if Pictures
  import DataFiles
  import Foundation
  import Problems
  import Testing

  /// Folders of pictures as data of problems.
  @Suite struct PictureFolderTests {
    /// 4x3 pixels of grey.
    private static let picture =
      Data(
        base64Encoded:
          "iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAAAAACRn/EaAAAAF0lEQVR42mNgYGRiZuDi5uFlEBEVEwcAAn"
          + "sAi2H0cRcAAAAASUVORK5CYII=") ?? Data()

    private func withFolders(
      _ folders: [[String]], _ body: ([String]) throws -> Void
    ) throws {
      let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
      defer { try? FileManager.default.removeItem(at: root) }
      for (number, names) in folders.enumerated() {
        for name in names {
          let file = root.appendingPathComponent("\(number)/\(name).png")
          try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
          try Self.picture.write(to: file)
        }
      }
      try body(folders.indices.map { root.appendingPathComponent("\($0)").path })
    }

    private static let own = ["cat/1", "cat/2", "dog/1", "dog/2", "owl/1", "owl/2"]

    /// Classes are known by their names, even where another folder lacks some.
    @Test func classesGoByTheirNames() throws {
      try withFolders([Self.own, ["cat/9", "owl/7"], ["cat/9", "elk/7"]]) { paths in
        var settings = LabelCleaningSettings()
        (settings.data, settings.validation) = (paths[0], .place(paths[1]))
        let problem = try LabelCleaning(settings, seed: 1)
        #expect(problem.corrupted.examples.labels == [0, 0, 1, 1, 2, 2, 0, 2])
        #expect(problem.data.map(\.name) == ["pictures", "validation-pictures"])
        let values = [Double](repeating: 0, count: problem.lowerModel.count)
        let predictions = try #require(try problem.predictions(values, forFile: paths[1]))
        #expect(predictions.columns == ["row", "prediction", "P(cat)", "P(dog)", "P(owl)"])
        #expect(predictions.rows.count == 2)
        settings.validation = .place(paths[2])
        let error = #expect(throws: DataFileError.self) { try LabelCleaning(settings, seed: 1) }
        #expect(error?.problem.contains("elk") == true)
      }
    }

    @Test func foldersOfPicturesAreDescribed() throws {
      try withFolders([Self.own]) { paths in
        let text = try DataSummary(paths[0], TableSettings()).sections.map(\.text).joined()
        for line in ["  size      3x4, grey\n", "  owl       2\n", "few-shot"] {
          #expect(text.contains(line), "\(text)")
        }
      }
    }
  }
#endif
