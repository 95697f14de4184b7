import BilevelOptimization
import Models
import Tensors

extension LearntAugmentation {
  /// Some training images as they are, and as lower steps see them at the first and the learnt strengths.
  ///
  /// - Throws: `TensorError`.
  public func illustrations(
    _ training: Adaptation<ChangeStrengths, Sequential>
  ) throws -> [Illustration] {
    let shown = shown
    let inputs = try images.images(shown)
    func cells(_ pixels: [Double]) -> [ImageFigure.Cell] {
      shown.enumerated().map { place, number in
        let own = pixels[place * images.pixelCount..<(place + 1) * images.pixelCount]
        return ImageFigure.Cell(
          pixels: own.map { Float(min(max($0, 0), 1)) }, width: images.width,
          channels: images.channels, caption: images.classNames[images.labels[number]])
      }
    }
    func changed(_ values: [Double], _ draw: UInt64) throws -> [ImageFigure.Cell] {
      cells(try change.changed(inputs, upperModel, at: values, seed: seed &+ draw).values)
    }
    return [
      .images(
        ImageFigure(
          "Training images as lower steps see them",
          caption:
            "Drawn anew in every step; less than no ink and more than full ink are shown as these.",
          groups: [
            .init("As they are", cells(inputs.values)),
            .init("At the first strengths", try changed(firstValues, 0)),
            .init("At the learnt strengths", try changed(upperModel.values, 0)),
            .init("Once more", try changed(upperModel.values, 1)),
          ]))
    ]
  }

  /// Training images of classes in turn.
  private var shown: [Int] {
    let byClass = images.classNames.indices.map { own in
      parts.train.filter { images.labels[$0] == own }
    }
    let rounds = (0..<Self.mostShown).flatMap { round in
      byClass.compactMap { $0.dropFirst(round).first }
    }
    return Array(rounds.prefix(Self.mostShown))
  }

  private static var mostShown: Int { 10 }
}
