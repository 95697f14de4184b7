import Foundation
import Tensors
import TestSupport
import Testing

/// Shapes that do not fit, of every function: the error names the function, the shapes and the caller's line.
@Suite struct ShapeErrorTests {
  /// What takes one tensor and numbers, and so any shape: `elu(_ x: Tensor, alpha: Double = 1, file: ...)`.
  private static func takingAny(in source: String) -> [String] {
    source.matches(
      of:
        #/
        public\ func\ (\w+) \( \s*
        (_\ x:\ Tensor,)?
        ((\s* \w+ (?:\ \w+)? :\ \[?Double\]?\?? (?:\ =\ -?[\w.]+)?,)*)
        \s* file:
        /#
    ).filter { $0.output.2 != nil || !$0.output.3.isEmpty }.map { String($0.output.1) }
  }

  /// Makes a tensor of a shape in the trace at hand.
  private typealias Made = (Shape) -> Tensor

  /// The function's name, what its error says of the shapes, and a call that does not fit. Numbers of classes and rows are
  /// data.
  private static let cases: [(name: String, words: [String], call: @Sendable (Made) -> Tensor)] = [
    // Elements.
    ("maximum", ["[5, 3]", "[4]"], { maximum($0([5, 3]), $0([4])) }),
    ("minimum", ["[5, 3]", "[4]"], { minimum($0([5, 3]), $0([4])) }),
    ("pow", ["[5, 3]", "[4]"], { pow($0([5, 3]), $0([4])) }),
    ("xlogy", ["[5, 3]", "[4]"], { xlogy($0([5, 3]), $0([4])) }),
    ("where", ["[5, 3]", "[4]"], { $0([5, 3]).where($0([5, 3]), else: $0([4])) }),
    ("parametricRelu", ["[5, 3]", "[4]"], { parametricRelu($0([5, 3]), slope: $0([4])) }),
    // Axes.
    ("sum", ["[5, 3]", "2"], { $0([5, 3]).sum(axes: [2]) }),
    ("mean", ["[5, 3]", "2"], { $0([5, 3]).mean(axes: [2]) }),
    ("max", ["[5, 3]", "2"], { $0([5, 3]).max(axes: [2]) }),
    ("min", ["[5, 3]", "2"], { $0([5, 3]).min(axes: [2]) }),
    ("argmax", ["[5, 3]", "2"], { $0([5, 3]).argmax(axis: 2) }),
    ("argmin", ["[5, 3]", "2"], { $0([5, 3]).argmin(axis: 2) }),
    ("sorted", ["[5, 3]", "2"], { $0([5, 3]).sorted(axis: 2) }),
    ("argsort", ["[5, 3]", "-3"], { $0([5, 3]).argsort(axis: -3) }),
    ("product", ["[5, 3]", "2"], { $0([5, 3]).product(axes: [2]) }),
    ("variance", ["[5, 3]", "2"], { $0([5, 3]).variance(axes: [2]) }),
    ("standardDeviation", ["[5, 3]", "2"], { $0([5, 3]).standardDeviation(axes: [2]) }),
    ("norm", ["[5, 3]", "2"], { $0([5, 3]).norm(axes: [2]) }),
    ("cumulativeSum", ["[5, 3]", "2"], { $0([5, 3]).cumulativeSum(axis: 2) }),
    ("logSumExp", ["[5, 3]", "2"], { $0([5, 3]).logSumExp(axes: [2]) }),
    ("softmax", ["[5, 3]", "2"], { $0([5, 3]).softmax(axis: 2) }),
    ("logSoftmax", ["[5, 3]", "2"], { $0([5, 3]).logSoftmax(axis: 2) }),
    ("normalised", ["[5, 3]", "2"], { $0([5, 3]).normalised(axes: [2]) }),
    ("groupNormalised", ["[5, 3]", "2"], { $0([5, 3]).groupNormalised(groups: 2) }),
    ("unitNormalised", ["[5, 3]", "2"], { $0([5, 3]).unitNormalised(axis: 2) }),
    ("reshaped", ["[5, 3]", "[4, 4]"], { $0([5, 3]).reshaped([4, 4]) }),
    ("permuted", ["[5, 3]", "[0, 0]"], { $0([5, 3]).permuted([0, 0]) }),
    ("transposed", ["[5, 3]", "2"], { $0([5, 3]).transposed(0, 2) }),
    ("movingAxis", ["[5, 3]", "2"], { $0([5, 3]).movingAxis(2, to: 0) }),
    ("expanded", ["[5, 3]", "5"], { $0([5, 3]).expanded(at: 5) }),
    ("squeezed", ["[5, 3]", "0"], { $0([5, 3]).squeezed(0) }),
    ("sliced", ["[5, 3]", "2"], { $0([5, 3]).sliced(2, 0..<1) }),
    ("at", ["[5, 3]", "7"], { $0([5, 3]).at(7) }),
    ("flipped", ["[5, 3]", "2"], { $0([5, 3]).flipped([2]) }),
    ("rolled", ["[5, 3]", "2"], { $0([5, 3]).rolled(1, axis: 2) }),
    ("padded", ["[5, 3]"], { $0([5, 3]).padded([(1, 1)]) }),
    ("concatenated", ["[5, 3]", "[4, 2]"], { .concatenated([$0([5, 3]), $0([4, 2])]) }),
    ("stacked", ["[5, 3]", "[4, 2]"], { .stacked([$0([5, 3]), $0([4, 2])]) }),
    ("split", ["[5, 3]", "[2, 2]"], { $0([5, 3]).split([2, 2])[0] }),
    ("tiled", ["[5, 3]", "[0]"], { $0([5, 3]).tiled([0]) }),
    ("repeated", ["[5, 3]", "2"], { $0([5, 3]).repeated(2, axis: 2) }),
    ("broadcast", ["[5, 3]", "[5, 4]"], { $0([5, 3]).broadcast(to: [5, 4]) }),
    ("constant", ["[2, 2]", "3"], { $0([5, 3]).constant([1, 2, 3], [2, 2]) }),
    // Indices.
    ("rows", ["[5, 3]", "[]"], { $0([5, 3]).rows($0([])) }),
    ("taking", ["[5, 3]", "[2, 2]"], { $0([5, 3]).taking($0([2, 2]), axis: 0) }),
    ("gathered", ["[5, 3]", "[2]"], { $0([5, 3]).gathered($0([2]), axis: 0) }),
    (
      "addingScattered", ["[5, 3]", "[2]"],
      { $0([5, 3]).addingScattered($0([2]), at: $0([2]), axis: 0) }
    ),
    ("addingSlices", ["[5, 3]", "[2]"], { $0([5, 3]).addingSlices($0([2, 2]), at: $0([2])) }),
    ("segmentSum", ["[5, 3]", "[4]"], { $0([5, 3]).segmentSum($0([4]), count: 2) }),
    ("oneHot", ["[]"], { $0([]).oneHot(classes: 3) }),
    // Products.
    ("matmul", ["[5, 3]", "[4, 2]"], { matmul($0([5, 3]), $0([4, 2])) }),
    (
      "matmul", ["[4, 2]", "[3]"],
      { matmul(SparseRows(starts: $0([3]), columns: $0([4]), values: $0([5])), $0([4, 2])) }
    ),
    ("einsum", ["[5, 3]", "[4, 2]"], { einsum("ij,jk->ik", $0([5, 3]), $0([4, 2])) }),
    ("attention", ["[5, 3]", "[4]"], { attention($0([5, 3]), $0([4]), $0([4, 2])) }),
    (
      "convolved", ["[1, 4, 4, 2]", "[3, 3, 3, 1]"],
      { $0([1, 4, 4, 2]).convolved(with: $0([3, 3, 3, 1])) }
    ),
    (
      "transposedConvolved", ["[1, 4, 4, 2]", "[3, 3, 3, 1]"],
      { $0([1, 4, 4, 2]).transposedConvolved(with: $0([3, 3, 3, 1])) }
    ),
    ("maxPooled", ["[5, 3]"], { $0([5, 3]).maxPooled() }),
    ("meanPooled", ["[5, 3]"], { $0([5, 3]).meanPooled((2, 2)) }),
    ("adaptiveMeanPooled", ["[5, 3]"], { $0([5, 3]).adaptiveMeanPooled(to: (1, 1)) }),
    ("adaptiveMaxPooled", ["[5, 3]"], { $0([5, 3]).adaptiveMaxPooled(to: (1, 1)) }),
    ("cholesky", ["[5, 3]"], { $0([5, 3]).cholesky() }),
    ("solvingTriangle", ["[3, 3]", "[4, 2]"], { $0([3, 3]).solvingTriangle($0([4, 2])) }),
    ("solving", ["[3, 3]", "[4, 2]"], { $0([3, 3]).solving($0([4, 2])) }),
    ("solvingPositive", ["[3, 3]", "[4, 2]"], { $0([3, 3]).solvingPositive($0([4, 2])) }),
    ("inverse", ["[5, 3]"], { $0([5, 3]).inverse() }),
    ("logDeterminant", ["[5, 3]"], { $0([5, 3]).logDeterminant() }),
    ("diagonal", ["[5]"], { $0([5]).diagonal() }),
    // Losses.
    ("crossEntropies", ["[5, 3]", "[4]"], { crossEntropies($0([5, 3]), $0([4])) }),
    ("crossEntropy", ["[5, 3]", "[4]"], { crossEntropy($0([5, 3]), $0([4])) }),
    (
      "negativeLogLikelihoods", ["[5, 3]", "[4]"], { negativeLogLikelihoods($0([5, 3]), $0([4])) }
    ),
    ("marginLosses", ["[5, 3]", "[4]"], { marginLosses($0([5, 3]), $0([4])) }),
    ("binaryCrossEntropies", ["[5]", "[4]"], { binaryCrossEntropies($0([5]), $0([4])) }),
    ("absoluteErrors", ["[5]", "[4]"], { absoluteErrors($0([5]), $0([4])) }),
    ("huberLosses", ["[5]", "[4]"], { huberLosses($0([5]), $0([4])) }),
    ("hingeLosses", ["[5]", "[4]"], { hingeLosses($0([5]), $0([4])) }),
    ("divergences", ["[5]", "[4]"], { divergences($0([5]), $0([4])) }),
    ("poissonLosses", ["[5]", "[4]"], { poissonLosses($0([5]), $0([4])) }),
    ("gaussianLosses", ["[5]", "[4]"], { gaussianLosses($0([5]), $0([4]), variances: $0([5])) }),
    ("cosineSimilarity", ["[5]", "[4]"], { cosineSimilarity($0([5]), $0([4]), axis: 0) }),
    ("squaredError", ["[5]", "[4]"], { squaredError($0([5]), $0([4])) }),
    ("squaredDistance", ["[5]", "[4]"], { squaredDistance($0([5]), $0([4])) }),
    ("noise", ["[3, -1]"], { $0([5]).noise([3, -1]) }),
  ]

  private func failure(_ call: (Made) -> Tensor) -> String? {
    let graph = Graph()
    _ = call { graph.data($0) }
    do throws(TensorError) {
      try graph.check()
      return nil
    } catch {
      return error.code == .shape ? error.message : nil
    }
  }

  @Test(arguments: cases.indices) func errorsNameFunctionShapesAndLine(_ index: Int) throws {
    let (name, words, call) = Self.cases[index]
    let message = try #require(failure(call), "\(name) takes them")
    for word in [name] + words + ["TensorsTests/ShapeErrorTests.swift:"] {
      #expect(message.contains(word), "\(name), \(word): \(message)")
    }
  }

  /// A function that is not in the table above is not tested.
  @Test func everyFunctionIsInTheTable() throws {
    let known = Set(Self.cases.map(\.name) + ["squaredNorm", "stoppingGradient"])
    for folder in ["Operations", "Losses"] {
      let root = Launcher.root.appendingPathComponent("Sources/Tensors/\(folder)")
      for path in try FileManager.default.subpathsOfDirectory(atPath: root.path).sorted()
      where path.hasSuffix(".swift") {
        let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
        let takingAny = Self.takingAny(in: text)
        for match in text.matches(of: /public (?:static )?func `?([a-z]\w+)/) {
          let name = String(match.output.1)
          #expect(
            known.contains(name) || takingAny.contains(name) || name.hasPrefix("gradient"),
            "\(path): \(name)")
        }
      }
    }
  }
}
