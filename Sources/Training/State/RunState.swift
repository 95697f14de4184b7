import BilevelOptimization
import Models
import Problems

/// What a run leaves in its folder: the upper parameters, the upper optimiser's state, and the settings that made them.
public enum RunState {
  /// The file's name in the run's folder.
  public static let fileName = "state.safetensors"
  /// What the names of upper parameters start with.
  public static let upperPrefix = "upper/"
  /// What the names of the upper optimiser's vectors start with.
  public static let optimizerPrefix = "optimizer/"

  /// The state of a trainer.
  public static func file<P: Problem>(
    of trainer: Trainer<P>, settings: [SettingEntry]
  ) -> TensorFile {
    let model = trainer.problem.upperModel
    let upper = model.parameters.map { parameter in
      let range = parameter.offset..<parameter.offset + parameter.shape.count
      return NamedTensor(
        upperPrefix + parameter.name, shape: parameter.shape.sizes, Array(model.values[range]))
    }
    let optimizer = trainer.upperOptimizer.state.map {
      NamedTensor(optimizerPrefix + $0.name, shape: [$0.values.count], $0.values)
    }
    let words =
      [
        TensorFile.Word("format", "igbm-dist 1"), TensorFile.Word("problem", P.name),
        TensorFile.Word("step", String(trainer.step)),
        TensorFile.Word("optimizer", type(of: trainer.upperOptimizer).name),
      ] + settings.map { TensorFile.Word("setting/\($0.key)", $0.value) }
    return TensorFile(metadata: words, tensors: upper + optimizer)
  }
}
