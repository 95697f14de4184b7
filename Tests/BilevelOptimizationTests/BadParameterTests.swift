import BilevelOptimization
import Testing

/// Parameters outside their ranges: an error that names the parameter, its value and its range.
struct BadParameterTests {
  private func expectError(
    _ name: String, _ value: Any, _ sourceLocation: SourceLocation = #_sourceLocation,
    _ make: () throws -> Void
  ) {
    let error = #expect(throws: HypergradientError.self, sourceLocation: sourceLocation) {
      try make()
    }
    #expect(error?.code == .parameter, sourceLocation: sourceLocation)
    let message = error?.message ?? ""
    #expect(message.contains("\(name)"), sourceLocation: sourceLocation)
    #expect(message.contains("\(value)"), sourceLocation: sourceLocation)
    #expect(message.contains("must be"), sourceLocation: sourceLocation)
    #expect(error?.description == message, sourceLocation: sourceLocation)
  }

  static let belowZero = [-1e-9, -1, .nan, .infinity, -.infinity]

  @Test(arguments: [-1, -100, Int.min]) func counts(count: Int) {
    expectError("k", count) { _ = try ImplicitOptions(lowerLearningRate: 1, k: count) }
    expectError("k", count) { _ = try Quadratic.reference.implicit(k: count) }
    expectError("steps", count) { _ = try AdaptationSchedule(steps: count) }
    expectError("steps", count) { _ = try GradientDescent(learningRate: 1, steps: count) }
    expectError("steps", count) { _ = try Momentum(learningRate: 1, steps: count) }
    expectError("steps", count) { _ = try LowerAdam(learningRate: 1, steps: count) }
  }

  @Test(arguments: belowZero + [0]) func rates(rate: Double) {
    expectError("lowerLearningRate", rate) { _ = try ImplicitOptions(lowerLearningRate: rate) }
    expectError("lowerLearningRate", rate) {
      _ = try Quadratic.reference.implicit(k: 1, rate: rate)
    }
    expectError("learningRate", rate) { _ = try GradientDescent(learningRate: rate, steps: 1) }
    expectError("learningRate", rate) { _ = try Momentum(learningRate: rate, steps: 1) }
    expectError("learningRate", rate) { _ = try LowerAdam(learningRate: rate, steps: 1) }
    expectError("learningRate", rate) { _ = try SGD(learningRate: rate) }
    expectError("learningRate", rate) { _ = try Adam(learningRate: rate) }
    expectError("epsilon", rate) { _ = try Adam(learningRate: 1, epsilon: rate) }
  }

  @Test(arguments: belowZero) func tolerances(value: Double) {
    expectError("tolerance", value) {
      _ = try ImplicitOptions(lowerLearningRate: 1, tolerance: value)
    }
    expectError("relativeTolerance", value) {
      _ = try ImplicitOptions(lowerLearningRate: 1, relativeTolerance: value)
    }
    expectError("damping", value) {
      _ = try ImplicitOptions(lowerLearningRate: 1, damping: value)
    }
    expectError("gradientTolerance", value) {
      _ = try AdaptationSchedule(steps: 1, gradientTolerance: value)
    }
  }

  @Test(arguments: belowZero + [1, 1.5]) func fractions(value: Double) {
    expectError("momentum", value) { _ = try SGD(learningRate: 1, momentum: value) }
    expectError("momentum", value) {
      _ = try Momentum(learningRate: 1, momentum: value, steps: 1)
    }
    expectError("beta1", value) { _ = try Adam(learningRate: 1, beta1: value) }
    expectError("beta2", value) {
      _ = try LowerAdam(learningRate: 1, beta2: value, steps: 1)
    }
  }

  @Test func defaultsAreTheDocumentedOnes() throws {
    let options = try ImplicitOptions(lowerLearningRate: 0.1)
    #expect(options.method == .neumannSeries)
    #expect(options.tolerance == 1e-10 && options.relativeTolerance == 1e-10)
    #expect(!options.checksResidual)
    #expect(options.damping == 0)
    #expect(options.k == 10)
    #expect(options.negativeCurvature == .report)
    #expect(options.precision == .single)
    #expect(ImplicitMethod(rawValue: "LS") == .linearSystem)
    #expect(ImplicitMethod(rawValue: "NS") == .neumannSeries)
  }
}
