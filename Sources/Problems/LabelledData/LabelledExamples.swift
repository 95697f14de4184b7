import DataFiles
import Tensors

/// Examples with classes: grey images, or rows of a table.
package enum LabelledExamples: Sendable {
  case images(LabelledImages)
  case rows(LabelledRows)

  /// Whether they are images.
  var areImages: Bool { if case .images = self { true } else { false } }

  /// Numbers of an example.
  var inputCount: Int {
    switch self {
    case .images(let images): images.pixelCount
    case .rows(let rows): rows.table.inputs.width
    }
  }

  /// Each example's class.
  package var labels: [Int] {
    switch self {
    case .images(let images): images.labels
    case .rows(let rows): rows.labels
    }
  }

  /// What the classes are called.
  var classNames: [String] {
    switch self {
    case .images(let images): images.classNames
    case .rows(let rows): rows.classNames
    }
  }

  /// Checksums of the files.
  var checksums: [DataChecksum] {
    switch self {
    case .images(let images): images.checksums
    case .rows(let rows): rows.checksums
    }
  }

  /// Those of a place: images of a folder, or of two files of which the first is one of images; otherwise a table.
  ///
  /// - Throws: `DataFileError` for files that cannot be read, `SettingError` for settings that name none.
  init(_ text: String, _ settings: LabelledDataSettings) throws {
    let place = DataPlace(text)
    if let files = try ImageFiles(place, images: settings.images, labels: settings.labels) {
      self = .images(try LabelledImages(files))
    } else if place == .embedded {
      self = .images(Digits.all)
    } else {
      self = .rows(try LabelledRows(settings.table))
    }
  }

  /// These, then those of another place of the same kind.
  ///
  /// - Parameters:
  ///   - text: The place.
  ///   - part: What they do, for the names of their checksums.
  ///   - settings: How they are read.
  /// - Returns: All.
  /// - Throws: `DataFileError` for files that cannot be read, or examples of another shape.
  func followed(
    by text: String, as part: String, _ settings: LabelledDataSettings
  ) throws -> LabelledExamples {
    switch self {
    case .images(let images):
      guard
        let files = try ImageFiles(
          DataPlace(text), images: settings.images, labels: settings.labels)
      else {
        throw DataFileError(
          text, "is neither a folder of images nor IMAGES,LABELS", remedy: "give images as data has"
        )
      }
      return .images(try images.followed(by: try LabelledImages(files), from: text, as: part))
    case .rows(let rows):
      return .rows(try rows.followed(by: text, as: part, settings.table))
    }
  }

  /// Some examples as one array `[count, inputs]`.
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  func inputs(_ indices: [Int]) throws -> DataArray {
    switch self {
    case .images(let images): try images.images(indices)
    case .rows(let rows): try rows.inputs(indices)
    }
  }

  /// Where an example is in the user's file, from 0.
  func place(of index: Int) -> Int {
    switch self {
    case .images: index
    case .rows(let rows): rows.table.rows[index]
    }
  }

  /// The examples, in the standard of those that train.
  func standardised(by training: [Int]) -> LabelledExamples {
    switch self {
    case .images: self
    case .rows(let rows): .rows(rows.standardised(by: training))
    }
  }

  /// All examples of another file, which needs no classes.
  ///
  /// - Throws: `DataFileError` for a file that cannot be read, or examples of another shape.
  func inputs(ofFile path: String, _ settings: LabelledDataSettings) throws -> DataArray {
    switch self {
    case .images(let images): try images.images(ofFile: path)
    case .rows(let rows): try rows.inputs(ofFile: path, settings.table)
    }
  }

  /// A lower model for such examples. A table's inputs are (x - `inputs/mean`) times `inputs/scale`.
  func trained(_ values: [Double]) -> TrainedLower {
    guard case .rows(let rows) = self else { return TrainedLower(values) }
    return TrainedLower(
      values,
      extras: [
        .init("inputs/mean", rows.standards.map(\.center)),
        .init("inputs/scale", rows.standards.map(\.factor)),
      ],
      words: rows.table.encoding.columns.enumerated().map { ("input/\($0)", $1.name) }
        + rows.classNames.enumerated().map { ("class/\($0)", $1) })
  }
}
