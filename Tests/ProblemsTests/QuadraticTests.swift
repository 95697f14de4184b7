import BilevelOptimization
import Foundation
import Problems
import Testing

@Suite struct QuadraticTests {
  private static let size = 10
  private static let (mu, cross) = (0.1, 0.2)

  private func problem(tasksDiffer seed: UInt64 = 3) throws -> Quadratic {
    var settings = QuadraticSettings()
    settings.lowerSize = Self.size
    settings.upperSize = 7
    settings.cross = Self.cross
    return try Quadratic(settings, seed: seed)
  }

  private func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  private func difference(_ a: [Double], _ b: [Double]) -> Double {
    norm(zip(a, b).map { $0 - $1 })
  }

  private let somewhere = [0.3, -1, 0.5, 2, 0, -0.25, 1]

  /// h is a quadratic, of which central differences are exact but for rounding.
  @Test func theClosedFormsGradientIsTheValuesSlope() throws {
    let task = try problem().quadratic(2)
    let gradient = task.value(somewhere).gradient
    for index in somewhere.indices {
      let slope = [0.5, -0.5].map { step in
        var u = somewhere
        u[index] += step
        return task.value(u).h
      }
      #expect(abs(slope[0] - slope[1] - gradient[index]) < 1e-11)
    }
  }

  @Test func theLowerSolutionIsWhereAdaptationEnds() throws {
    let problem = try problem()
    problem.upperModel.values = somewhere
    let implicit = try problem.implicit(Quadratic.defaults)
    let adapted = try GradientDescent(learningRate: 1, steps: 500)
      .adapt(implicit, train: problem.task(1, step: 0).train)
    #expect(difference(adapted.values, problem.quadratic(1).lowerSolution(somewhere)) < 1e-12)
  }

  /// The hypergradient of a task at its lower solution, by a method, and its distance to the closed
  /// form.
  private func error(_ method: MethodName, k: Int, rate: Double) throws -> Double {
    let problem = try problem()
    problem.upperModel.values = somewhere
    var settings = Quadratic.defaults
    (settings.method, settings.k, settings.tolerance) = (method, k, 0)
    settings.lowerRate = rate
    let task = try problem.task(0, step: 0)
    let quadratic = problem.quadratic(0)
    let solution = AuxiliaryModel(values: quadratic.lowerSolution(somewhere))
    try problem.implicit(settings).computeGradients(
      validate: task.validate, auxiliaryModel: solution, train: task.train)
    return difference(problem.upperModel.gradients, quadratic.value(somewhere).gradient)
  }

  @Test func conjugateGradientsGiveTheClosedForm() throws {
    #expect(try error(.linearSystem, k: 2 * Self.size, rate: 1) < 1e-12)
  }

  /// H^-1 g - a sum_{j<=k} (I - aH)^j g = H^-1 (I - aH)^(k+1) g, whose norm is, for a <= 1/L, at
  /// most (1 - a mu)^(k+1) / mu ||g||; C adds its norm, `cross`.
  @Test(arguments: [1.0, 0.5]) func neumannsErrorIsWithinItsBound(_ rate: Double) throws {
    let g = try problem().quadratic(0).solveNorm(somewhere)
    for k in [0, 1, 2, 5, 10, 20, 50, 100] {
      let bound = Self.cross / Self.mu * pow(1 - rate * Self.mu, Double(k + 1)) * g
      let error = try error(.neumannSeries, k: k, rate: rate)
      #expect(error <= bound)
      #expect(error >= 1e-3 * bound, "and the bound means something")
    }
  }

  /// Once the smallest eigenvalue's part is left, each term takes the factor 1 - a mu.
  @Test func neumannsErrorShrinksAtItsRate() throws {
    let errors = try [60, 80].map { try error(.neumannSeries, k: $0, rate: 1) }
    #expect(abs(errors[1] / errors[0] / pow(1 - Self.mu, 20) - 1) < 1e-2)
  }

  @Test func tasksAreFunctionsOfSeedAndIndex() throws {
    let (one, again) = (try problem(), try problem())
    let task = try one.task(4, step: 0)
    #expect(try one.task(4, step: 9) == task && again.task(4, step: 2) == task)
    #expect(try one.task(5, step: 0) != task)
    #expect(try problem(tasksDiffer: 4).task(4, step: 0) != task)
    #expect(task.train.data.shape == [10, 10] && task.train.target.shape == [10])
  }

  @Test func contradictionsAreRefused() {
    var settings = QuadraticSettings()
    settings.smallestCurvature = 2
    #expect(
      throws: SettingError("smallest-curvature=2.0 is above largest-curvature=1.0")
    ) { try Quadratic(settings, seed: 1) }
    settings.lowerSize = 0
    #expect(throws: SettingError.self) { try Quadratic(settings, seed: 1) }
  }

  @Test func oneParameterOfEachWillDo() throws {
    var settings = QuadraticSettings()
    (settings.lowerSize, settings.upperSize) = (1, 1)
    let task = try Quadratic(settings, seed: 1).quadratic(0)
    #expect(task.value([0.5]).gradient.count == 1)
  }

  @Test func resultsShowStartAndEnd() throws {
    let problem = try problem()
    problem.upperModel.values = somewhere
    problem.upperModel.gradients[0] = 42
    let settings = Quadratic.defaults
    let adaptation = Adaptation(
      try problem.implicit(settings), try settings.lowerOptimizer(), from: .lowerModel, tasks: 3)
    let table = try #require(try problem.results(adaptation).first)
    #expect(table.columns == ["", "at the start", "now"])
    #expect(table.rows.map { $0[0] } == ["h", "||grad h||^2", "||hypergradient - grad h||^2"])
    let values = (0..<3).map { problem.quadratic($0).value(somewhere).h }
    let h = try #require(Double(table.rows[0][2]))
    #expect(abs(h - values.reduce(0, +) / 3) < 1e-5 * abs(h))
    #expect(table.rows[2].dropFirst().allSatisfy { Double($0).map { $0 < 1e-24 } ?? false })
    #expect(problem.upperModel.values == somewhere && problem.upperModel.gradients[0] == 42)
  }
}
