import BilevelOptimization
import Foundation
import Models
import Tensors
import TestSupport
import Testing

/// Reference hypergradients, computed in double precision by another library's automatic differentiation:
/// `hypergradients.json`, which is not part of the package. Tests that need it are skipped where it is missing, unless
/// `CI` is set.
struct Fixture: Decodable {
  struct Named: Decodable {
    let shape: [Int]
    let values: [Double]
  }

  struct Hypergradient: Decodable {
    let hypergradient: [[Double]]
    let residual_norm: Double?
    let last_term_norm: Double?
  }

  struct LowerSteps: Decodable {
    let loss_before_each: [Double]
    let w: [[Double]]
  }

  struct Expected: Decodable {
    let lower_loss: Double
    let upper_loss: Double
    let lower_gradient: [[Double]]
    let upper_gradient_w: [[Double]]
    let direct: [[Double]]
    let hvp_of_cos_i: [[Double]]
    let LS: [String: Hypergradient]
    let NS: [String: Hypergradient]
    let LS_curvature: [Double]
    let five_lower_steps: LowerSteps
  }

  struct Case: Decodable {
    let w: [String: Named]
    let u: [String: Named]
    let start_of_five_steps: String
    let data: [String: Named]
    let expected: Expected
  }

  let lower_learning_rate: Double
  let cases: [String: Case]

  static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/fixtures/hypergradients.json")

  /// Whether the file is there; in CI it must be.
  static let isAvailable: Bool =
    FileManager.default.fileExists(atPath: file.path)
    || ProcessInfo.processInfo.environment["CI"] != nil

  static func load() throws -> Fixture {
    try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  }
}

/// A fixture's case as a problem of this library. The fixture has images as [n, channels, height, width] and convolution
/// weights as [out, in, height, width]; here they are [n, height, width, channels] and [height, width, in, out].
struct FixtureProblem {
  typealias Network = Sequential

  let content: Fixture.Case
  let implicit: (ImplicitMethod, Int, Precision, KernelSet) throws -> AnyImplicit
  /// The lower parameters of the point, and of the start of the five steps.
  let point: [Double]
  let start: [Double]
  let train: Examples
  let validate: Examples
  /// From the fixture's lists of one parameter each to a flat vector of the upper, and the lower, model.
  let flattenUpper: ([[Double]]) -> [Double]
  let flattenLower: ([[Double]]) -> [Double]
}

/// `Implicit` with its model types hidden.
struct AnyImplicit {
  let compute: (Examples, AuxiliaryModel, Examples) throws -> HypergradientReport
  let adapt: (any LowerOptimizer, Examples, [Double]) throws -> AuxiliaryModel
  let gradients: () -> [Double]
  let clear: () -> Void
  let derivatives:
    (Examples, [Double], [Double]) throws -> (loss: Double, gradient: [Double], product: [Double])

  init<Upper, Lower>(_ implicit: Implicit<Upper, Lower>) {
    compute = { try implicit.computeGradients(validate: $0, auxiliaryModel: $1, train: $2) }
    adapt = { try $0.adapt(implicit, train: $1, from: $2, recordsLosses: true) }
    gradients = { implicit.upperModel.gradients }
    clear = { implicit.upperModel.clearGradients() }
    derivatives = { try implicit.lowerDerivatives(train: $0, at: $1, along: $2) }
  }
}
