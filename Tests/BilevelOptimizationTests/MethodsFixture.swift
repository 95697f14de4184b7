import BilevelOptimization
import Foundation
import Models
import Tensors
import TestSupport
import Testing

/// Reference values of hypergradient methods, computed in double precision by another library's automatic differentiation:
/// `methods.json`, which is not part of the package. Tests that need it are skipped where it is missing, unless
/// `CI` is set.
struct MethodsFixture {
  /// A value of the file, by keys and places.
  @dynamicMemberLookup
  struct Value {
    let content: Any?

    subscript(dynamicMember key: String) -> Value { self[key] }
    subscript(_ key: String) -> Value { Value(content: (content as? [String: Any])?[key]) }
    subscript(_ place: Int) -> Value { list[place] }

    var list: [Value] { (content as? [Any] ?? []).map { Value(content: $0) } }
    var keys: [String] { (content as? [String: Any] ?? [:]).keys.sorted() }
    var isThere: Bool { content != nil }
    var number: Double { (content as? NSNumber)?.doubleValue ?? .nan }
    var whole: Int { (content as? NSNumber)?.intValue ?? -1 }
    var text: String { content as? String ?? "" }
    var numbers: [Double] { list.map(\.number) }
    var wholes: [Int] { list.map(\.whole) }
    var matrix: Matrix { Matrix(list.map(\.numbers)) }
  }

  static let file = Fixture.file.deletingLastPathComponent().appendingPathComponent("methods.json")

  /// Whether the file is there; in CI it must be.
  static let isAvailable: Bool =
    FileManager.default.fileExists(atPath: file.path)
    || ProcessInfo.processInfo.environment["CI"] != nil

  let methods: Value
  private let problems: Value

  init() throws {
    let content = try JSONSerialization.jsonObject(with: Data(contentsOf: Self.file))
    methods = Value(content: content).methods
    problems = Value(content: content).problems
  }

  /// A problem; with so many factors of lower rates, all 1, behind its upper parameters, and starts by their formula.
  func problem(
    _ name: String, rates: Int = 0, startsByFormula: Bool = false
  ) throws -> MethodsProblem {
    try MethodsProblem(name, problems[name], rates: rates, startsByFormula: startsByFormula)
  }
}

/// A problem of the file, in double precision.
struct MethodsProblem {
  let name: String
  let rate: Double
  let w: [Double]
  let u: [Double]
  let levels: any LevelPrograms
  let train: Examples
  let validate: Examples
  /// Sets the upper parameters.
  let setUpper: ([Double]) -> Void
  /// f, df/dw, H v and C v at w, over some examples.
  private let derivativesAlong: (Examples, [Double]) throws -> Derivatives

  typealias Derivatives = (loss: Double, gradient: [Double], product: [Double], mixed: [Double])

  init(
    _ name: String, _ content: MethodsFixture.Value, rates: Int = 0, startsByFormula: Bool = false
  ) throws {
    self.name = name
    rate = content.rate.number
    let own = content.u.values.numbers
    (w, u) = (content.w.values.numbers, own + [Double](repeating: 1, count: rates))
    let (data, first, given) = (content.data, u, w)
    func array(_ key: String) throws -> DataArray {
      try DataArray(Shape(data[key].shape.wholes), data[key].values.numbers)
    }
    func bothLevels<Lower>(
      _ lower: Model<Lower>, _ f: @escaping Objective<Tensor, Lower>,
      _ F: @escaping Objective<Tensor, Lower>
    ) throws -> Made {
      let upper = try Model { p in
        let u = p("u", [own.count])
        if rates > 0 { _ = p("rates", [rates]) }
        return u
      }
      upper.values = first
      lower.values = given
      let levels = try Levels(
        upperObjective: F, upperModel: upper, lowerObjective: f, lowerModel: lower,
        precision: .double, kernels: nil, hasDirect: true,
        lowerStart: startsByFormula ? { Self.start(name, $0) } : nil,
        learnedRates: rates > 0 ? own.count..<first.count : nil)
      let implicit = try Implicit(
        levels, ImplicitOptions(lowerLearningRate: 1, precision: .double))
      return (
        levels, { upper.values = $0 },
        { examples, direction in
          let (loss, gradient, product) = try implicit.lowerDerivatives(
            train: examples, at: given, along: direction)
          let mixed = try implicit.mixedProduct(train: examples, at: given, along: direction)
          return (loss, gradient, product, mixed)
        }
      )
    }
    let vector = { (count: Int) in try Model { $0("w", [count]) } }
    let made: Made
    switch name {
    case "proximal-mlp":
      made = try bothLevels(
        Self.network(content),
        {
          crossEntropy($0.lowerModel($0.data), $0.target)
            + 0.5 * 2.0 * squaredDistance($0.lowerParameters, $0.upperModel)
        }, { crossEntropy($0.lowerModel($0.data), $0.target) })
    case "weighted-examples":
      made = try bothLevels(
        Self.network(content),
        {
          let weights = sigmoid($0.upperModel.rows($0["example"]))
          return (weights * crossEntropies($0.lowerModel($0.data), $0.target)).mean()
            + 0.05 * squaredNorm($0.lowerParameters)
        }, { crossEntropy($0.lowerModel($0.data), $0.target) })
    case "quadratic":
      let n = w.count
      made = try bothLevels(
        vector(n),
        {
          let row = $0.lowerModel.reshaped([1, n])
          let slope =
            (matmul(row, $0.target) * $0.upperModel).sum() + ($0.lowerModel * $0["b"]).sum()
          return 0.5 * (matmul(row, $0.data) * row).sum() - slope
        },
        { 0.5 * squaredDistance($0.lowerModel, $0.data) + 0.05 * squaredNorm($0.upperModel) })
    default:
      let n = w.count
      func loss(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
        let scores = matmul(state.data, state.lowerModel.reshaped([n, 1])).reshaped(
          state.target.shape)
        return softplus(-(state.target * scores)).mean()
      }
      made = try bothLevels(
        vector(n),
        { loss($0) + 0.5 * (exp($0.upperModel) * $0.lowerModel.squared).sum() },
        { loss($0) + 0.01 * squaredNorm($0.upperModel) })
    }
    (self.levels, setUpper, derivativesAlong) = made
    if name == "quadratic" {
      train = Examples(
        data: try array("A"), target: try array("B"), extras: [.init("b", try array("b"))])
      validate = Examples(data: try array("t"), target: .empty)
    } else {
      let target = try array("train_target")
      let count = target.shape.count
      let rows = Examples.Extra("example", DataArray(indices: Array(0..<count)), byRow: true)
      train = Examples(
        data: try array("train_data"), target: target, extras: name == "logistic" ? [] : [rows])
      validate = Examples(
        data: try array("validate_data"), target: try array("validate_target"))
    }
  }

  private typealias Made = (
    any LevelPrograms, ([Double]) -> Void, (Examples, [Double]) throws -> Derivatives
  )

  func derivatives(_ examples: Examples, along direction: [Double]) throws -> Derivatives {
    try derivativesAlong(examples, direction)
  }

  /// The file's starts that depend on u.
  private static func start<Lower>(
    _ name: String, _ state: ObjectiveState<Tensor, Lower>
  ) -> Tensor {
    let (w, u) = (state.lowerParameters, state.upperModel)
    switch name {
    case "proximal-mlp": return u
    case "weighted-examples": return w + 0.1 * sin(u).sum()
    case "quadratic":
      let (n, m) = (w.shape.count, u.shape.count)
      return 0.3 * u.tiled([(n + m - 1) / m]).sliced(0, 0..<n)
    default: return 0.2 * u
    }
  }

  private static func network(_ content: MethodsFixture.Value) throws -> Model<Sequential> {
    let shapes = content.w.parameters.list.map { $0.shape.wholes }
    return try Model { p in
      Sequential(
        Dense(p.part("dense1"), shapes[0][0], shapes[0][1]), Activation.tanh,
        Dense(p.part("dense2"), shapes[2][0], shapes[2][1]))
    }
  }

  /// Options without ends before k.
  func options(k: Int = 10) -> MethodOptions {
    var options = MethodOptions(rate: rate)
    (options.k, options.tolerance, options.relativeTolerance) = (k, 0, 0)
    return options
  }

  /// A hypergradient, after some lower steps from a point, and what the task keeps afterwards.
  func run(
    _ method: MethodName, _ options: MethodOptions, steps: any LowerOptimizer = Self.still,
    from start: [Double]? = nil, keeping state: LowerState? = nil, _ batches: (any Batches)? = nil,
    validate: Examples? = nil, blocks: (any Blocks)? = nil
  ) throws -> (hypergradient: [Double], outcome: MethodOutcome) {
    let made = try method.make(levels, options, steps)
    return try run(
      made, steps: steps, from: start, keeping: state, batches, validate: validate, blocks: blocks)
  }

  func run(
    _ made: any HypergradientMethod, steps: any LowerOptimizer = Self.still,
    from start: [Double]? = nil, keeping state: LowerState? = nil, _ batches: (any Batches)? = nil,
    validate: Examples? = nil, blocks: (any Blocks)? = nil
  ) throws -> (hypergradient: [Double], outcome: MethodOutcome) {
    let data = TaskData(
      train: train, validate: validate ?? self.validate, batches: batches, blocks: blocks)
    let begin = try start ?? levels.start()?.values ?? w
    let task = try LowerTask(levels, data, steps, from: begin, keeping: state)
    var hypergradient = [Double](repeating: 0, count: u.count)
    let outcome = try made.hypergradient(task, into: &hypergradient)
    task.commit()
    if let state { made.keep(in: state) }
    return (hypergradient, outcome)
  }

  /// No step at all.
  static var still: any LowerOptimizer { try! GradientDescent(learningRate: 1, steps: 0) }

  /// What a task keeps; begun with the point and vectors, if any are given, and zeros for the rest of the method's.
  func state(
    _ method: MethodName, _ options: MethodOptions, _ optimizer: any LowerOptimizer = Self.still,
    begunWith vectors: [String: [Double]] = [:]
  ) throws -> LowerState {
    let state = try LowerState(
      count: w.count, .double, optimizer: optimizer, method: method.vectors(options),
      upperCount: u.count)
    if !vectors.isEmpty {
      let others = method.vectors(options).filter { vectors[$0.name] == nil }.map { vector in
        let count = vector.level == .lower ? w.count : u.count
        return (name: vector.name, values: [Double](repeating: 0, count: count))
      }
      let given = vectors.sorted { $0.key < $1.key }.map { (name: $0.key, values: $0.value) }
      state.vectors = [("w", w)] + given + others
    }
    return state
  }
}

extension LowerState {
  /// One of its vectors.
  func vector(_ name: String) -> [Double] { vectors.first { $0.name == name }?.values ?? [] }
}
