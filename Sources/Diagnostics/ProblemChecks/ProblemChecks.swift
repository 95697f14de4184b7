import BilevelOptimization
import Problems
import Tensors
import Training

/// A problem's own derivatives, on its own data, against differences.
struct ProblemChecks<P: Problem>: Sendable {
  let run: ProblemRun<P>

  var all: [Check] {
    [
      Check("task data depend on step and index alone", .alone(data)),
      Check("objectives traced again have the same values", .alone(values)),
      Check(
        "lower gradient against differences",
        .alone(derivative(ofMinimum: true, unless: \.lower.byLower, lowerGradient))),
      Check(
        "Hessian product against differences",
        .alone(derivative(ofMinimum: true, unless: \.lower.byLower, hessianProduct))),
      Check(
        "<Hx, y> = <x, Hy>", .alone(derivative(ofMinimum: true, unless: \.lower.byLower, symmetry))),
      Check(
        "mixed product against differences",
        .alone(derivative(unless: \.lower.byUpper, mixedProduct))),
      Check(
        "upper gradient in the lower parameters",
        .alone(derivative(unless: \.upper.byLower, upperGradientInLower))),
      Check(
        "upper gradient in the upper parameters",
        .alone(derivative(unless: \.upper.byUpper, upperGradientInUpper))),
      Check("single precision against double", .alone(singlePrecision)),
      Check(
        "hypergradient against re-adaptation",
        .alone(
          derivative(
            ofMinimum: true, unless: { $0.lower.isAny || $0.upper.isAny }, hypergradient))),
    ]
  }

  private typealias Stopped = (lower: StoppedGradients, upper: StoppedGradients)

  /// A check of derivatives at the problem's point. Fixed points have not an objective with a symmetric Hessian, and where
  /// objectives stop gradients, differences see through that.
  private func derivative(
    ofMinimum isOfMinimum: Bool = false, unless isStopped: @escaping @Sendable (Stopped) -> Bool,
    _ check: @escaping @Sendable (ProblemPoint<P>) throws -> Check.Figure
  ) -> @Sendable () throws -> Check.Figure {
    {
      let point = try point()
      if isOfMinimum, point.problem.lowerLevel != .minimum {
        return .skipped("the lower level is a fixed point: it has no objective")
      }
      let stopped = try point.traced { try $0.stopped((point.task.train, point.task.validate)) }
      return isStopped(stopped)
        ? .skipped("the objective stops gradients (detach), and differences see through that")
        : try check(point)
    }
  }

  private func point() throws -> ProblemPoint<P> { try ProblemPoint<P>(run) }

  /// Asked twice, and asked of a second problem that was made in the same way.
  @Sendable private func data() throws -> Check.Figure {
    let (first, second) = (try point(), try point())
    let again = [try first.problem.task(0, step: 0), second.task]
    return Check.Figure(Double(again.count { $0 != first.task }), atMost: 0)
  }

  @Sendable private func values() throws -> Check.Figure {
    let point = try point()
    func values() throws -> [Double] {
      try point.traced {
        [
          try $0.linearised(train: point.task.train, at: point.lower).loss,
          try $0.upperDerivatives(validate: point.task.validate, at: point.lower).loss,
        ]
      }
    }
    let first = try values()
    guard first.allSatisfy(\.isFinite) else {
      throw CheckFailure(message: "the objectives are \(first) near the start of the adaptation")
    }
    let differences = try (0..<3).map { _ in Vectors.differences(try values(), first) }
    return Check.Figure(Double(differences.max() ?? 0), atMost: 0)
  }

  @Sendable private func lowerGradient(_ point: ProblemPoint<P>) throws -> Check.Figure {
    let gradient = try point.lowerGradient()
    return try figure(gradient, at: point.lower) { moved in
      try point.traced(lower: moved) {
        try $0.linearised(train: point.task.train, at: moved).loss
      }
    }
  }

  @Sendable private func upperGradientInLower(_ point: ProblemPoint<P>) throws -> Check.Figure {
    let gradient = try point.upperDerivatives().lower
    return try figure(gradient, at: point.lower) { try point.upperDerivatives(lower: $0).loss }
  }

  @Sendable private func upperGradientInUpper(_ point: ProblemPoint<P>) throws -> Check.Figure {
    let gradient = try point.upperDerivatives().upper
    return try figure(gradient, at: point.upper) { try point.upperDerivatives(upper: $0).loss }
  }

  /// A gradient along some directions.
  private func figure(
    _ gradient: [Double], at point: [Double], _ loss: ([Double]) throws -> Double
  ) rethrows -> Check.Figure {
    let size = Vectors.norm(gradient)
    let lines = try ProblemPoint<P>.directions(point.count, along: gradient).map { direction in
      try Differences(of: [Vectors.dot(gradient, direction)], floor: size / 8) {
        [try loss(Vectors.sum(point, direction, times: $0))]
      }
    }
    return .worst(of: lines, atMost: 1e-6)
  }

  @Sendable private func hessianProduct(_ point: ProblemPoint<P>) throws -> Check.Figure {
    let gradient = try point.lowerGradient()
    let lines = try ProblemPoint<P>.directions(gradient.count, along: gradient).map { direction in
      let product = try point.traced {
        try $0.lowerDerivatives(train: point.task.train, at: point.lower, along: direction).product
      }
      return try Differences(of: product, floor: 1e-6 * Vectors.norm(gradient)) {
        try point.lowerGradient(lower: Vectors.sum(point.lower, direction, times: $0))
      }
    }
    return .worst(of: lines, atMost: 1e-5)
  }

  @Sendable private func symmetry(_ point: ProblemPoint<P>) throws -> Check.Figure {
    let (x, y) = (
      Vectors.drawn(point.lower.count, seed: 11), Vectors.drawn(point.lower.count, seed: 12)
    )
    return try point.traced { implicit in
      let (_, _, product) = try implicit.linearised(train: point.task.train, at: point.lower)
      let (hx, hy) = (product(x), product(y))
      let difference = abs(Vectors.dot(hx, y) - Vectors.dot(x, hy))
      let size = Vectors.norm(x) * Vectors.norm(hy) + Vectors.norm(hx) * Vectors.norm(y)
      return Check.Figure(difference == 0 ? 0 : difference / size, atMost: 1e-12)
    }
  }

  /// Along upper directions z: the derivative of v'df/dw is z'C v.
  @Sendable private func mixedProduct(_ point: ProblemPoint<P>) throws -> Check.Figure {
    let v = Vectors.drawn(point.lower.count, seed: 14)
    let product = try point.traced {
      try $0.mixedProduct(train: point.task.train, at: point.lower, along: v)
    }
    let least = 1e-6 * Vectors.norm(try point.lowerGradient()) * Vectors.norm(v)
    let floor = max(Vectors.norm(product) / 8, least)
    let lines = try ProblemPoint<P>.directions(product.count, along: product).map { direction in
      try Differences(of: [Vectors.dot(product, direction)], floor: floor) {
        let moved = Vectors.sum(point.upper, direction, times: $0)
        return [Vectors.dot(try point.lowerGradient(upper: moved), v)]
      }
    }
    return .worst(of: lines, atMost: 1e-5)
  }

  /// The gradient and a Hessian product in the precision that training uses.
  @Sendable private func singlePrecision() throws -> Check.Figure {
    guard run.training.precision == .single else {
      return .skipped("training is in double precision")
    }
    let point = try point()
    let x = Vectors.drawn(point.lower.count, seed: 15)
    func derivatives(_ precision: Precision) throws -> [[Double]] {
      var settings = point.settings
      settings.precision = precision
      let (_, gradient, product) = try point.problem.implicit(settings)
        .lowerDerivatives(train: point.task.train, at: point.lower, along: x)
      return [gradient, product]
    }
    let errors = zip(try derivatives(.single), try derivatives(.double)).map { found, wanted in
      found == wanted ? 0 : Vectors.relativeError(found, wanted)
    }
    return Check.Figure(errors.reduce(0) { $1 > $0 || $1.isNaN ? $1 : $0 }, atMost: 1e-3)
  }

  /// Along upper directions z, the whole map u -> F(w*(u), u), with w* adapted anew at each point.
  @Sendable private func hypergradient(_ point: ProblemPoint<P>) throws -> Check.Figure {
    do {
      return try hypergradientAtAMinimum(point)
    } catch let error as HypergradientError
      where error.code == .noDependence && point.problem.start != .lowerModel
    {
      return .skipped("upper parameters act through the start alone: minima know nothing of it")
    }
  }

  private func hypergradientAtAMinimum(_ point: ProblemPoint<P>) throws -> Check.Figure {
    let adaptation = try ConvergedAdaptation(point)
    let lower = adaptation.lower
    let right = Vectors.norm(try point.upperDerivatives(lower: lower).lower)
    let (gradient, report) = try point.traced(
      lower: lower, tolerance: 1e-12 * right, damping: adaptation.damping
    ) { implicit in
      implicit.upperModel.clearGradients()
      let report = try implicit.computeGradients(
        validate: point.task.validate, auxiliaryModel: AuxiliaryModel(values: lower),
        train: point.task.train
      ).solve
      return (implicit.upperModel.gradients, report)
    }
    guard report.residual <= 1e-9 * report.initialResidual else {
      return .skipped(
        "the linear system is too ill-conditioned to be solved in \(report.steps) steps")
    }
    let floor = Vectors.norm(gradient) / 8
    let lines = try ProblemPoint<P>.directions(gradient.count, along: gradient).map { direction in
      try Differences(of: [Vectors.dot(gradient, direction)], floor: floor) { step in
        let moved = Vectors.sum(point.upper, direction, times: step)
        guard let lower = step == 0 ? lower : try adaptation.again(upper: moved) else {
          return [.nan]
        }
        return [try point.upperDerivatives(upper: moved, lower: lower).loss]
      }
    }
    let note = "with damping, because the lower objective has no minimum near"
    return .worst(of: lines, atMost: 1e-4, note: adaptation.damping > 0 ? note : nil)
  }
}
