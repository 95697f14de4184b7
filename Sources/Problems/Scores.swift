import Foundation
import Tensors

/// Scores of predictions against targets, in double precision.
public enum Scores {
  /// Accuracy, and the mean cross-entropy, of logits `[n, classes]` against class numbers `[n]`. Where several classes
  /// are predicted alike, the first counts.
  ///
  /// - Throws: `TensorError` for a label that is none of the classes, or no examples at all.
  public static func classification(
    _ logits: DataArray, _ labels: DataArray
  ) throws(TensorError) -> [Double] {
    try requireExamples(labels)
    let values = logits.values
    let classes = values.count / labels.values.count
    let labels = try labels.values.map { label throws(TensorError) in
      guard let number = Int(exactly: label), 0..<classes ~= number else {
        throw TensorError(
          .range, "label \(label) is none of \(classes) classes; number classes from 0")
      }
      return number
    }
    // Where no score is a number, no class is found.
    let right = labels.enumerated().count { row, label in
      let own = Array(values[row * classes..<(row + 1) * classes])
      return own.firstIndex(of: own.max() ?? 0) == label
    }
    let loss = crossEntropies(logits, labels).reduce(0, +)
    return [Double(right) / Double(labels.count), loss / Double(labels.count)]
  }

  /// The cross-entropy of each row of logits `[n, classes]` against its class.
  static func crossEntropies(_ logits: DataArray, _ labels: [Int]) -> [Double] {
    let values = logits.values
    let classes = values.count / max(labels.count, 1)
    return labels.enumerated().map { row, label in
      let own = Array(values[row * classes..<(row + 1) * classes])
      let largest = own.max() ?? 0
      return largest + log(own.reduce(0) { $0 + exp($1 - largest) }) - own[label]
    }
  }

  /// The classes that logits `[n, classes]` predict: of several with the largest, the first.
  static func classes(of logits: DataArray) -> [Int] {
    let (values, classes) = (logits.values, logits.shape[1])
    return (0..<logits.shape[0]).map { row in
      let own = values[row * classes..<(row + 1) * classes]
      return (own.firstIndex(of: own.max() ?? 0) ?? own.startIndex) - own.startIndex
    }
  }

  /// The mean squared error.
  ///
  /// - Throws: `TensorError` where there are no examples.
  public static func regression(
    _ prediction: DataArray, _ target: DataArray
  ) throws(TensorError) -> [Double] {
    try requireExamples(target)
    let squares = zip(prediction.values, target.values).map { ($0 - $1) * ($0 - $1) }
    return [squares.reduce(0, +) / Double(squares.count)]
  }

  private static func requireExamples(_ target: DataArray) throws(TensorError) {
    if target.shape.count == 0 {
      throw TensorError(.shape, "there are no examples to score; give at least one")
    }
  }
}
