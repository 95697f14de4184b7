import BilevelOptimization
import Models
import Problems

/// The lower model that a finished run leaves beside its state, as a file: its parameters as `lower/...`, what inputs and
/// predictions go through, and words about them.
public enum LowerFile {
  /// The file's name in the run's folder.
  public static let name = "lower.safetensors"
  /// What the names of lower parameters start with.
  static let prefix = "lower/"
  /// The key of the digest of the upper parameters that it was trained under.
  private static let upperKey = "upper-sha256"

  /// The file of a trained lower model.
  static func file<P: Problem>(of lower: TrainedLower, _ problem: P) -> TensorFile {
    let parameters = problem.lowerModel.parameters.map { parameter in
      let range = parameter.offset..<parameter.offset + parameter.shape.count
      return NamedTensor(
        prefix + parameter.name, shape: parameter.shape.sizes, Array(lower.values[range]))
    }
    let extras = lower.extras.map { NamedTensor($0.name, shape: [$0.values.count], $0.values) }
    let words =
      [
        TensorFile.Word("problem", P.name),
        TensorFile.Word(upperKey, ParameterDigest.sha256(of: problem.upperModel)),
      ] + lower.words.map { TensorFile.Word($0.key, $0.value) }
    return TensorFile(metadata: words, tensors: parameters + extras)
  }

  /// Reads a file.
  ///
  /// - Throws: ``StateError`` where it is missing or damaged.
  static func read(_ path: String) throws(StateError) -> TensorFile {
    do throws(StateError) {
      return try TensorFile.read(path)
    } catch  where error.code == .missing {
      throw StateError(
        .missing, path,
        "is not there: the run has not ended yet, or its tasks have no lower model in common; "
          + "let a run of label-cleaning or regularisation end")
    }
  }

  /// The lower parameters of a file.
  ///
  /// - Parameters:
  ///   - problem: The problem, with the upper parameters of the run.
  ///   - file: The file.
  ///   - path: Where it is, for errors.
  /// - Returns: As many values as the lower model has.
  /// - Throws: ``StateError`` for a file of another model, or one trained under other upper parameters.
  static func values<P: Problem>(
    for problem: P, in file: TensorFile, at path: String
  ) throws(StateError) -> [Double] {
    guard file[upperKey] == ParameterDigest.sha256(of: problem.upperModel) else {
      throw StateError(
        .mismatch, path,
        "was trained under other upper parameters than the run's; let the run end again")
    }
    var values: [Double] = []
    for parameter in problem.lowerModel.parameters {
      guard let tensor = try file.tensor(prefix + parameter.name, at: path),
        tensor.shape == parameter.shape.sizes
      else {
        throw StateError(
          .malformed, path,
          "has no \(prefix)\(parameter.name) of shape \(parameter.shape.sizes); give the folder of a run"
        )
      }
      values += tensor.values
    }
    return values
  }
}
