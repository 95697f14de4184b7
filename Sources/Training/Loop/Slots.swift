import BilevelOptimization

/// Numbers of single tasks and single ranks that travel with a step's sum: each has a word, which one rank fills and the
/// others leave 0, so that the sum over ranks is what was filled in.
struct Slots {
  private enum OfTask {
    static let (owner, size, upperLoss, lowerGradientNorm, firstFigure) = (0, 1, 2, 3, 4)
  }
  private enum OfRank { static let (tasks, adapting, solving, lowestBit, count) = (0, 1, 2, 3, 4) }
  /// Makes exponents of doubles, and of their bits, numbers above 0: 0 is none.
  private static let exponentOffset: Int64 = 2_000

  private let tasks: Int
  private let ranks: Int
  /// Words of a task.
  private let wordsOfTask: Int
  /// All of them.
  var words: [Int64]

  /// Slots for tasks with so many figures each.
  init(tasks: Int, ranks: Int, figures: Int) {
    self.tasks = tasks
    self.ranks = ranks
    wordsOfTask = OfTask.firstFigure + figures
    words = [Int64](repeating: 0, count: wordsOfTask * tasks + OfRank.count * ranks)
  }

  mutating func clear() {
    words.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  /// Notes what a task came about with, and the rank that computed it.
  mutating func fill(task: Int, _ outcome: MethodOutcome, rank: Int) {
    words[ofTask(task) + OfTask.owner] = Int64(rank + 1)
    set(task, OfTask.upperLoss, outcome.upperLoss)
    set(task, OfTask.lowerGradientNorm, outcome.lowerGradientNorm)
    for (index, value) in outcome.figures.enumerated() {
      set(task, OfTask.firstFigure + index, value)
    }
  }

  /// Notes the size of a task's hypergradient; nil where that is 0.
  mutating func fill(task: Int, size: Int?) {
    words[ofTask(task) + OfTask.size] = Self.word(ofExponent: size)
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
    (0..<tasks).compactMap { Self.exponent(words[ofTask($0) + OfTask.size]) }
  }

  /// The lowest bit of any rank's sum; nil where all are 0.
  var lowestBit: Int? {
    (0..<ranks).compactMap { Self.exponent(words[ofRank($0) + OfRank.lowestBit]) }.min()
  }

  /// The rank that computed a task; nil where it was left out.
  func owner(ofTask task: Int) -> Int? {
    let word = words[ofTask(task) + OfTask.owner]
    return word > 0 ? Int(word) - 1 : nil
  }

  /// The tasks that were not left out.
  var filled: [Int] { (0..<tasks).filter { owner(ofTask: $0) != nil } }

  /// The upper losses of some tasks, and the norms of their lower gradients.
  func upperLosses(_ tasks: [Int]) -> [Double] { tasks.map { get($0, OfTask.upperLoss) } }
  func lowerGradientNorms(_ tasks: [Int]) -> [Double] {
    tasks.map { get($0, OfTask.lowerGradientNorm) }
  }

  /// The same tasks' numbers of a figure.
  func figures(_ index: Int, _ tasks: [Int]) -> [Double] {
    tasks.map { get($0, OfTask.firstFigure + index) }
  }

  /// The task of the largest upper loss, the first of several; nil where all were left out.
  var worst: (task: Int, upperLoss: Double)? {
    var worst: (task: Int, upperLoss: Double)?
    for task in 0..<tasks where owner(ofTask: task) != nil {
      let loss = get(task, OfTask.upperLoss)
      if worst.map({ loss > $0.upperLoss }) ?? true { worst = (task, loss) }
    }
    return worst
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
  private func ofRank(_ rank: Int) -> Int { wordsOfTask * tasks + OfRank.count * rank }

  /// Where a task's words begin.
  private func ofTask(_ task: Int) -> Int { wordsOfTask * task }

  private mutating func set(_ task: Int, _ place: Int, _ value: Double) {
    words[ofTask(task) + place] = Int64(bitPattern: value.bitPattern)
  }

  private func get(_ task: Int, _ place: Int) -> Double {
    Double(bitPattern: UInt64(bitPattern: words[ofTask(task) + place]))
  }
}
