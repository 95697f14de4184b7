import BilevelOptimization
import Models
import Problems
import Tensors
import TestSupport
import Testing

@Suite struct RepresentationTests {
  /// Three ways, two shots, a small dense network.
  private func problem(
    _ change: (inout RepresentationSettings) -> Void = { _ in }
  ) throws -> Representation {
    var settings = RepresentationSettings()
    (settings.tasks.ways, settings.tasks.shots, settings.tasks.query) = (3, 2, 2)
    (settings.network.network, settings.network.hidden) = (.dense, 6)
    change(&settings)
    return try Representation(settings, seed: 2)
  }

  /// In double precision, until nothing is left to be done.
  private var training: TrainingSettings {
    var settings = Representation.defaults
    (settings.precision, settings.lowerTolerance) = (.double, 1e-13)
    (settings.k, settings.lowerSteps) = (100, 40)
    return settings
  }

  /// The ridge head as its normal equations have it, W = (X'X + n l I)^-1 X' Y of features and a 1, X.
  private func head(_ upper: RepresentationUpper, _ images: Tensor, _ labels: [Double]) -> Tensor {
    let inputs = withOne(upper.features(images))
    let (n, width, ways) = (inputs.shape[0], inputs.shape[1], 3)
    let ones = labels.flatMap { label in (0..<ways).map { Double($0) == label ? 1.0 : 0 } }
    let identity = (0..<width * width).map { $0 % (width + 1) == 0 ? 1.0 : 0 }
    let strength = exp(upper.logStrength ?? inputs.sum()) * Double(n)
    let system =
      matmul(inputs.transposed(), inputs)
      + strength * inputs.constant(identity, [width, width])
    return system.solvingPositive(
      matmul(inputs.transposed(), inputs.constant(ones, [n, ways])))
  }

  private func withOne(_ features: Tensor) -> Tensor {
    let n = features.shape[0]
    let ones = features.constant([Double](repeating: 1, count: n), [n, 1])
    return .concatenated([features, ones], axis: 1)
  }

  @Test func theRidgeHeadIsTheNormalEquations() throws {
    let problem = try problem()
    for index in 0..<3 {
      let task = try problem.task(index, step: 4)
      let adapted = try training.lowerOptimizer().adapt(
        try problem.implicit(training), train: task.train)
      let exact = try problem.upperModel.evaluate(task.train.data, precision: .double) {
        head($0, $1, task.train.target.values)
      }
      #expect(exact.shape == [7, 3])
      #expect(relativeDistance(adapted.values, exact.values) < 1e-9)
    }
  }

  /// The loss of the query images as one formula of the upper parameters, which differences see the slope of.
  @Test func theHypergradientIsThatOfTheClosedForm() throws {
    let problem = try problem { $0.network.statistics = .support }
    let task = try problem.task(1, step: 0)
    let labels = (task.train.target.values, task.validate.target.values)
    let values = problem.upperModel.values
    func loss(_ values: [Double]) throws -> Double {
      try problem.upperModel.evaluate(
        task.validate.data, at: values, precision: .double
      ) { upper, images in
        let (support, query) = (images.sliced(0, 0..<6), images.sliced(0, 6..<12))
        let scores = matmul(
          withOne(upper.features(query)) * exp(upper.logScale ?? images.sum()),
          head(upper, support, labels.0))
        let ones = labels.1.flatMap { label in (0..<3).map { Double($0) == label ? 1.0 : 0 } }
        return -(scores.logSoftmax(axis: 1) * images.constant(ones, [6, 3])).sum() / 6
      }.values[0]
    }
    let made = try problem.implicit(training).adaptAndSolve(
      train: task.train, validate: task.validate, from: problem.lowerModel.values,
      try #require(try training.lowerOptimizer() as? NewtonCG))
    #expect(relative(made.report.upperLoss, try loss(values)) < 1e-10)
    // The strength and the scale are the last two; of the network, those that matter most.
    let order = values.indices.sorted {
      abs(made.hypergradient[$0]) > abs(made.hypergradient[$1])
    }
    for index in order.prefix(20) + [values.count - 2, values.count - 1] {
      let slopes = try [1e-4, -1e-4].map { step in
        var moved = values
        moved[index] += step
        return try loss(moved)
      }
      let slope = (slopes[0] - slopes[1]) / 2e-4
      #expect(abs(slope - made.hypergradient[index]) < 1e-6 * norm(made.hypergradient), "\(index)")
    }
  }

  @Test func aStartMayBeLearnt() throws {
    let problem = try problem { ($0.learnsStart, $0.head, $0.l2) = (true, .dense, 0) }
    #expect(problem.start == .formula)
    // Two layers of 6 units on 8x16 pixels, and the start; neither strength nor scale.
    #expect(problem.upperModel.count == 128 * 6 + 6 + 6 * 6 + 6 + 7 * 3)
    #expect(problem.upperModel.parameters.last?.name == "start")
    let error = #expect(throws: SettingError.self) { try problem.lowerOptimizer(training) }
    #expect(error?.message.contains("set method=unrolled") == true)
    let own = try self.problem { $0.head = .dense }
    #expect(own.start == .lowerModel && own.upperModel.parameters.last?.name == "log-l2")
  }

  /// Of features that the upper model makes with the values that it has when it is asked.
  @Test func heldOutTasksAreSeenThroughTheUpperModel() throws {
    let problem = try problem()
    let heldOut = try #require(problem.heldOut)
    let task = try heldOut.task(0)
    let inputs = try heldOut.inputs(task)
    #expect(inputs.shape == [6, 7])
    #expect(stride(from: 6, to: 42, by: 7).allSatisfy { abs(inputs.values[$0] - 10) < 1e-5 })
    // A bias: the first weight's pixel is dark in all images.
    problem.upperModel.values[128 * 6] += 1
    #expect(try heldOut.inputs(task) != inputs)
  }

  @Test func resultsCompareFeatures() throws {
    let problem = try problem()
    let training = Adaptation(
      try problem.implicit(Representation.defaults),
      try Representation.defaults.lowerOptimizer(), from: problem.start)
    let before = problem.upperModel.values
    problem.upperModel.values[128 * 6] += 0.5
    let learnt = problem.upperModel.values
    let table = try #require(try problem.results(training).first)
    #expect(problem.upperModel.values == learnt && before != learnt)
    #expect(table.rows.map(\.count) == [3, 3, 3])
    let accuracies = table.rows.compactMap { Double($0[1]) }
    // Of three classes.
    #expect(accuracies.count == 3 && accuracies.allSatisfy { $0 > 0.5 && $0 <= 1 }, "\(table)")
    guard case .images(let figure)? = try problem.illustrations(training).first else {
      Issue.record("there is no figure")
      return
    }
    #expect(figure.groups.map(\.cells.count) == [6, 6])
    #expect(figure.groups.flatMap(\.cells).allSatisfy { $0.pixels.count == 128 && $0.width == 16 })
  }

  @Test func aRidgeHeadNeedsAStrength() {
    let error = #expect(throws: SettingError.self) { try problem { $0.l2 = 0 } }
    #expect(error?.message.contains("l2=0") == true)
  }
}
