import BilevelOptimization
import Foundation
import Problems
import Tensors
import Testing

@Suite struct SinusoidTests {
  private func problem(
    amplitude: Double = 5, shots: Int = 10, query: Int = 7, seed: UInt64 = 1
  ) throws -> Sinusoid {
    var settings = SinusoidSettings()
    settings.shots = shots
    settings.query = query
    settings.hidden = 5
    settings.amplitude = amplitude
    return try Sinusoid(settings, seed: seed)
  }

  @Test func tasksHaveTheShapesAskedFor() throws {
    let task = try problem().task(0, step: 0)
    #expect(task.train.data.shape.sizes == [10, 1] && task.train.target.shape.sizes == [10, 1])
    #expect(task.validate.data.shape.sizes == [7, 1])
    #expect(task.validate.target.shape.sizes == [7, 1])
  }

  /// A sin(x - p) = (A cos p) sin x - (A sin p) cos x: two points give the wave, and all others lie on it.
  @Test func allPointsOfATaskLieOnOneWave() throws {
    let problem = try problem()
    var amplitudes: [Double] = []
    var phases: [Double] = []
    for index in 0..<200 {
      let task = try problem.task(index, step: 4)
      let x = task.train.data.values + task.validate.data.values
      let y = task.train.target.values + task.validate.target.values
      #expect(x.allSatisfy { (-5..<5).contains($0) })
      let (c, s) = Self.wave(x, y)
      let errors = zip(x, y).map { abs($1 - (c * sin($0) - s * cos($0))) }
      #expect(errors.max()! < 1e-10)
      amplitudes.append((c * c + s * s).squareRoot())
      phases.append(atan2(s, c))
    }
    #expect(amplitudes.allSatisfy { $0 > 0.1 - 1e-9 && $0 < 5 + 1e-9 })
    #expect(phases.allSatisfy { $0 > -1e-9 && $0 < Double.pi + 1e-9 })
    // Both spread over their whole ranges.
    #expect(amplitudes.min()! < 0.5 && amplitudes.max()! > 4.6)
    #expect(phases.min()! < 0.2 && phases.max()! > 2.9)
  }

  /// The least-squares fit of c sin x - s cos x.
  private static func wave(_ x: [Double], _ y: [Double]) -> (c: Double, s: Double) {
    var (ss, sc, cc, sy, cy) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for (x, y) in zip(x, y) {
      ss += sin(x) * sin(x)
      sc += sin(x) * cos(x)
      cc += cos(x) * cos(x)
      sy += sin(x) * y
      cy += cos(x) * y
    }
    let determinant = ss * cc - sc * sc
    return ((cc * sy - sc * cy) / determinant, (sc * sy - ss * cy) / determinant)
  }

  @Test func theSmallestAmplitudeIsTheOnlyOneWhereItIsTheLargest() throws {
    let task = try problem(amplitude: 0.1).task(0, step: 0)
    let (c, s) = Self.wave(task.train.data.values, task.train.target.values)
    #expect(abs((c * c + s * s).squareRoot() - 0.1) < 1e-12)
  }

  @Test func aTaskIsAFunctionOfIndexStepAndSeed() throws {
    let places = [(0, 0), (1, 0), (0, 1), (24, 999)]
    let one = try problem(seed: 3)
    let again = try problem(seed: 3)
    let tasks = try places.map { try one.task($0.0, step: $0.1) }
    let reversed = try places.reversed().map { try again.task($0.0, step: $0.1) }
    #expect(tasks == reversed.reversed())
    let draws = try tasks + [problem(seed: 4).task(0, step: 0)]
    #expect(Set(draws.map(\.train.data.values)).count == 5)
    for task in tasks {
      #expect(Set(task.train.data.values).isDisjoint(with: task.validate.data.values))
    }
  }

  @Test func bothModelsStartAlikeAndAdaptationAtTheUpper() throws {
    let problem = try problem()
    #expect(problem.upperModel.values == problem.lowerModel.values)
    #expect(problem.upperModel.count == 5 + 5 + 25 + 5 + 5 + 1)
    let adaptation = Adaptation(
      try problem.implicit(Sinusoid.defaults), try Sinusoid.defaults.lowerOptimizer(),
      from: problem.start)
    problem.upperModel.values[0] = 42
    #expect(try adaptation.startValues == problem.upperModel.values)
  }

  @Test func heldOutTasksAreNoneThatTrainingDraws() throws {
    let problem = try problem()
    let heldOut = try #require(problem.heldOut)
    let tasks = try (0..<20).map { try heldOut.task($0) }
    #expect(try heldOut.task(7) == tasks[7])
    let training = try (0..<20).map { try problem.task($0, step: 0) }
    let inputs = (tasks + training).map(\.train.data.values)
    #expect(Set(inputs).count == 40)
    #expect(tasks.allSatisfy { $0.validate.data.shape == [7, 1] })
  }

  /// A network of zeros predicts 0, whose mean loss is half the mean square of amplitudes.
  @Test func theScoreOfPredictingNothingIsTheWavesPower() throws {
    let heldOut = try #require(try problem(query: 50).heldOut)
    #expect(heldOut.measures == [.squaredError])
    let scores = try (0..<100).map { index in
      let target = try heldOut.task(index).validate.target
      return try heldOut.scores(try DataArray([50, 1], [Double](repeating: 0, count: 50)), target)[
        0]
    }
    // E[A^2] / 2 for A uniform from 0.1 to 5 is 4.25; the standard error is about 0.4.
    #expect(abs(scores.reduce(0, +) / 100 - 4.25) < 2)
  }

  @Test func settingsThatCodeSetsAreChecked() {
    #expect(throws: SettingError.self) { try problem(amplitude: 0) }
    #expect(throws: SettingError.self) { try problem(shots: 0) }
  }
}
