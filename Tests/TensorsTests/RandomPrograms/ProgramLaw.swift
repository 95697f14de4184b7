import Tensors

/// What must hold of every program: its derivatives are those that its statements alone have; what is planned computes
/// what the graph says, for every instruction set, in both precisions, whichever optimisations are left out, whatever
/// changes between runs; and no kernel call reads or writes what is not its own.
struct ProgramLaw {
  /// A program as it is planned.
  struct Plan: CustomStringConvertible {
    var precision = Precision.double
    var set: KernelSet
    var leftOut: Optimisations = []
    var isAudited = false

    var description: String {
      "\(precision.rawValue), \(set.rawValue)"
        + (leftOut.isEmpty ? "" : ", without optimisation \(leftOut.rawValue)")
        + (isAudited ? ", audited" : "")
    }
  }

  /// How many numbers were compared, and how many could not be, because rounding alone may make them anything.
  private(set) var compared = 0
  private(set) var undecided = 0

  /// Bounds are to first order, and of the largest of many errors.
  private static let slack = 16.0

  let plans: [Plan]

  /// What a program does wrong, if anything.
  mutating func fault(of program: RandomProgram, seed: Int) throws -> String? {
    let trace = try ProgramTrace(program, seed: seed)
    let reference = ReferenceEvaluator(trace.graph, inputs: trace.inputs)
    if let fault = derivativeFault(program, trace, reference, seed) { return fault }
    let single = ReferenceEvaluator(
      trace.graph, inputs: trace.inputs, roundoff: 0x1p-24)
    for plan in plans {
      let expected = plan.precision == .single ? single : reference
      if let fault = try fault(of: trace, plan, expected, seed) { return "\(plan): \(fault)" }
    }
    return nil
  }

  // MARK: Derivatives

  /// Compares value and derivatives, along random directions, with those that the statements have.
  private mutating func derivativeFault(
    _ program: RandomProgram, _ trace: ProgramTrace, _ reference: ReferenceEvaluator, _ seed: Int
  ) -> String? {
    var numbers = Numbers(seed &+ 1)
    let toLower = numbers.values(trace.lower.shape.count)
    let toUpper = numbers.values(trace.upper.shape.count)
    let none = (upper: toUpper.map { _ in 0.0 }, lower: toLower.map { _ in 0.0 })
    let vector = (upper: none.upper, lower: trace.inputs[2])
    let lower = ProgramDerivatives(
      program, inputs: trace.inputs, first: (none.upper, toLower), second: vector
    ).value
    let upper = ProgramDerivatives(
      program, inputs: trace.inputs, first: (toUpper, none.lower), second: vector
    ).value
    let comparisons: [(String, Tensor, [Double], Wide)] = [
      ("value", trace.value, [1], lower.value), ("gradient", trace.gradient, toLower, lower.first),
      ("Hessian product", trace.product, toLower, lower.mixed),
      ("mixed product", trace.mixed, toUpper, upper.mixed),
    ]
    for (name, tensor, direction, expected) in comparisons {
      let values = reference(tensor)
      let found = zip(values, direction).reduce(0) { $0 + $1.0 * $1.1 }
      let bound = zip(reference.error(of: tensor), direction).reduce(0) {
        $0 + $1.0 * abs($1.1)
      }
      // The sum along the direction is rounded, too.
      let own = zip(values, direction).reduce(abs(Double(expected))) { $0 + abs($1.0 * $1.1) }
      if !agree(found, Double(expected), bound + 0x1p-48 * own + 1e-13) {
        return "\(name) of the graph along a direction is \(found), by the statements \(expected)"
      }
    }
    return nil
  }

  // MARK: Plans

  private mutating func fault(
    of trace: ProgramTrace, _ plan: Plan, _ reference: ReferenceEvaluator, _ seed: Int
  ) throws -> String? {
    let planned = try PlannedProgram(trace, plan)
    planned.set(trace.inputs)
    let first = planned.run(from: 0)
    if let fault = fault(first, trace, reference) ?? planned.program.findings.first { return fault }
    // What is left out changes kernel calls, not when they run.
    if !plan.leftOut.isEmpty { return nil }
    // Another vector, then another point, then another task: only their own lists run again, and then back, to the bit.
    var numbers = Numbers(seed &+ 2)
    var inputs = trace.inputs
    for (input, list) in [(2, 4), (1, 1), (0, 0)] {
      inputs[input] = numbers.sixtyFourths(inputs[input].count)
      planned.set(input, inputs[input])
      let again = planned.run(from: list)
      planned.set(inputs)
      if !planned.run(from: 0).isSame(as: again) {
        return "what runs anew after input \(input) differs"
      }
    }
    planned.set(trace.inputs)
    if !planned.run(from: 0).isSame(as: first) { return "the same inputs give other bits" }
    return planned.program.findings.first
  }

  private mutating func fault(
    _ found: [[Double]], _ trace: ProgramTrace, _ reference: ReferenceEvaluator
  ) -> String? {
    for (name, tensor, values) in zip(trace.roots, found).map({ ($0.name, $0.tensor, $1) }) {
      let (expected, errors) = (reference(tensor), reference.error(of: tensor))
      for index in values.indices where !agree(values[index], expected[index], errors[index]) {
        return "\(name)[\(index)] is \(values[index]), by the graph \(expected[index])"
          + " (rounding explains \(errors[index]))"
      }
    }
    return nil
  }

  private mutating func agree(_ found: Double, _ expected: Double, _ bound: Double) -> Bool {
    guard bound.isFinite, expected.isFinite, bound < 1e-2 * max(abs(expected), 1) else {
      undecided += 1
      return true
    }
    compared += 1
    return abs(found - expected) <= Self.slack * bound + 1e-300
  }
}

extension [[Double]] {
  /// The same bits, wherever they are numbers.
  fileprivate func isSame(as other: Self) -> Bool {
    zip(joined(), other.joined()).allSatisfy {
      $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN
    }
  }
}

extension ProgramTrace {
  var roots: [(name: String, tensor: Tensor)] {
    [
      ("gradient", gradient), ("value", value), ("Hessian product", product),
      ("mixed product", mixed),
    ]
  }
}

/// A traced program in the lists of a lower objective: gradient, value, what products need, H v and C v.
struct PlannedProgram {
  let program: Program
  private let inputs: [Tensor]
  private static let rootLists = [1, 2, 4, 5]

  init(_ trace: ProgramTrace, _ plan: ProgramLaw.Plan) throws {
    let requests = [
      ListRequest("task", .task), ListRequest("gradient", .point, [trace.gradient]),
      ListRequest("value", .point, [trace.value]), ListRequest("linearisation", .point),
      ListRequest("product", .vector, [trace.product]),
      ListRequest("mixed", .vector, [trace.mixed]),
    ]
    program = try Program(
      trace.graph, requests, plan.precision, plan.set,
      optimisations: .all.subtracting(plan.leftOut), isAudited: plan.isAudited)
    inputs = trace.inputs.indices.map { Tensor(trace.graph, input: $0) }
  }

  func set(_ values: [[Double]]) {
    for (number, values) in values.enumerated() { set(number, values) }
  }

  func set(_ number: Int, _ values: [Double]) { program.input(inputs[number]).set(values) }

  /// Runs the lists from a number on, and gives all roots.
  func run(from list: Int) -> [[Double]] {
    for list in list..<6 { program.run(list) }
    return Self.rootLists.map { program.root(0, of: $0).values }
  }
}
