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

  /// What the keys of settings start with.
  public static let settingPrefix = "setting/"

  /// The upper parameters of a stored state.
  ///
  /// - Parameters:
  ///   - model: The model that they are for.
  ///   - file: The state.
  ///   - path: Where it was stored, for errors.
  /// - Returns: As many values as the model has.
  /// - Throws: ``StateError`` for a state that is another model's.
  static func upperValues<Body>(
    of model: Model<Body>, in file: TensorFile, at path: String
  ) throws(StateError) -> [Double] {
    var values: [Double] = []
    for parameter in model.parameters {
      guard let tensor = file.tensors.first(where: { $0.name == upperPrefix + parameter.name })
      else {
        throw StateError(
          .malformed, path,
          "has no \(upperPrefix)\(parameter.name); give the state of a run of this problem")
      }
      guard tensor.shape == parameter.shape.sizes else {
        throw StateError(
          .malformed, path,
          "\(tensor.name) has shape \(tensor.shape), but the model's is \(parameter.shape.sizes); "
            + "use the run's own settings")
      }
      values += tensor.values
    }
    return values
  }

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
      ] + settings.map { TensorFile.Word(settingPrefix + $0.key, $0.value) }
    return TensorFile(metadata: words, tensors: upper + optimizer)
  }
}
