import Foundation
import Tensors

/// Predictions as tables, a row each.
enum Predictions {
  /// Classes, and the probabilities of all of them, of logits `[n, classes]`.
  static func classes(_ logits: DataArray, named names: [String]) -> ResultTable {
    let values = logits.values
    let rows = Scores.classes(of: logits).enumerated().map { row, predicted in
      let own = values[row * names.count..<(row + 1) * names.count]
      let largest = own.max() ?? 0
      let total = own.reduce(0) { $0 + exp($1 - largest) }
      return ["\(row)", names[predicted]]
        + own.map { String(format: "%.6g", exp($0 - largest) / total) }
    }
    return ResultTable(
      "Predictions", columns: ["row", "prediction"] + names.map { "P(\($0))" }, rows: rows)
  }

  /// Numbers.
  static func numbers(_ numbers: [Double]) -> ResultTable {
    ResultTable(
      "Predictions", columns: ["row", "prediction"],
      rows: numbers.enumerated().map { ["\($0)", "\($1)"] })
  }
}
