import BilevelOptimization

/// Numbers of single tasks and single ranks that travel with a step's sum: each has a word, which one rank fills and the
/// others leave 0, so that the sum over ranks is what was filled in.
struct Slots {
  private enum OfTask {
    /// Figures whose means are shown.
    static let (upperLoss, lowerGradientNorm, residual) = (0, 1, 2)
    static let figures = 0..<3
    static let (curvature, flat, size, count) = (3, 4, 5, 6)
  }
  private enum OfRank { static let (tasks, adapting, solving, lowestBit, count) = (0, 1, 2, 3, 4) }
  /// Makes exponents of doubles, and of their bits, numbers above 0: 0 is none.
  private static let exponentOffset: Int64 = 2_000

  private let tasks: Int
  private let ranks: Int
  /// All of them.
  var words: [Int64]

  init(tasks: Int, ranks: Int) {
    self.tasks = tasks
    self.ranks = ranks
    words = [Int64](repeating: 0, count: OfTask.count * tasks + OfRank.count * ranks)
  }

  mutating func clear() {
    for index in words.indices { words[index] = 0 }
  }

  /// Notes a task's report; `flat` is the number of the lower parameter that its solve found without curvature.
  mutating func fill(task: Int, _ report: HypergradientReport, flat: Int?) {
    let curvature = report.solve.smallestCurvature ?? .nan
    set(task, OfTask.upperLoss, report.upperLoss)
    set(task, OfTask.lowerGradientNorm, report.lowerGradientNorm)
    set(task, OfTask.residual, report.solve.residual)
    set(task, OfTask.curvature, curvature)
    words[OfTask.count * task + OfTask.flat] = Int64(flat.map { $0 + 1 } ?? 0)
  }

  /// Notes the size of a task's hypergradient; nil where that is 0.
  mutating func fill(task: Int, size: Int?) {
    words[OfTask.count * task + OfTask.size] = Self.word(ofExponent: size)
  }

  mutating func skip(task: Int) {
    for figure in OfTask.figures { set(task, figure, .nan) }
    set(task, OfTask.curvature, .nan)
  }

  /// Notes the lowest bit of a rank's sum; nil where that is 0.
  mutating func fill(rank: Int, lowestBit: Int?) {
    words[ofRank(rank) + OfRank.lowestBit] = Self.word(ofExponent: lowestBit)
  }

  mutating func fill(rank: Int, _ timing: RankTiming) {
    let first = ofRank(rank)
    words[first + OfRank.tasks] = Int64(timing.tasks)
    words[first + OfRank.adapting] = timing.adapting.nanoseconds
    words[first + OfRank.solving] = timing.solving.nanoseconds
  }

  /// The sizes of all hypergradients that are not 0.
  var sizes: [Int] {
    (0..<tasks).compactMap { Self.exponent(words[OfTask.count * $0 + OfTask.size]) }
  }

  /// The lowest bit of any rank's sum; nil where all are 0.
  var lowestBit: Int? {
    (0..<ranks).compactMap { Self.exponent(words[ofRank($0) + OfRank.lowestBit]) }.min()
  }

  /// The sums of upper losses, norms of lower gradients, and residuals, over all tasks but those left out; rounded
  /// once.
  var figureSums: [Double] {
    OfTask.figures.map { figure in
      var sum = RoundedSum()
      for task in 0..<tasks {
        let value = get(task, figure)
        if !value.isNaN { sum.add(value) }
      }
      return sum.value
    }
  }

  /// The task of the largest upper loss, the first of several; nil where all were left out.
  var worst: (task: Int, upperLoss: Double)? {
    var worst: (task: Int, upperLoss: Double)?
    for task in 0..<tasks {
      let loss = get(task, OfTask.upperLoss)
      if !loss.isNaN, worst.map({ loss > $0.upperLoss }) ?? true { worst = (task, loss) }
    }
    return worst
  }

  /// The smallest curvature that any solve met; nil where none was.
  var smallestCurvature: Double? {
    (0..<tasks).map { get($0, OfTask.curvature) }.filter { !$0.isNaN }.min()
  }

  /// The number of the lower parameter that the first task's solve found without curvature, of those that did.
  var flatParameter: Int? {
    (0..<tasks).map { Int(words[OfTask.count * $0 + OfTask.flat]) - 1 }.first { $0 >= 0 }
  }

  func timing(step: Int, seconds: Double) -> StepTiming {
    func column(_ place: Int) -> [Int64] {
      (0..<ranks).map { words[ofRank($0) + place] }
    }
    return StepTiming(
      step: step, seconds: seconds, tasks: column(OfRank.tasks).map(Int.init),
      adapting: column(OfRank.adapting).map { Double($0) * 1e-9 },
      solving: column(OfRank.solving).map { Double($0) * 1e-9 })
  }

  private static func word(ofExponent exponent: Int?) -> Int64 {
    exponent.map { Int64($0) + exponentOffset } ?? 0
  }

  private static func exponent(_ word: Int64) -> Int? {
    word == 0 ? nil : Int(word - exponentOffset)
  }

  /// Where a rank's words begin.
  private func ofRank(_ rank: Int) -> Int { OfTask.count * tasks + OfRank.count * rank }

  private mutating func set(_ task: Int, _ place: Int, _ value: Double) {
    words[OfTask.count * task + place] = Int64(bitPattern: value.bitPattern)
  }

  private func get(_ task: Int, _ place: Int) -> Double {
    Double(bitPattern: UInt64(bitPattern: words[OfTask.count * task + place]))
  }
}
