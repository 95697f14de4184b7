import BilevelOptimization
import Models
import Tensors

extension LabelCleaning {
  /// The training images whose labels have the least weight; nothing for rows of a table.
  ///
  /// - Throws: What adaptation and predictions throw: `HypergradientError`, `TensorError`.
  public func illustrations(_ training: Adaptation<Tensor, Sequential>) throws -> [Illustration] {
    guard case .images(let images) = examples else { return [] }
    let logits = upperModel.values
    let accused = suspects(logits)
    guard !accused.isEmpty else { return [] }
    guard corrupted.isTruthKnown else { return [try suspects(accused, of: images, training)] }
    let isWrong = { (number: Int) in corrupted.givenLabels[number] != corrupted.rightLabels[number]
    }
    let rightly = accused.filter(isWrong)
    let wrongly = accused.filter { !isWrong($0) }
    let missed = logits.indices.filter { logits[$0] >= 0 && isWrong($0) }
      .sorted { (-logits[$0], $0) < (-logits[$1], $1) }
    func cells(_ numbers: [Int], _ mark: ImageFigure.Mark) -> [ImageFigure.Cell] {
      numbers.prefix(Self.mostShown).map { number in
        let (given, right) = (corrupted.givenLabels[number], corrupted.rightLabels[number])
        return .init(
          pixels: images.image(corrupted.train[number]), width: images.width,
          channels: images.channels, caption: given == right ? "\(given)" : "\(given), is \(right)",
          mark: mark)
      }
    }
    return [
      .images(
        ImageFigure(
          "Labels that it calls wrong",
          caption: "The lightest of the \(accused.count) labels with a weight below 1/2, with the "
            + "label given and, where that is another, the right one.",
          groups: [
            .init("Rightly so: \(rightly.count)", cells(rightly, .right)),
            .init("In error: \(wrongly.count)", cells(wrongly, .wrong)),
            .init("Wrong labels that it missed: \(missed.count)", cells(missed, .wrong)),
          ].filter { !$0.cells.isEmpty }))
    ]
  }

  /// The labels of least weight, and what the model says instead; which are wrong nobody knows.
  private func suspects(
    _ numbers: [Int], of images: LabelledImages, _ training: Adaptation<Tensor, Sequential>
  ) throws -> Illustration {
    let shown = Array(numbers.prefix(Self.mostShown))
    let said = try trainedLower(training).map { try predictedClasses(shown, $0.values) } ?? []
    return .images(
      ImageFigure(
        "The labels of least weight",
        caption: "The lightest of the \(numbers.count) labels with a weight below 1/2: the label "
          + "given, and what the model says that was trained with the weights.",
        groups: [
          .init(
            "Suspects: \(numbers.count)",
            zip(shown, said).map { number, said in
              .init(
                pixels: images.image(corrupted.train[number]), width: images.width,
                channels: images.channels,
                caption: "\(corrupted.givenLabels[number]), model: \(said)")
            })
        ]))
  }

  private static var mostShown: Int { 40 }
}
