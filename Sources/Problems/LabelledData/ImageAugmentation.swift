import BilevelOptimization
import Randomness
import Tensors

/// Images that lower steps see turned left to right, moved, and with a square cut out.
public struct ImageAugmentation: Augmentation {
  /// Rows, columns and channels of an image.
  let height, width, channels: Int
  /// How much of it there is.
  let settings: AugmentationSettings

  /// Changed images `[n, numbers]`: one after another, by random numbers of its own each.
  public func callAsFunction(
    _ examples: Examples, _ stream: inout RandomStream
  ) throws -> Examples {
    let data = examples.data
    let (values, count) = (data.values, height * width * channels)
    var result = [Float](repeating: 0, count: values.count)
    for image in 0..<data.shape[0] {
      let change = Change(settings, height, width, &stream)
      for row in 0..<height {
        for column in 0..<width {
          guard let source = change.source(row, column, height, width) else { continue }
          let (from, to) = (source * channels, (row * width + column) * channels)
          for channel in 0..<channels {
            result[image * count + to + channel] = Float(values[image * count + from + channel])
          }
        }
      }
    }
    return Examples(
      data: try DataArray(data.shape, result), target: examples.target, extras: examples.extras)
  }

  /// What becomes of one image.
  private struct Change {
    var isFlipped = false
    /// How far it moves down and to the right.
    var (down, right) = (0, 0)
    /// The middle and the half size of the square that is cut out.
    var cut: (row: Int, column: Int)?
    let size: Int

    init(
      _ settings: AugmentationSettings, _ height: Int, _ width: Int, _ stream: inout RandomStream
    ) {
      size = settings.cutOut
      if settings.flip { isFlipped = stream.integer(below: 2) == 1 }
      if settings.shift > 0 {
        down = stream.integer(below: 2 * settings.shift + 1) - settings.shift
        right = stream.integer(below: 2 * settings.shift + 1) - settings.shift
      }
      if size > 0 { cut = (stream.integer(below: height), stream.integer(below: width)) }
    }

    /// The pixel that comes to a place; nil for none, which is 0.
    func source(_ row: Int, _ column: Int, _ height: Int, _ width: Int) -> Int? {
      if let cut, Self.isWithin(row - cut.row, size), Self.isWithin(column - cut.column, size) {
        return nil
      }
      let (row, column) = (row - down, column - right)
      guard 0..<height ~= row, 0..<width ~= column else { return nil }
      return row * width + (isFlipped ? width - 1 - column : column)
    }

    /// Whether a distance from the middle is within a square of a size.
    private static func isWithin(_ distance: Int, _ size: Int) -> Bool {
      -(size / 2)..<(size + 1) / 2 ~= distance
    }
  }
}

/// How images are changed for lower steps.
public struct AugmentationSettings: Sendable, Equatable {
  /// Whether half of them are turned left to right.
  public var flip = false
  /// How many pixels they are moved by at most, up or down and to the left or right; what is left is 0. The same as cropping them
  /// from images with as many pixels more on each side.
  public var shift = 0
  /// The side of a square of pixels that are set to 0, its middle anywhere in the image (cut-out; DeVries and Taylor, 2017).
  public var cutOut = 0

  mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("flip", &flip, "whether lower steps see half of the images turned left to right")
    try keys("shift", &shift, 0...10_000, "and moved by so many pixels at most (padded crops)")
    try keys("cut-out", &cutOut, 0...10_000, "and with a square of such a side set to 0")
  }

  /// The augmentation of some examples; nil where there is none.
  ///
  /// - Throws: `SettingError` for rows of a table.
  func augmentation(_ examples: LabelledExamples) throws(SettingError) -> ImageAugmentation? {
    guard self != AugmentationSettings() else { return nil }
    guard case .images(let images) = examples else {
      throw SettingError(
        "flip, shift, cut-out: rows of a table are no images; set flip=false, shift=0 and cut-out=0"
      )
    }
    return ImageAugmentation(
      height: images.height, width: images.width, channels: images.channels, settings: self)
  }
}
