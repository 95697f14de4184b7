import BilevelOptimization
import Models
import Tensors

/// Both solves of H v = g on a quadratic, f = w'Hw / 2 - w'u and F = ||w - t||^2 / 2, whose hypergradient is v.
enum SolverChecks {
  static let all = [
    Check("LS against a dense solve", .alone(linearSystem)),
    Check("NS against its closed form", .alone(neumannSeries)),
  ]

  private static let size = 24

  @Sendable private static func linearSystem() throws -> Check.Figure {
    // Eigenvalues from 1 up.
    let factor = Vectors.drawn(size * size, seed: 21)
    var hessian = [Double](repeating: 0, count: size * size)
    for row in 0..<size {
      for column in 0..<size {
        let product = (0..<size).reduce(0) { sum, index in
          sum + factor[row * size + index] * factor[column * size + index]
        }
        hessian[row * size + column] = product / Double(size) + (row == column ? 1 : 0)
      }
    }
    let (found, g) = try solution(hessian, .linearSystem, k: 2 * size)
    return Check.Figure(
      Vectors.relativeError(found, dense(hessian, g)), atMost: 1e-10)
  }

  /// On a diagonal H: v = (1 - (1 - a h)^(k + 1)) / h * g.
  @Sendable private static func neumannSeries() throws -> Check.Figure {
    let (rate, k) = (0.1, 15)
    let diagonal = (0..<size).map { 0.5 + Double($0) / 4 }
    var hessian = [Double](repeating: 0, count: size * size)
    for index in 0..<size { hessian[index * size + index] = diagonal[index] }
    let (found, g) = try solution(hessian, .neumannSeries, rate: rate, k: k)
    let wanted = zip(diagonal, g).map { h, g in
      let factor = (0...k).reduce(1.0) { power, _ in power * (1 - rate * h) }
      return (1 - factor) / h * g
    }
    return Check.Figure(Vectors.relativeError(found, wanted), atMost: 1e-13)
  }

  private static func solution(
    _ hessian: [Double], _ method: ImplicitMethod, rate: Double = 0.1, k: Int
  ) throws -> (v: [Double], g: [Double]) {
    let (size, target) = (size, Vectors.drawn(size, seed: 22))
    let implicit = try Implicit(
      upperObjective: { 0.5 * squaredDistance($0.lowerModel, $0.data) },
      upperModel: Model { $0("u", [size]) },
      lowerObjective: {
        let row = $0.lowerModel.reshaped([1, size])
        return 0.5 * (matmul(row, $0.data) * row).sum() - ($0.lowerModel * $0.upperModel).sum()
      }, lowerModel: Model { $0("w", [size]) }, lowerLearningRate: rate, k: k, method: method,
      tolerance: 1e-14, precision: .double)
    let point = Vectors.drawn(size, seed: 23)
    try implicit.computeGradients(
      validate: Examples(data: DataArray(target), target: .empty),
      auxiliaryModel: AuxiliaryModel(values: point),
      train: Examples(data: try DataArray([size, size], hessian), target: .empty))
    return (implicit.upperModel.gradients, Vectors.sum(point, target, times: -1))
  }

  /// Gaussian elimination, without pivots: the matrix is positive definite.
  private static func dense(_ matrix: [Double], _ right: [Double]) -> [Double] {
    let size = right.count
    var (a, x) = (matrix, right)
    for pivot in 0..<size {
      for row in pivot + 1..<max(size, pivot + 1) {
        let factor = a[row * size + pivot] / a[pivot * size + pivot]
        for column in pivot..<size { a[row * size + column] -= factor * a[pivot * size + column] }
        x[row] -= factor * x[pivot]
      }
    }
    for row in (0..<size).reversed() {
      for column in row + 1..<max(size, row + 1) { x[row] -= a[row * size + column] * x[column] }
      x[row] /= a[row * size + row]
    }
    return x
  }
}
