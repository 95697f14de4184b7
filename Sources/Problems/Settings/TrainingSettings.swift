import BilevelOptimization
import Tensors

/// How a step's tasks get to ranks. Results are the same, bit for bit.
public enum TaskSchedule: String, Sendable, CaseIterable {
  /// Each rank has its share, neighbouring tasks.
  case fixed = "static"
  /// Ranks draw tasks one by one: faster where tasks differ in cost.
  case dynamic
}

/// How a problem is trained: what all problems have in common.
public struct TrainingSettings: SettingGroup, Equatable {
  /// Lower optimisers by name.
  public enum LowerRule: String, Sendable, CaseIterable {
    /// Gradient descent.
    case sgd
    /// Gradient descent that halves its rate where the loss does not fall.
    case backtracking
    /// Gradient descent that leaves the pull towards the start out until the last step.
    case split
    /// Gradient descent with momentum 0.9.
    case momentum
    /// The same with Nesterov's acceleration.
    case nesterov
    /// Adam with the paper's defaults.
    case adam
    /// L-BFGS with backtracking.
    case lbfgs
    /// Newton's method with truncated conjugate gradients and backtracking.
    case newton
    /// Proximal gradient descent on an L1 penalty that the problem declares.
    case proximal
    /// The same with acceleration and restarts.
    case fista

    /// Whether its steps are of L1 penalties, and solves on the parameters that are not 0.
    var isProximal: Bool { self == .proximal || self == .fista }
  }

  /// Upper optimisers by name.
  public enum UpperRule: String, Sendable, CaseIterable {
    /// Gradient descent.
    case sgd
    /// Gradient descent with momentum 0.9.
    case momentum
    /// Adam with the paper's defaults.
    case adam
  }

  /// What is done about a task with numbers that are not finite.
  public enum NonFiniteRule: String, Sendable, CaseIterable {
    /// The run stops.
    case stop
    /// The task is left out of the step's mean.
    case skip
  }

  /// Where a task's lower steps begin.
  public enum StartRule: String, Sendable, CaseIterable {
    /// Where the problem has it, anew in every upper step.
    case problem
    /// Where the task's last upper step left the lower parameters, and the lower optimiser's state.
    case previous
  }

  /// Which rows make a batch.
  public enum BatchRule: String, Sendable, CaseIterable {
    /// Each row is drawn by itself.
    case drawn
    /// Rows that follow each other, of data that are in random order already.
    case neighbours
  }

  /// How tasks get to ranks.
  public var schedule = TaskSchedule.fixed
  /// How many slabs the rows of a task's lower objective are cut into, whose sums are exact: any ranks may then compute them.
  public var slabs = 1
  /// The ranks that compute a task together; 0 for as many as have no task of their own.
  public var team = 0
  /// What everything random is drawn from.
  public var seed = 1
  /// Upper steps.
  public var steps = 100
  /// Tasks an upper step.
  public var tasks = 8
  /// How hypergradients are computed.
  public var method = MethodName.neumannSeries
  /// How linear systems are solved.
  public var solver = SolverChoice.own
  /// The most Hessian-vector products of a solve.
  public var k = 10
  /// The columns of the Nystrom solver.
  public var solverRank = 10
  /// Whether a solve begins with what the task's last one found.
  public var warmSolve = false
  /// The last lower steps that method unrolled goes back through; 0 for all.
  public var truncate = 0
  /// The strength of penalty methods.
  public var penalty = 1.0
  /// The step of lower parameters that a penalty method moves with the upper ones.
  public var jointRate = 0.1
  /// The length of the steps of differences of gradients.
  public var difference = 0.01
  /// Where lower steps begin.
  public var start = StartRule.problem
  /// The examples of a lower step; 0 for all.
  public var batch = 0
  /// The examples of the derivatives that hypergradients are made of; 0 for all.
  public var solveBatch = 0
  /// Whether each product of these has examples of its own.
  public var freshProducts = false
  /// The examples of the upper objective; 0 for all.
  public var validationBatch = 0
  /// Which rows make a batch.
  public var batchRule = BatchRule.drawn
  /// The blocks that method saba cuts the lower objective's examples into.
  public var blocks = 10
  /// Those of the upper objective's examples.
  public var validationBlocks = 10
  /// Stops a solve, with ``relativeTolerance``.
  public var tolerance = 1e-10
  /// The part of the right-hand side's norm that a residual must be below as well.
  public var relativeTolerance = 1e-10
  /// How fast tolerances fall: those of upper step t, from 0, are divided by (t + 1) to this power.
  public var toleranceFall = 0
  /// Added to the Hessian's diagonal in a solve.
  public var damping = 0.0
  /// What LS does on meeting negative curvature.
  public var negativeCurvature = NegativeCurvaturePolicy.report
  /// Whether every solve finds its true residual, by one more product.
  public var checkResidual = false
  /// What is done about a task with numbers that are not finite.
  public var nonFinite = NonFiniteRule.stop
  /// The lower optimiser.
  public var lowerRule = LowerRule.sgd
  /// Its learning rate, which is also the step of the Neumann series.
  public var lowerRate = 0.1
  /// After how many lower steps the rate falls; none for a constant rate.
  public var lowerMilestones: [Int] = []
  /// What the rate is multiplied by at each of them.
  public var lowerDecay = 0.1
  /// The lower steps in which the rate rises.
  public var lowerRise = 0
  /// The lower steps until it has fallen to nothing along half a cosine; 0 for never.
  public var lowerFall = 0
  /// The upper parameter that lower rates are multiplied by; empty for none.
  public var learnedRates = ""
  /// The pull towards the start, (pull / 2) ||w - start||^2, that ``LowerRule/split`` leaves out until the last step.
  public var lowerPull = 0.0
  /// Lower steps a task.
  public var lowerSteps = 16
  /// Ends an adaptation when the norm of the lower gradient is below; 0 never does.
  public var lowerTolerance = 0.0
  /// The largest norm of a lower gradient; 0 for any.
  public var lowerClip = 0.0
  /// The weight decay of lower steps.
  public var lowerWeightDecay = 0.0
  /// Where lower parameters stay.
  public var lowerSet = ParameterSet.whole
  /// Whether implicit methods solve on the lower parameters that are not 0 alone, as L1 penalties want it.
  public var sparse = false
  /// The upper optimiser.
  public var upperRule = UpperRule.adam
  /// Its learning rate.
  public var upperRate = 0.001
  /// The upper steps, from the first, in which upper parameters rest and no hypergradient is computed.
  public var upperFrom = 0
  /// After how many upper steps the rate falls, those of ``upperFrom`` aside; none for a constant rate.
  public var upperMilestones: [Int] = []
  /// What the rate is multiplied by at each of them.
  public var upperDecay = 0.1
  /// The upper steps in which the rate rises.
  public var upperRise = 0
  /// The upper steps until it has fallen to nothing along half a cosine; 0 for never.
  public var upperFall = 0
  /// Rates of parts of the upper parameters, by their names.
  public var upperRates = RatePatterns()
  /// The largest norm of a hypergradient; 0 for any.
  public var upperClip = 0.0
  /// The weight decay of upper steps.
  public var upperWeightDecay = 0.0
  /// Where upper parameters stay.
  public var upperSet = ParameterSet.whole
  /// What Adam adds to the root of its second moment in upper steps.
  public var upperEpsilon = 1e-8
  /// The arithmetic of objectives and solves.
  public var precision = Precision.single
  /// How convolutions are computed.
  public var convolutions = ConvolutionRule.transformed
  /// Held-out tasks that are scored after training.
  public var evaluationTasks = 100
  /// Steps after which they are scored on the way, too; 0: after training alone.
  public var evaluationEvery = 0
  /// How many scores without a better one end the run; 0 for never.
  public var patience = 0
  /// A file with the upper parameters to start from; empty for the problem's own first values.
  public var initial = ""

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("seed", &seed, 0...Int(Int32.max), "what everything random is drawn from")
    try keys("steps", &steps, 0...1_000_000_000, "upper steps")
    try keys("tasks", &tasks, 1...1_000_000, "tasks an upper step")
    try keys("schedule", &schedule, "how tasks get to ranks: static or dynamic; changes no bit")
    try keys(
      "slabs", &slabs, 1...65_536,
      "parts of a task's rows for its lower objective, which ranks may share; decides bits")
    try keys(
      "team", &team, 0...65_536,
      "ranks that compute a task's slabs together; 0: those that tasks leave idle; changes no bit")
    try keys(
      "method", &method,
      "LS (conjugate gradients), NS (Neumann series) or "
        + MethodName.allCases.map(\.rawValue).dropFirst(2).joined(separator: ", "))
    try keys("solver", &solver, "linear solver: own (the method's) or one by name")
    try keys("k", &k, 0...1_000_000, "most Hessian-vector products of a solve")
    try keys("solver-rank", &solverRank, 1...1_000_000, "columns of solver nystrom")
    try keys("warm-solve", &warmSolve, "whether solves begin with the task's last solution")
    try keys("truncate", &truncate, 0...1_000_000, "last lower steps of method unrolled; 0 for all")
    try keys.positive("penalty", &penalty, "strength of penalty methods: f2sa, v-pbgd, bome")
    try keys.positive("joint-rate", &jointRate, "step of lower parameters in v-pbgd and bome")
    try keys.positive("difference", &difference, "length of steps in darts and difference")
    try keys("start", &start, "where lower steps begin: problem, or previous (upper step's end)")
    try keys("batch", &batch, 0...Int(Int32.max), "examples of a lower step; 0 for all")
    try keys(
      "solve-batch", &solveBatch, 0...Int(Int32.max), "examples of a solve's products; 0 for all")
    try keys("fresh-products", &freshProducts, "whether each product has examples of its own")
    try keys(
      "validation-batch", &validationBatch, 0...Int(Int32.max),
      "examples of the upper objective; 0 for all")
    try keys(
      "batch-rows", &batchRule,
      "a batch's rows: drawn one by one, or neighbours (of rows in random order: faster)")
    try keys("blocks", &blocks, 1...1_000_000, "blocks of the lower objective's examples in saba")
    try keys(
      "validation-blocks", &validationBlocks, 1...1_000_000,
      "blocks of the upper objective's examples in saba")
    try keys("tolerance", &tolerance, 0...1e12, "residual norm that stops a solve, where it is")
    try keys(
      "relative-tolerance", &relativeTolerance, 0...1e12,
      "also below this part of the right-hand side's norm")
    try keys(
      "tolerance-fall", &toleranceFall, 0...10,
      "tolerances of upper step t, from 0, are divided by (t + 1) to this power (HOAG)")
    try keys("damping", &damping, 0...1e12, "added to the Hessian's diagonal in a solve")
    try keys(
      "negative-curvature", &negativeCurvature, "what LS does on it: report, truncate, damp or stop"
    )
    try keys("check-residual", &checkResidual, "whether every solve finds its true residual")
    try keys("non-finite", &nonFinite, "what a task that diverges does: stop the run, or skip it")
    try keys(
      "lower-rule", &lowerRule,
      "lower optimiser: sgd, backtracking, split, momentum, nesterov, adam, lbfgs, newton (k products "
        + "a step), proximal or fista (L1 penalties)")
    try keys.positive("lower-rate", &lowerRate, "its learning rate; also the Neumann step")
    try keys("lower-milestones", &lowerMilestones, "lower steps after which it falls: 80,120")
    try keys(
      "lower-decay", &lowerDecay, .leastNormalMagnitude...1, "what it is then multiplied by")
    try keys("lower-rise", &lowerRise, 0...1_000_000_000, "first lower steps, in which it rises")
    try keys(
      "lower-fall", &lowerFall, 0...1_000_000_000,
      "lower steps until it has fallen to 0 along half a cosine; 0 for never")
    try keys(
      "learned-rates", &learnedRates,
      "upper parameter that lower rates are multiplied by (unrolled)")
    try keys("lower-pull", &lowerPull, 0...1e12, "pull that split leaves out until the last step")
    try keys("lower-steps", &lowerSteps, 0...1_000_000, "lower steps a task")
    try keys("lower-tolerance", &lowerTolerance, 0...1e12, "lower gradient norm that ends them")
    try keys("lower-clip", &lowerClip, 0...1e12, "largest norm of a lower gradient; 0 for any")
    try keys("lower-weight-decay", &lowerWeightDecay, 0...1e12, "decay of lower steps (AdamW's)")
    try keys(
      "lower-set", &lowerSet,
      expecting: ParameterSet.words,
      "where lower parameters stay: \(ParameterSet.words)")
    try keys("sparse", &sparse, "whether solves leave lower parameters of 0 out (L1 penalties)")
    try keys("upper-rule", &upperRule, "upper optimiser: sgd, momentum or adam")
    // As wide as numbers are: the rate is in units of upper parameters over those of the hypergradient.
    try keys(
      "upper-rate", &upperRate, .leastNonzeroMagnitude ... .greatestFiniteMagnitude,
      "its learning rate")
    try keys(
      "upper-from", &upperFrom, 0...1_000_000_000,
      "first upper steps, in which lower models are trained alone (start=previous)")
    try keys("upper-milestones", &upperMilestones, "upper steps after which it falls: 800,1200")
    try keys(
      "upper-decay", &upperDecay, .leastNormalMagnitude...1, "what it is then multiplied by")
    try keys("upper-rise", &upperRise, 0...1_000_000_000, "first upper steps, in which it rises")
    try keys(
      "upper-fall", &upperFall, 0...1_000_000_000,
      "upper steps until it has fallen to 0 along half a cosine; 0 for never")
    try keys(
      "upper-rates", &upperRates, expecting: "patterns of names and rates: conv*=1e-4,head.bias=0",
      "rates of parts of the upper parameters: conv*=1e-4,head.bias=0")
    try keys("upper-clip", &upperClip, 0...1e12, "largest norm of a hypergradient; 0 for any")
    try keys("upper-weight-decay", &upperWeightDecay, 0...1e12, "decay of upper steps (AdamW's)")
    try keys(
      "upper-set", &upperSet,
      expecting: ParameterSet.words,
      "where upper parameters stay, as lower-set")
    try keys.positive("upper-epsilon", &upperEpsilon, "what adam adds to the root it divides by")
    try keys("precision", &precision, "arithmetic: single or double")
    try keys(
      "convolutions", &convolutions,
      "3x3 ones: transformed (fast), or direct (rounding several times smaller)")
    try keys(
      "evaluation-tasks", &evaluationTasks, 0...10_000_000,
      "held-out tasks scored after training, where the problem has such")
    try keys(
      "evaluation-every", &evaluationEvery, 0...1_000_000_000,
      "upper steps after which they are scored on the way, too; 0 for never")
    try keys(
      "patience", &patience, 0...1_000_000,
      "scores without a better one that end the run; 0 for never")
    guard patience == 0 || (evaluationEvery > 0 && evaluationTasks > 0) else {
      throw SettingError(
        "patience=\(patience): nothing is scored on the way; set evaluation-every and evaluation-tasks"
      )
    }
    try keys("initial", &initial, "file of upper parameters to start from (.safetensors or .npz)")
  }
}
