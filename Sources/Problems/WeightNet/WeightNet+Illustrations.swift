import BilevelOptimization
import Models
import Tensors

extension WeightNet {
  /// The learnt weight by the loss, and where training examples lie on it; nothing where classes alone weigh.
  ///
  /// - Throws: What adaptation and predictions throw: `HypergradientError`, `TensorError`.
  public func illustrations(
    _ training: Adaptation<ExampleWeights, Sequential>
  ) throws -> [Illustration] {
    guard settings.weights != .classes else { return [] }
    let examples = try weights(at: lower(training))
    let largest = max(examples.map(\.loss).max() ?? 1, 1)
    let grid = (0...Self.gridSteps).map { largest * Double($0) / Double(Self.gridSteps) }
    let classes = [Int](repeating: 0, count: grid.count)
    let scale =
      examples[0].weight / (try weights([examples[0].loss], [corrupted.givenLabels[0]])[0])
    let curve = zip(grid, try weights(grid, classes)).map { CurveFigure.Point($0, $1 * scale) }
    let own = settings.weights == .loss ? "weight" : "weight of class \(classNames[0])"
    var series = [CurveFigure.Series(own, curve, isLine: true)]
    let isWrong = zip(corrupted.givenLabels, corrupted.rightLabels).map { $0 != $1 }
    if corrupted.isTruthKnown {
      series += [
        dots("right labels", examples.indices.filter { !isWrong[$0] }.map { examples[$0] }),
        dots("wrong labels", examples.indices.filter { isWrong[$0] }.map { examples[$0] }),
      ]
    } else {
      series.append(dots("training examples", examples))
    }
    return [
      .curves(
        CurveFigure(
          "The learnt weight of an example",
          caption:
            "By its loss, at the lower model that was trained along with the weights, whose mean "
            + "is 1.",
          panels: [.init("weight", series)], horizontal: "loss"))
    ]
  }

  private var classNames: [String] { corrupted.examples.classNames }

  /// Every so many examples: a page is not to be of all.
  private func dots(_ name: String, _ examples: [Weight]) -> CurveFigure.Series {
    let sorted = examples.sorted { $0.loss < $1.loss }
    let stride = max(sorted.count / Self.mostDots, 1)
    let shown = Swift.stride(from: 0, to: sorted.count, by: stride).map { sorted[$0] }
    return .init(name, shown.map { CurveFigure.Point($0.loss, $0.weight) }, isLine: false)
  }

  private static var gridSteps: Int { 100 }
  private static var mostDots: Int { 100 }
}
