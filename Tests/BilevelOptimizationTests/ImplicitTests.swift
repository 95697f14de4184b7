import BilevelOptimization
import Models
import Tensors
import TestSupport
import Testing

/// What hypergradients must be on problems with closed forms.
struct ImplicitTests {
  /// The two-dimensional reference problem: method, k, result.
  static let reference: [(ImplicitMethod, Int, [Double])] = [
    (.linearSystem, 1, [-0.600434782608696, -2.856956521739131]),
    (.linearSystem, 2, [-0.612857142857143, -2.877142857142857]),
    (.linearSystem, 9, [-0.612857142857143, -2.877142857142857]),
    (.neumannSeries, 0, [-0.02, -0.245]),
    (.neumannSeries, 1, [-0.06625, -0.4525]),
    (.neumannSeries, 2, [-0.109, -0.6438125]),
    (.neumannSeries, 5, [-0.2186006328125, -1.132457734375]),
    (.neumannSeries, 50, [-0.603240733727304, -2.834693915303419]),
    (.neumannSeries, 2000, [-0.612857142857143, -2.877142857142857]),
  ]

  @Test(arguments: reference, Arithmetic.all) func theReferenceProblem(
    row: (ImplicitMethod, Int, [Double]), arithmetic: Arithmetic
  ) throws {
    let (method, k, wanted) = row
    let (result, report) = try Quadratic.reference.solve(
      method, k: k, precision: arithmetic.precision, kernels: arithmetic.kernels)
    #expect(relativeDistance(result, wanted) < arithmetic.tolerance)
    #expect(relative(report.hypergradientNorm, norm(wanted)) < arithmetic.tolerance)
    #expect(relative(report.upperLoss, 0.91275) < arithmetic.tolerance)
    let gradient = Quadratic.reference.lowerGradient(Quadratic.reference.point)
    #expect(relative(report.lowerGradientNorm, norm(gradient)) < arithmetic.tolerance)
    #expect(relative(report.solve.initialResidual, 1.8125.squareRoot()) < arithmetic.tolerance)
  }

  @Test(arguments: Arithmetic.all, [-0.5, 0.25, 3]) func modelsOfOneParameter(
    arithmetic: Arithmetic, coupling: Double
  ) throws {
    let problem = Quadratic(
      hessian: Matrix([[0.7]]), coupling: Matrix([[coupling]]), target: [2], penalty: 0.3,
      point: [-1], upper: [0.5])
    let (result, report) = try problem.solve(
      k: 10, tolerance: 1e-4, relativeTolerance: 1e-4, precision: arithmetic.precision,
      kernels: arithmetic.kernels)
    #expect(relative(result[0], 0.15 + coupling * -3 / 0.7) < arithmetic.tolerance)
    #expect(report.solve.steps == 1)
    #expect(report.solve.reason == .converged)
  }

  @Test(arguments: ImplicitMethod.allCases, Arithmetic.all)
  func noUpperGradientInTheLowerModelGivesTheDirectTerm(
    method: ImplicitMethod, arithmetic: Arithmetic
  ) throws {
    var problem = Quadratic.reference
    problem.point = problem.target
    let (result, report) = try problem.solve(
      method, k: 10, tolerance: 0, precision: arithmetic.precision, kernels: arithmetic.kernels)
    #expect(relativeDistance(result, problem.direct) < arithmetic.tolerance)
    if arithmetic.precision == .double { #expect(result == problem.direct) }
    #expect(report.solve.reason == .converged)
    #expect(report.solve.steps == 0)
    #expect(report.solve.residual == 0)
  }

  /// The adapted point moves with u. Were that dependence to leak, the implicit part would be too long by
  /// a factor that grows with the steps.
  @Test(arguments: ImplicitMethod.allCases, [1, 5, 20, 100]) func theAdaptedPointIsAConstant(
    method: ImplicitMethod, steps: Int
  ) throws {
    var problem = Quadratic.reference
    let implicit = try problem.implicit(method, k: 400)
    let descent = try GradientDescent(learningRate: 0.1, steps: steps)
    let adapted = try descent.adapt(implicit, train: problem.train, from: problem.point)
    try implicit.computeGradients(
      validate: problem.validate, auxiliaryModel: adapted, train: problem.train)
    for _ in 0..<steps {
      let gradient = problem.lowerGradient(problem.point)
      problem.point = sum(problem.point, gradient, times: -0.1)
    }
    let wanted = problem.hypergradient(problem.hessian.solve(problem.g))
    #expect(relativeDistance(adapted.values, problem.point) < 1e-12)
    #expect(relativeDistance(implicit.upperModel.gradients, wanted) < 1e-9)
  }

  @Test func linearSystemsDoNotDependOnTheLearningRate() throws {
    for k in [1, 2, 9] {
      let results = try [1e-6, 0.1, 50].map { try Quadratic.reference.solve(k: k, rate: $0).v }
      #expect(results[0] == results[1] && results[1] == results[2])
    }
  }

  @Test(arguments: ImplicitMethod.allCases) func gradientsAddUp(method: ImplicitMethod) throws {
    let problem = Quadratic.reference
    let implicit = try problem.implicit(method, k: 5)
    let model = AuxiliaryModel(values: problem.point)
    let lower = implicit.lowerModel.values
    implicit.upperModel.gradients = [1, 2]
    func compute() throws {
      try implicit.computeGradients(
        validate: problem.validate, auxiliaryModel: model, train: problem.train)
    }
    let once = try problem.solve(method, k: 5).v
    try compute()
    #expect(implicit.upperModel.gradients == [1 + once[0], 2 + once[1]])
    try compute()
    #expect(implicit.upperModel.gradients == [1 + once[0] + once[0], 2 + once[1] + once[1]])
    #expect(implicit.upperModel.values == problem.upper)
    #expect(implicit.lowerModel.values == lower)
    #expect(implicit.lowerModel.gradients == [0, 0])
    #expect(model == AuxiliaryModel(values: problem.point))
  }

  @Test func theShortFormGivesTheUpperLoss() throws {
    let problem = Quadratic.reference
    let implicit = try problem.implicit(k: 5)
    let loss = try implicit.computeGradients(
      validateData: problem.validate.data, validateTarget: problem.validate.target,
      auxiliaryModel: AuxiliaryModel(values: problem.point), trainData: problem.train.data,
      trainTarget: problem.train.target)
    #expect(relative(loss, 0.91275) < 1e-14)
    #expect(try implicit.upperModel.gradients == problem.solve(k: 5).v)
  }

  @Test func aTrainersWayGivesTheSameBits() throws {
    let problem = Quadratic.reference
    let implicit = try problem.implicit(k: 5)
    let descent = try GradientDescent(learningRate: 0.1, steps: 3)
    let (report, hypergradient) = try implicit.adaptAndSolve(
      train: problem.train, validate: problem.validate, from: problem.point, descent)
    #expect(implicit.upperModel.gradients == [0, 0])
    let adapted = try descent.adapt(implicit, train: problem.train, from: problem.point)
    let other = try implicit.computeGradients(
      validate: problem.validate, auxiliaryModel: adapted, train: problem.train)
    #expect(report.solve == other.solve && report.upperLoss == other.upperLoss)
    #expect(report.hypergradientNorm == other.hypergradientNorm)
    // Only who adapts knows where that began.
    let start = norm(problem.lowerGradient(problem.point))
    #expect(relative(try #require(report.startLowerGradientNorm), start) < 1e-14)
    #expect(other.startLowerGradientNorm == nil && !other.isAdaptationDiverging)
    #expect(hypergradient == implicit.upperModel.gradients)
  }
}
