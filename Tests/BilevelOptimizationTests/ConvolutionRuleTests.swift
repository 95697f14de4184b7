import BilevelOptimization
import Models
import Tensors
import TestSupport
import Testing

@Suite struct ConvolutionRuleTests {
  private func images(_ seed: UInt64) throws -> Examples {
    func array(_ seed: UInt64) throws -> DataArray {
      try DataArray([4, 12, 12, 16], numbers(4 * 12 * 12 * 16, seed: seed))
    }
    return Examples(data: try array(seed), target: try array(seed + 1))
  }

  private func hypergradient(
    _ precision: Precision, _ convolutions: ConvolutionRule = .transformed
  ) throws -> [Double] {
    func output(_ w: [Tensor], _ x: Tensor) -> Tensor {
      tanh(x.convolved(with: w[0])).convolved(with: w[1])
    }
    let implicit = try Implicit(
      upperObjective: { squaredError(output($0.lowerModel, $0.data), $0.target) },
      upperModel: Model { $0("strengths", [2], .constant(-2)) },
      lowerObjective: {
        let w = $0.lowerModel
        return squaredError(output(w, $0.data), $0.target)
          + (exp($0.upperModel) * Tensor.stacked(w.map { squaredNorm($0) })).sum()
      },
      lowerModel: Model(seed: 3) { p in
        ["first", "second"].map { p($0, [3, 3, 16, 16], .heNormal) }
      }, lowerLearningRate: 0.1, k: 4, method: .linearSystem, precision: precision,
      convolutions: convolutions)
    _ = try implicit.computeGradients(
      validate: images(1), auxiliaryModel: AuxiliaryModel(values: implicit.lowerModel.values),
      train: images(5))
    return implicit.upperModel.gradients
  }

  /// Direct ones are nearer to double precision than transformed ones, which are near, too.
  @Test func directOnesRoundLess() throws {
    let double = try hypergradient(.double)
    let transformed = relativeDistance(try hypergradient(.single), double)
    let direct = relativeDistance(try hypergradient(.single, .direct), double)
    #expect(direct < transformed && transformed < 1e-4, "\(direct), \(transformed)")
  }
}
