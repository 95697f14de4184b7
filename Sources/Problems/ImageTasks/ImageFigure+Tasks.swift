import Tensors

extension ImageFigure {
  /// One held-out task: its support images, and its query images with the classes that are predicted before and after
  /// adaptation.
  ///
  /// - Parameters:
  ///   - task: The task.
  ///   - tasks: What it was drawn by.
  ///   - caption: What is done with it, without the number that are right.
  ///   - before: The classes that query images were given before adaptation; nil where that says nothing.
  ///   - after: Those after adaptation.
  init(
    _ task: TaskExamples, of tasks: ImageTasks, caption: String, before: [Int]?, after: [Int]
  ) {
    let shape = tasks.images.shape
    func cells(
      _ pixels: ArraySlice<Double>, _ captions: [(text: String, mark: Mark)]
    ) -> [Cell] {
      captions.enumerated().map { index, caption in
        let own = pixels.dropFirst(index * shape.count).prefix(shape.count)
        return Cell(
          pixels: own.map(Float.init), width: shape.width, channels: shape.channels,
          caption: caption.text, mark: caption.mark)
      }
    }
    let labels = task.validate.target.values.map { Int($0) }
    let right = zip(after, labels).count { $0 == $1 }
    self.init(
      "A held-out task", caption: "\(caption) \(right) of \(labels.count) are right.",
      groups: [
        Group(
          "Support",
          cells(
            task.train.data.values[...],
            task.train.target.values.map { (text: "class \(Int($0))", mark: .none) })),
        Group(
          "Query",
          cells(
            // Support images may stand before them.
            task.validate.data.values.suffix(labels.count * shape.count),
            labels.indices.map { index in
              let first = before.map { "\($0[index]), then " } ?? ""
              return (
                text: "\(first)\(after[index])",
                mark: after[index] == labels[index] ? .right : .wrong
              )
            })),
      ])
  }
}
