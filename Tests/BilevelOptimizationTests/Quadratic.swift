import BilevelOptimization
import Models
import Tensors
import Testing

/// f = 0.5 w'Hw - w'Pu and F = s (0.5 ||w - t||^2 + 0.5 rho ||u||^2), at a point w and an upper point u:
/// g = s (w - t), d = s rho u, C = -P'.
struct Quadratic {
  var hessian: Matrix
  var coupling: Matrix
  var target: [Double]
  var penalty = 0.0
  /// What F is multiplied by.
  var scale = 1.0
  var point: [Double]
  var upper: [Double]

  /// The two-dimensional reference problem.
  static let reference = Quadratic(
    hessian: Matrix([[2, 0.5], [0.5, 1]]), coupling: Matrix([[1, 2], [0, -1]]), target: [1, -1],
    penalty: 0.1, point: [0.5, 0.25], upper: [0.3, -0.2])

  /// A problem whose hypergradient is what solving H v = g gives.
  static func system(_ hessian: Matrix, _ g: [Double]) -> Quadratic {
    let zeros = g.map { _ in 0.0 }
    return Quadratic(
      hessian: hessian, coupling: .identity(g.count), target: g.map { -$0 }, point: zeros,
      upper: zeros)
  }

  var g: [Double] { sum(point, target, times: -1).map { scale * $0 } }
  var direct: [Double] { upper.map { scale * (penalty * $0) } }

  /// d - C v
  func hypergradient(_ v: [Double]) -> [Double] { sum(direct, coupling.transposed * v) }

  /// The gradient of f.
  func lowerGradient(_ w: [Double]) -> [Double] {
    sum(hessian * w, coupling * upper, times: -1)
  }

  var train: Examples {
    Examples(data: array(hessian), target: array(coupling))
  }

  var validate: Examples {
    Examples(data: DataArray(target), target: DataArray([penalty]))
  }

  private func array(_ matrix: Matrix) -> DataArray {
    try! DataArray([matrix.rows, matrix.columns], matrix.values)
  }

  func implicit(
    _ method: ImplicitMethod = .linearSystem, k: Int, rate: Double = 0.1,
    tolerance: Double = 1e-10, relativeTolerance: Double = 1e-10, damping: Double = 0,
    policy: NegativeCurvaturePolicy = .report, checksResidual: Bool = false,
    precision: Precision = .double, kernels: KernelSet? = nil
  ) throws -> Implicit<Tensor, Tensor> {
    let (n, m, scale) = (point.count, self.upper.count, scale)
    let upper = try Model { $0("u", [m]) }
    upper.values = self.upper
    return try Implicit(
      upperObjective: {
        scale
          * (0.5 * squaredDistance($0.lowerModel, $0.data)
            + (0.5 * $0.target * squaredNorm($0.upperModel)).sum())
      }, upperModel: upper,
      lowerObjective: {
        let row = $0.lowerModel.reshaped([1, n])
        return 0.5 * (matmul(row, $0.data) * row).sum()
          - (matmul(row, $0.target) * $0.upperModel).sum()
      }, lowerModel: try Model { $0("w", [n]) }, lowerLearningRate: rate, k: k, method: method,
      tolerance: tolerance, relativeTolerance: relativeTolerance, damping: damping,
      negativeCurvature: policy, checksResidual: checksResidual, precision: precision,
      kernels: kernels)
  }

  /// The hypergradient at the point, and how it came about.
  func solve(
    _ method: ImplicitMethod = .linearSystem, k: Int, rate: Double = 0.1,
    tolerance: Double = 1e-10, relativeTolerance: Double = 1e-10, damping: Double = 0,
    policy: NegativeCurvaturePolicy = .report, checksResidual: Bool = false,
    precision: Precision = .double, kernels: KernelSet? = nil
  ) throws -> (v: [Double], report: HypergradientReport) {
    let implicit = try implicit(
      method, k: k, rate: rate, tolerance: tolerance, relativeTolerance: relativeTolerance,
      damping: damping, policy: policy, checksResidual: checksResidual, precision: precision,
      kernels: kernels)
    let report = try implicit.computeGradients(
      validate: validate, auxiliaryModel: AuxiliaryModel(values: point), train: train)
    return (implicit.upperModel.gradients, report)
  }
}

/// An arithmetic to test in, and how close it must come.
struct Arithmetic: CustomTestStringConvertible {
  let precision: Precision
  let kernels: KernelSet

  static let all = Precision.allCases.flatMap { precision in
    KernelSet.available.map { Arithmetic(precision: precision, kernels: $0) }
  }

  var tolerance: Double { precision == .double ? 1e-9 : 1e-3 }
  var testDescription: String { "\(precision.rawValue) \(kernels.rawValue)" }
}
