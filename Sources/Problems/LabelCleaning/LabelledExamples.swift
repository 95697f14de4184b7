import DataFiles
import Tensors

/// Examples whose labels are to be cleaned: grey images, or rows of a table.
package enum LabelledExamples: Sendable {
  case images(LabelledImages)
  case rows(LabelledRows)

  /// Numbers of an example.
  var inputCount: Int {
    switch self {
    case .images(let images): images.pixelCount
    case .rows(let rows): rows.table.inputs.count
    }
  }

  /// Each example's class.
  package var labels: [Int] {
    switch self {
    case .images(let images): images.labels
    case .rows(let rows): rows.labels
    }
  }

  /// What the classes are called.
  var classNames: [String] {
    switch self {
    case .images(let images): (0..<images.classCount).map(String.init)
    case .rows(let rows): rows.classNames
    }
  }

  /// Checksums of the files.
  var checksums: [DataChecksum] {
    switch self {
    case .images(let images): images.checksums
    case .rows(let rows): rows.checksums
    }
  }

  /// Some examples as one array `[count, inputs]`.
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  func inputs(_ indices: [Int]) throws -> DataArray {
    switch self {
    case .images(let images): try images.images(indices)
    case .rows(let rows): try rows.inputs(indices)
    }
  }

  /// Where an example is in the user's file, from 0.
  func place(of index: Int) -> Int {
    switch self {
    case .images: index
    case .rows(let rows): rows.table.rows[index]
    }
  }

  /// The examples, in the standard of those that train.
  func standardised(by training: [Int]) -> LabelledExamples {
    switch self {
    case .images: self
    case .rows(let rows): .rows(rows.standardised(by: training))
    }
  }
}
