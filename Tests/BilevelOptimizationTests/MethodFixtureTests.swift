import BilevelOptimization
import Foundation
import Tensors
import TestSupport
import Testing

/// Methods that are no linear solve, against their reference values.
@Suite(.enabled(if: MethodsFixture.isAvailable, "methods.json is not beside the package"))
struct MethodFixtureTests {
  private let fixture: MethodsFixture

  init() throws { fixture = try MethodsFixture() }

  private func expect(
    _ found: [Double], _ wanted: MethodsFixture.Value, _ remark: String = "",
    _ sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let numbers = wanted.numbers
    #expect(!numbers.isEmpty, "\(remark) is there", sourceLocation: sourceLocation)
    let error =
      norm(numbers) == 0 ? norm(found) : relativeDistance(found, numbers)
    #expect(error < 1e-9, "\(remark): \(error)", sourceLocation: sourceLocation)
  }

  private func optimizer(
    _ name: String, rate: Double, steps: Int
  ) throws -> any LowerOptimizer {
    switch name {
    case "gradient-descent": try GradientDescent(learningRate: rate, steps: steps)
    case "momentum": try Momentum(learningRate: rate, steps: steps)
    case "nesterov": try Momentum(learningRate: rate, isNesterov: true, steps: steps)
    default: try LowerAdam(learningRate: rate, steps: steps)
    }
  }

  private func unroll(_ entry: MethodsFixture.Value, last: Int) throws {
    let slopes = entry.by_rate.numbers
    let problem = try fixture.problem(
      entry.problem.text, rates: slopes.count, startsByFormula: entry.start.text == "from u")
    var options = problem.options()
    options.truncation = last
    let steps = try optimizer(
      entry.optimiser.text, rate: entry.rate.number, steps: entry.T.whole)
    let method = MethodName.unrolled
    let (hypergradient, outcome) = try problem.run(
      method, options, steps: steps)
    let remark = "\(problem.name) \(entry.optimiser.text) \(entry.start.text) T=\(entry.T.whole)"
    #expect(relative(outcome.upperLoss, entry.upper_loss.number) < 1e-9, "\(remark)")
    let (own, byFactors) = (
      hypergradient.dropLast(slopes.count), hypergradient.suffix(slopes.count)
    )
    expect(Array(own), entry.hypergradient, "\(remark) last \(last)")
    if entry.by_rate.isThere {
      // Each step has a factor of its own: the derivative by it is that by the step's rate, times the rate.
      expect(byFactors.map { $0 / entry.rate.number }, entry.by_rate, "\(remark): rates")
      let size = slopes.reduce(0) { $0 + abs($1) }
      #expect(abs(outcome.figures[0] - slopes.reduce(0, +)) < 1e-9 * size, "\(remark): slope")
    }
  }

  @Test func unrolled() throws {
    let cases = fixture.methods.unrolled.cases.list
    #expect(cases.count == 72)
    for entry in cases { try unroll(entry, last: 0) }
  }

  @Test func truncated() throws {
    let cases = fixture.methods.truncated.cases.list
    #expect(cases.count == 36)
    for entry in cases {
      let isWhole = entry.K.whole == entry.T.whole
      try unroll(entry, last: isWhole ? 0 : entry.K.whole)
    }
  }

  /// T1-T2 (Luketina et al., 2016) is the last step of descent gone back through.
  @Test(arguments: ["proximal-mlp", "weighted-examples", "quadratic"])
  func oneStepMethods(_ name: String) throws {
    let problem = try fixture.problem(name)
    func run(
      _ method: String, _ options: MethodOptions, steps: Int = 0
    ) throws -> [Double] {
      let descent = try GradientDescent(learningRate: problem.rate, steps: steps)
      return try problem.run(
        try #require(MethodName(rawValue: method)), options, steps: descent
      ).hypergradient
    }
    let methods = fixture.methods
    var last = problem.options()
    last.truncation = 1
    expect(try run("unrolled", last, steps: 1), methods["T1-T2"][name].hypergradient, "T1-T2")
    var identity = problem.options(k: 1)
    (identity.solver, identity.rate) = (SolverName(rawValue: "descent"), 1)
    expect(try run("implicit", identity), methods.identity[name].hypergradient, "identity")
    expect(try run("darts", problem.options()), methods.darts[name].hypergradient, "darts")
    expect(
      try run("first-order", problem.options()), methods["darts-first-order"][name].hypergradient,
      "first order")
    expect(
      try run("difference", problem.options(k: 5)),
      methods["finite-difference-implicit"][name].hypergradient, "difference")
  }

  @Test func metaLearning() throws {
    let content = fixture.methods["meta-learning"]
    for steps in content.cases.keys {
      let wanted = content.cases[steps]
      for (name, key) in [
        ("unrolled", "maml"), ("first-order", "first_order_maml"), ("reptile", "reptile"),
      ] {
        let found = try MetaLearning(content).hypergradient(
          try #require(MethodName(rawValue: name)), steps: try #require(Int(steps)))
        expect(found.mean, wanted[key], "\(key) \(steps)")
        #expect(relative(found.loss, wanted.upper_loss.number) < 1e-9)
      }
    }
  }
}

/// Batches by lower step and product, as a test has them.
struct GivenBatches: Batches {
  let lower: [Examples]
  let solve: [Examples]
  var hasFreshProducts = false

  func lower(step: Int) throws -> Examples { lower[step] }
  func solve(product: Int) throws -> Examples { solve[product] }
}

/// Blocks of the file's logistic problem.
private struct GivenBlocks: Blocks {
  let problem: MethodsProblem
  let sizes: (train: Int, validate: Int)
  let counts: (train: Int, validate: Int)
  let picked: (train: Int, validate: Int)

  init(_ problem: MethodsProblem, _ content: MethodsFixture.Value, picked: (Int, Int)) {
    self.problem = problem
    sizes = (content.train_block.whole, content.validate_block.whole)
    counts = (
      problem.train.rowCount / sizes.train, problem.validate.rowCount / sizes.validate
    )
    self.picked = picked
  }

  private func block(_ examples: Examples, _ number: Int, _ size: Int) throws -> Examples {
    try examples.rows(Array(number * size..<(number + 1) * size))
  }

  func train(_ block: Int) throws -> Examples {
    try self.block(problem.train, block, sizes.train)
  }

  func validate(_ block: Int) throws -> Examples {
    try self.block(problem.validate, block, sizes.validate)
  }
}

extension MethodFixtureTests {
  /// Lower model and momentum go on from one upper step to the next.
  @Test func miniBatches() throws {
    let cases = fixture.methods["mini-batches"].cases.list
    #expect(cases.count == 6)
    for entry in cases {
      let problem = try fixture.problem(entry.problem.text)
      let remark = "\(problem.name) \(entry.upper.text)"
      var options = problem.options(k: 3)
      (options.solver, options.keepsPoint) = (.conjugateGradient, true)
      let momentum = try Momentum(
        learningRate: entry.lower_rate.number, steps: entry.lower_batches[0].list.count)
      let state = try problem.state(.implicit, options, momentum)
      var upper: any UpperOptimizer =
        entry.upper.text == "sgd"
        ? try SGD(learningRate: entry.upper_rate.number)
        : try Adam(learningRate: entry.upper_rate.number)
      var u = problem.u
      for (step, wanted) in entry.steps.list.enumerated() {
        let batches = GivenBatches(
          lower: try entry.lower_batches[step].list.map { try problem.train.rows($0.wholes) },
          solve: [try problem.train.rows(entry.hyper_train[step].wholes)])
        problem.setUpper(u)
        let (hypergradient, outcome) = try problem.run(
          .implicit, options, steps: momentum, keeping: state, batches,
          validate: try problem.validate.rows(entry.hyper_validate[step].wholes))
        expect(state.vector("w"), wanted.w, "w of \(remark), step \(step)")
        expect(state.vector("Momentum.0"), wanted.momentum, "momentum of \(remark)")
        expect(hypergradient, wanted.hypergradient, "\(remark), step \(step)")
        #expect(relative(outcome.upperLoss, wanted.upper_loss.number) < 1e-9)
        upper.update(&u, along: hypergradient)
        expect(u, wanted.u, "u of \(remark)")
      }
    }
  }

  /// One lower step, one of the linear system and one upper step, all at the old point.
  @Test func soba() throws {
    let content = fixture.methods.stochastic
    let problem = try fixture.problem("logistic")
    var options = problem.options()
    (options.rate, options.keepsPoint) = (content.rate.number, true)
    let descent = try GradientDescent(learningRate: options.rate, steps: 1)
    let method = MethodName.singleLoop
    let state = try problem.state(
      method, options, descent, begunWith: ["solution": content.v0.numbers.map { -$0 }])
    var u = problem.u
    for (pick, wanted) in zip(content.picks.list, content.soba.steps.list) {
      func block(_ examples: Examples, _ size: MethodsFixture.Value, _ number: Int) throws
        -> Examples
      {
        try examples.rows(Array(number * size.whole..<(number + 1) * size.whole))
      }
      let train = try block(problem.train, content.train_block, pick[0].whole)
      problem.setUpper(u)
      let found = try problem.run(
        method, options, steps: descent, keeping: state,
        GivenBatches(lower: [train], solve: [train]),
        validate: try block(problem.validate, content.validate_block, pick[1].whole))
      u = sum(u, found.hypergradient, times: -content.upper_rate.number)
      expect(state.vector("w"), wanted.z, "z")
      expect(state.vector("solution").map { -$0 }, wanted.v, "v")
      expect(u, wanted.x, "x")
    }
  }

  /// Tables over blocks, of which the file has the means after the last step, too.
  @Test func saba() throws {
    let content = fixture.methods.stochastic
    let problem = try fixture.problem("logistic")
    var options = problem.options()
    (options.rate, options.keepsPoint) = (content.rate.number, true)
    let picks = GivenBlocks(problem, content, picked: (0, 0))
    (options.blocks, options.validationBlocks) = picks.counts
    let descent = try GradientDescent(learningRate: options.rate, steps: 1)
    let method = MethodName.varianceReduced
    let state = try problem.state(
      method, options, descent, begunWith: ["solution": content.v0.numbers.map { -$0 }])
    let made = try method.make(problem.levels, options, descent)
    var u = problem.u
    for (pick, wanted) in zip(content.picks.list, content.saba.steps.list) {
      problem.setUpper(u)
      let found = try problem.run(
        made, steps: descent, keeping: state,
        blocks: GivenBlocks(problem, content, picked: (pick[0].whole, pick[1].whole)))
      u = sum(u, found.hypergradient, times: -content.upper_rate.number)
      expect(state.vector("w"), wanted.z, "z")
      expect(state.vector("solution").map { -$0 }, wanted.v, "v")
      expect(u, wanted.x, "x")
    }
    let tables = [
      ("gradient", 1.0, options.blocks), ("product", -1, options.blocks),
      ("mixed", -1, options.blocks), ("upper-gradient", 1, options.validationBlocks),
      ("direct", 1, options.validationBlocks),
    ]
    for (table, wanted) in zip(tables, content.saba.table_means.list) {
      let (name, sign, count) = table
      let zero = [Double](repeating: 0, count: wanted.numbers.count)
      let mean = (0..<count).reduce(zero) {
        sum($0, state.vector("\(name).\($1)"), times: sign / Double(count))
      }
      expect(mean, wanted, "mean of \(name)")
      expect(state.vector("\(name).mean").map { sign * $0 }, wanted, "kept mean of \(name)")
    }
  }

  /// stocBiO (Ji, Yang and Liang, 2021) is NS with fresh products, AmIGO (Arbel and Mairal, 2022) warm descent with them.
  @Test(arguments: ["stocbio", "amigo"]) func freshProducts(_ name: String) throws {
    let content = fixture.methods.stochastic
    let (stocbio, wanted) = (content.stocbio, content[name])
    let problem = try fixture.problem("logistic")
    let rows = { try problem.train.rows($0) }
    let products = stocbio.product_batches.list.map(\.wholes)
    var options = problem.options(k: products.count)
    (options.rate, options.keepsPoint, options.isWarm) = (stocbio.eta.number, true, true)
    options.solver = name == "stocbio" ? .neumann : SolverName(rawValue: "descent")
    let descent = try GradientDescent(
      learningRate: content.rate.number, steps: stocbio.inner_batches.list.count)
    let state = try problem.state(
      .implicit, options, descent,
      begunWith: name == "amigo" ? ["solution": content.v0.numbers.map { -$0 }] : [:])
    let batches = GivenBatches(
      lower: try stocbio.inner_batches.list.map { try rows($0.wholes) },
      solve: try
        ((name == "stocbio" ? products.reversed() : products)
        + [stocbio.cross_rows.wholes]).map(rows), hasFreshProducts: true)
    let found = try problem.run(
      .implicit, options, steps: descent, keeping: state, batches,
      validate: try problem.validate.rows(stocbio.validate_rows.wholes))
    expect(state.vector("w"), wanted.y, "y")
    let v = state.vector("solution")
    expect(name == "stocbio" ? v : v.map { -$0 }, name == "stocbio" ? wanted.v : wanted.z, "v")
    expect(found.hypergradient, wanted.hypergradient, "hypergradient")
    expect(sum(problem.u, found.hypergradient, times: -content.upper_rate.number), wanted.u, "u")
  }

  @Test(arguments: ["quadratic", "logistic", "proximal-mlp"]) func penalties(_ name: String) throws
  {
    let content = fixture.methods.penalty
    let problem = try fixture.problem(name)
    for (key, strength) in [("f2sa", "lambda"), ("bome", "eta"), ("v-pbgd", "gamma")] {
      let (method, wanted) = (try #require(MethodName(rawValue: key)), content[key][name])
      var options = problem.options()
      options.penalty = content[key][strength].number
      options.jointRate = content[key].upper_rate.number
      options.keepsPoint = true
      let descent = try GradientDescent(learningRate: problem.rate, steps: content.T.whole)
      let state = try problem.state(
        method, options, descent,
        begunWith: key == "f2sa" ? ["other": wanted.z0.numbers] : [:])
      let found = try problem.run(method, options, steps: descent, keeping: state)
      expect(
        sum(problem.u, found.hypergradient, times: -content[key].upper_rate.number), wanted.u,
        "u of \(key)")
      expect(state.vector("w"), key == "f2sa" ? wanted.y : wanted.w, "w of \(key)")
      if key == "f2sa" {
        expect(state.vector("other"), wanted.z, "z")
        expect(found.hypergradient, wanted.direction, "direction")
      }
      if key == "bome" {
        #expect(relative(found.outcome.figures[0], wanted.q.number) < 1e-9)
        #expect(abs(found.outcome.figures[1] - wanted["lambda"].number) < 1e-9)
      }
    }
  }
}
