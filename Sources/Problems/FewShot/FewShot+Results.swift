import BilevelOptimization
import Foundation
import Models

extension FewShot {
  /// The learnt factors of lower rates, where there are some.
  ///
  /// - Throws: `TensorError`.
  public func results(_ training: Adaptation<Sequential, Sequential>) throws -> [ResultTable] {
    guard settings.rates > 0 else { return [] }
    let factors = try upperModel.values(of: Self.rates)
    let layers = settings.layerRates ? lowerModel.parameters.layers.map(\.name) : ["all layers"]
    return [
      ResultTable(
        "Learnt factors of lower rates, by lower step",
        columns: [""] + (1...settings.rates).map { settings.rates == 1 ? "all" : "\($0)" },
        rows: layers.enumerated().map { part, name in
          [name]
            + (0..<settings.rates).map {
              String(format: "%.3f", factors[$0 * layers.count + part])
            }
        })
    ]
  }
}
