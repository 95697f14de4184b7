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

  /// What the names of the vectors that tasks keep start with: `lower/3/w`.
  public static let lowerPrefix = "lower/"

  /// What the keys of data's checksums start with.
  private static let dataPrefix = "data/"
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
      guard let tensor = try file.tensor(upperPrefix + parameter.name, at: path) else {
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
    of trainer: Trainer<P>, settings: [SettingEntry], lineage: [String] = [],
    lower states: [StoredLowerState] = []
  ) -> TensorFile {
    file(of: trainer, settings: settings, lineage: lineage, lower: states, HeldOutCourse())
  }

  /// The same with the course of its held-out score.
  static func file<P: Problem>(
    of trainer: Trainer<P>, settings: [SettingEntry], lineage: [String],
    lower states: [StoredLowerState], _ course: HeldOutCourse
  ) -> TensorFile {
    let lower = states.flatMap { identity, vectors in
      vectors.map {
        NamedTensor("\(lowerPrefix)\(identity)/\($0.name)", shape: [$0.values.count], $0.values)
      }
    }
    return content(
      of: trainer, settings: settings, lineage: lineage, lower: lower, course: course)()
  }

  /// What makes the file of a trainer's state as it is now, on any thread, and whatever the trainer does then: it keeps
  /// the values, and copies none before it is called or they change.
  static func content<P: Problem>(
    of trainer: Trainer<P>, settings: [SettingEntry], lineage: [String], lower: [NamedTensor] = [],
    course: HeldOutCourse
  ) -> @Sendable () -> TensorFile {
    let model = trainer.problem.upperModel
    let (values, state) = (model.values, trainer.upperOptimizer.state)
    let places = model.parameters.map { (name: $0.name, offset: $0.offset, shape: $0.shape.sizes) }
    let words = words(of: trainer, settings, lineage, course)
    let best = course.tensors(model)
    return {
      let upper = places.map { name, offset, shape in
        let range = offset..<offset + shape.reduce(1, *)
        return NamedTensor(upperPrefix + name, shape: shape, Array(values[range]))
      }
      let optimizer = state.map {
        NamedTensor(optimizerPrefix + $0.name, shape: [$0.values.count], $0.values)
      }
      return StateSeal.sealed(
        TensorFile(metadata: words, tensors: upper + optimizer + lower + best))
    }
  }

  /// What a state says of its run.
  private static func words<P: Problem>(
    of trainer: Trainer<P>, _ settings: [SettingEntry], _ lineage: [String],
    _ course: HeldOutCourse
  ) -> [TensorFile.Word] {
    [
      TensorFile.Word("format", "igbm-dist \(format)"), TensorFile.Word("problem", P.name),
      TensorFile.Word("step", String(trainer.step)),
      TensorFile.Word("optimizer", type(of: trainer.upperOptimizer).name),
    ]
      // Who computes a task changes no bit of the state.
      + settings.filter { !["schedule", "team"].contains($0.key) }.map {
        TensorFile.Word(settingPrefix + $0.key, $0.value)
      }
      + trainer.problem.data.map { TensorFile.Word(dataPrefix + $0.name, text($0)) }
      + course.words + Lineage.words(lineage)
  }

  /// What tasks kept, by their identities.
  ///
  /// - Throws: ``StateError`` for a name that is no task's.
  static func lowerStates(
    in file: TensorFile, at path: String
  ) throws(StateError) -> [StoredLowerState] {
    var states: [StoredLowerState] = []
    for tensor in file.tensors where tensor.name.hasPrefix(lowerPrefix) {
      let parts = tensor.name.split(separator: "/", maxSplits: 2)
      guard parts.count == 3, let identity = Int(parts[1]), identity >= 0 else {
        throw StateError(.malformed, path, "has \(tensor.name), which is no task's; give a run's")
      }
      if states.last?.identity != identity { states.append((identity, [])) }
      states[states.count - 1].vectors.append((String(parts[2]), tensor.values))
    }
    return states
  }

  private static func text(_ data: DataChecksum) -> String {
    let digits = String(data.checksum, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// Checks that a problem has the data that a state was made with.
  ///
  /// - Throws: ``StateError`` with both checksums.
  static func check<P: Problem>(
    dataOf problem: P, against file: TensorFile, at path: String
  ) throws(StateError) {
    for data in problem.data {
      let stored = file[dataPrefix + data.name] ?? "none"
      guard stored == text(data) else {
        throw StateError(
          .mismatch, path,
          "was made with other data: the checksum of \(data.name) was \(stored) and "
            + "is \(text(data)); use the data it was made with, or start anew")
      }
    }
  }

  /// A state with its checksums.
  package static func sealed(_ file: TensorFile) -> TensorFile { StateSeal.sealed(file) }

  /// The format that this program writes.
  static let format = 2

  /// A state's content, once its checksums and its format have been checked.
  ///
  /// - Throws: ``StateError`` for damage anywhere, or a format that this program does not know.
  package static func decoded(_ bytes: [UInt8], _ path: String) throws(StateError) -> TensorFile {
    let file = try TensorFile(decoding: bytes, named: path)
    let words = (file["format"] ?? "").split(separator: " ")
    guard words.count == 2, words[0] == "igbm-dist", let number = Int(words[1]) else {
      throw StateError(.malformed, path, "is no state of a run; give one")
    }
    guard number <= format else {
      throw StateError(
        .mismatch, path,
        "is of format \(number), and this program reads up to \(format); "
          + "use the program that wrote it")
    }
    try StateSeal.check(file, at: path)
    return file
  }

  /// Reads a state for its parameters: checksums are checked where there are any, so that states of other programs
  /// can be read as well.
  ///
  /// - Throws: ``StateError`` for a file that is missing or damaged.
  public static func read(_ path: String) throws(StateError) -> TensorFile {
    let file = try TensorFile.read(path)
    if StateSeal.isSealed(file) { try StateSeal.check(file, at: path) }
    return file
  }

  /// The upper steps that a state is after.
  ///
  /// - Throws: ``StateError`` for a state that does not say.
  package static func step(of file: TensorFile, at path: String) throws(StateError) -> Int {
    guard let step = file["step"].flatMap({ Int($0) }), step >= 0 else {
      throw StateError(.malformed, path, "does not say at which step it is; give a run's state")
    }
    return step
  }
}
