import Tensors

extension ExampleTable.Targets {
  /// How many there are.
  var count: Int {
    switch self {
    case .classes(let classes, _): classes.count
    case .numbers(let numbers): numbers.count
    }
  }

  /// Whether they are classes.
  var isClassification: Bool {
    if case .classes = self { true } else { false }
  }

  /// The class of each; nil where they have none.
  var classes: [Int]? {
    if case .classes(let classes, _) = self { classes } else { nil }
  }

  /// What classes are called; none where there are none.
  var classNames: [String] {
    if case .classes(_, let names) = self { names } else { [] }
  }

  /// Outputs of a model of them: classes, or 1.
  var outputs: Int {
    switch self {
    case .classes(_, let names): names.count
    case .numbers: 1
    }
  }

  /// The standard that some of them set; nil for classes.
  func standard(_ indices: [Int]) -> Standardisation? {
    if case .numbers(let numbers) = self {
      Standardisation(indices.map { numbers[$0] })
    } else {
      nil
    }
  }

  /// Some of them as an objective takes them: numbers of classes `[n]`, or standardised quantities `[n, 1]`.
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  func array(_ indices: [Int], _ standard: Standardisation?) throws -> DataArray {
    switch self {
    case .classes(let classes, _): DataArray(indices: indices.map { classes[$0] })
    case .numbers(let numbers):
      try DataArray([indices.count, 1], indices.map { standard?(numbers[$0]) ?? 0 })
    }
  }

  /// Minus the slopes of each example's loss in the outputs of a model that predicts the mean alone, up to what is the same in
  /// all examples: a row an output.
  func signals(_ indices: [Int], _ standard: Standardisation?) -> [[Double]] {
    switch self {
    case .classes(let classes, let names):
      names.indices.map { name in indices.map { classes[$0] == name ? 1 : 0 } }
    case .numbers(let numbers): [indices.map { 2 * (standard?(numbers[$0]) ?? 0) }]
    }
  }

  /// Scores of predictions: accuracy and cross-entropy, or the squared error.
  func scores(_ prediction: DataArray, _ targets: DataArray) throws(TensorError) -> [Double] {
    isClassification
      ? try Scores.classification(prediction, targets) : try Scores.regression(prediction, targets)
  }

  /// What these are called.
  var measures: [String] { isClassification ? ["accuracy", "cross-entropy"] : ["squared error"] }

  /// The mean loss of predictions.
  func loss(_ prediction: Tensor, _ target: Tensor) -> Tensor {
    isClassification ? crossEntropy(prediction, target) : squaredError(prediction, target)
  }
}
