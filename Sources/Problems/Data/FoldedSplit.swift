/// Examples of which some test; the others are cut into folds that validate in turn, or some of them validate.
struct FoldedSplit: Sendable, Equatable {
  /// The examples of each fold. Where no fold validates in turn, there are two: those that train, and those that validate.
  let folds: [[Int]]
  /// The folds that validate.
  let validating: [Int]
  /// Those that test.
  let test: [Int]

  /// Draws it by the seed.
  ///
  /// - Parameters:
  ///   - request: What is asked for.
  ///   - folds: How many folds, where they validate in turn.
  ///   - sizes: How many examples the data have, and files that validate and test.
  ///   - classes: The class of each of the data's own; nil where they have none.
  ///   - seed: The run's.
  /// - Throws: `SettingError` for more than there is, or classes that there are not.
  init(
    _ request: DataSplit.Request, folds: Int, sizes: (own: Int, validation: Int, test: Int),
    classes: [Int]?, seed: UInt64
  ) throws(SettingError) {
    let split = try DataSplit(request, sizes: sizes, classes: classes, seed: seed)
    test = split.test
    guard request.validation == .folds else {
      (self.folds, validating) = ([split.train, split.validate], [1])
      return
    }
    guard split.train.count >= folds else {
      throw SettingError(
        "folds=\(folds): \(split.train.count) examples train; ask for no more folds")
    }
    self.folds = split.folds(folds)
    validating = Array(self.folds.indices)
  }

  /// How many examples there are in all folds.
  var trainCount: Int { folds.reduce(0) { $0 + $1.count } }

  /// Those of all folds.
  var all: [Int] { folds.flatMap(\.self) }

  /// Those of all folds but one.
  func without(_ fold: Int) -> [Int] {
    folds.indices.filter { $0 != fold }.flatMap { folds[$0] }
  }

  /// The fold that validates in a task of an upper step: each step begins one fold later, so that each validates as often as
  /// any other, whatever the number of tasks.
  func fold(ofTask index: Int, step: Int) -> Int {
    validating[turn(ofTask: index, step: step)]
  }

  /// Its turn.
  func turn(ofTask index: Int, step: Int) -> Int { (index + step) % validating.count }

  /// What a title says of the parts.
  ///
  /// - Parameters:
  ///   - isFolded: Whether folds validate in turn.
  ///   - noun: What they are parts of: "examples".
  /// - Returns: The words.
  func title(isFolded: Bool, of noun: String) -> String {
    let test = "\(test.count) to test"
    return isFolded
      ? "\(folds.count) folds of \(trainCount) \(noun), \(test)"
      : "\(folds[0].count) \(noun) to train, \(folds[1].count) to validate, \(test)"
  }
}
