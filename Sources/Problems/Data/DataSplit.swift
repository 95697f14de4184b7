import Foundation
import Randomness

/// Which examples train, validate and test. The data's own come first; behind them those of a file that validates, then
/// those of one that tests.
struct DataSplit: Sendable, Equatable {
  let train: [Int]
  let validate: [Int]
  let test: [Int]

  /// How settings ask for it.
  struct Request {
    /// Which validate; those of folds train, too.
    var validation: DataPart
    /// Which test.
    var test: DataPart
    /// How many of the others train; 0: all.
    var train: Int
    /// Whether every part has its share of each class.
    var isStratified: Bool
  }

  /// Draws it by the seed: those that test first, then those that validate, so that they are the same however many train.
  /// Where neither is drawn, nor folds are cut, the data's own train in their order.
  ///
  /// - Parameters:
  ///   - request: What is asked for.
  ///   - sizes: How many examples the data have, and files that validate and test.
  ///   - classes: The class of each of the data's own; nil where they have none.
  ///   - seed: The run's.
  /// - Throws: `SettingError` for more than there is, or classes that there are not.
  init(
    _ request: Request, sizes: (own: Int, validation: Int, test: Int), classes: [Int]?, seed: UInt64
  ) throws(SettingError) {
    let own = sizes.own
    let (validation, test) = (request.validation.count(of: own), request.test.count(of: own))
    let rest = own - validation - test
    let train = request.train == 0 ? rest : request.train
    guard train >= 1, train <= rest else {
      throw SettingError(
        "train=\(request.train), validation=\(request.validation.rawValue), "
          + "test=\(request.test.rawValue): there are only \(own) examples; ask for no more together"
      )
    }
    let validated = Array(own..<own + sizes.validation)
    let tested = Array(own + sizes.validation..<own + sizes.validation + sizes.test)
    guard train < own || request.validation == .folds else {
      self.init(train: Array(0..<own), validate: validated, test: tested)
      return
    }
    var stream = RandomStream(seed: seed, purpose: .split)
    var order = stream.permutation(of: own)
    if request.isStratified {
      guard let classes else {
        throw SettingError("stratified=true: the targets are quantities; set stratified=false")
      }
      order = Self.stratified(order, classes)
    }
    let trainStart = test + validation
    self.init(
      train: Array(order[trainStart..<trainStart + train]),
      validate: Array(order[test..<trainStart]) + validated,
      test: Array(order[..<test]) + tested)
  }

  private init(train: [Int], validate: [Int], test: [Int]) {
    (self.train, self.validate, self.test) = (train, validate, test)
  }

  /// Examples of which any that follow each other have their share of every class, within one: the i-th of n of a class
  /// comes at (i + 1/2) / n of the whole.
  static func stratified(_ order: [Int], _ classes: [Int]) -> [Int] {
    var sizes = [Int](repeating: 0, count: (classes.max() ?? 0) + 1)
    for example in order { sizes[classes[example]] += 1 }
    var seen = [Int](repeating: 0, count: sizes.count)
    let places = order.map { example in
      let own = classes[example]
      seen[own] += 1
      return (Double(seen[own]) - 0.5) / Double(sizes[own])
    }
    let sorted = order.indices.sorted { (places[$0], $0) < (places[$1], $1) }
    return sorted.map { order[$0] }
  }

  /// The same with fewer that train of later classes, by steps that multiply: so many times fewer of the last than it had, of
  /// the first all (Cui et al., 2019); at least one of each that there is.
  func thinned(by imbalance: Double, _ classes: [Int]) -> DataSplit {
    guard imbalance > 1 else { return self }
    var rest = [Int](repeating: 0, count: (classes.max() ?? 0) + 1)
    for example in train { rest[classes[example]] += 1 }
    let last = Double(max(rest.count - 1, 1))
    rest = rest.enumerated().map { number, count in
      max(1, Int((Double(count) * exp(-log(imbalance) * Double(number) / last)).rounded()))
    }
    let kept = train.filter { example in
      rest[classes[example]] -= 1
      return rest[classes[example]] >= 0
    }
    return DataSplit(train: kept, validate: validate, test: test)
  }

  /// Those that train, cut into folds whose sizes differ by one at most.
  func folds(_ count: Int) -> [[Int]] {
    (0..<count).map { fold in
      Array(train[fold * train.count / count..<(fold + 1) * train.count / count])
    }
  }
}
