import DataFiles
import Foundation
import Onnx
import Problems
import Tensors

extension OnnxProblem {
  /// How it is measured: by `score.onnx`, which predicts from data and the lower module, on the tasks of `held-out`. Where
  /// targets are whole numbers, predictions `[n, classes]` are scored as classes, else by the squared error.
  public var heldOut: HeldOut<OnnxBody>? {
    guard let score else { return nil }
    return HeldOut(
      score.tasks.hasClasses ? [.accuracy, .crossEntropy] : [.squaredError],
      task: { score.tasks.tasks[$0] },
      predict: { body, data in
        try score.graph(OnnxInputs.given(score.graph, data, body))[0]
      },
      scores: { predictions, targets in
        score.tasks.hasClasses
          ? try Scores.classification(predictions, targets)
          : try Scores.regression(predictions, targets)
      }, count: score.tasks.tasks.count, scored: hasOneTask ? .ofTask(0) : .adapted)
  }

  /// What held-out tasks are scored by.
  struct Score {
    let graph: OnnxFunction
    let tasks: OnnxTasks

    /// Reads `score.onnx` and `held-out`; nil where the export wrote none.
    ///
    /// - Throws: `DataFileError` for a graph that takes more than data and the lower module.
    init?(_ folder: String, lower: OnnxFunction) throws {
      let path = "\(folder)/score.onnx"
      guard FileManager.default.fileExists(atPath: path),
        FileManager.default.fileExists(atPath: "\(folder)/held-out/0.safetensors")
      else { return nil }
      graph = try OnnxFunction(path)
      let others = graph.inputs.first {
        $0 != OnnxInputs.data && !$0.hasPrefix(OnnxInputs.lower) && !$0.hasPrefix(OnnxInputs.upper)
      }
      if let others {
        throw DataFileError(
          path, "predicts from \(others), too",
          remedy: "give export a predict of state.data and state.lower_model")
      }
      tasks = try OnnxTasks("\(folder)/held-out", lower: lower, upper: graph)
    }
  }
}
