import Foundation
import Tensors

extension HyperDual {
  var exponential: Self { applying(.exp) }
  var logarithm: Self { applying(.log) }
  var root: Self { applying(.sqrt) }
  var magnitude: Self { applying(.abs) }

  func clamped(_ low: Wide, _ high: Wide) -> Self {
    value <= low ? Self(low) : value >= high ? Self(high) : self
  }
}

/// Functions of single elements, and losses of them.
extension ProgramGenerator {
  static let elementRows: [@Sendable (inout ProgramGenerator, Int) -> Int?] = [
    { $0.function($1, of: functions) }, { $0.function($1, of: functions) },
    { $0.function($1, of: activations) }, { $0.function($1, of: activations) },
    { $0.loss($1) }, { $0.loss($1) }, { $0.labelLoss($1) }, { $0.interval($1) },
  ]

  /// How it is written, with the element as $0; how large it is where that is below 4; traced; and its value.
  typealias ElementRow = (
    text: String, size: Double, traced: @Sendable (Tensor) -> Tensor,
    value: @Sendable (HyperDual) -> HyperDual
  )

  private static let functions: [ElementRow] = [
    (
      "tan(0.25 * $0)", 2, { tan(0.25 * $0) },
      {
        let y = tan(0.25 * $0.value)
        return (0.25 * $0).applying(y, 1 + y * y, 2 * y * (1 + y * y))
      }
    ),
    ("sinh($0)", 30, { sinh($0) }, { $0.applying(sinh($0.value), cosh($0.value), sinh($0.value)) }),
    ("cosh($0)", 30, { cosh($0) }, { $0.applying(cosh($0.value), sinh($0.value), cosh($0.value)) }),
    (
      "rsqrt($0.squared + 0.5)", 2, { rsqrt($0.squared + 0.5) },
      { HyperDual(1) / ($0 * $0 + HyperDual(0.5)).root }
    ),
    ("sign($0)", 1, { sign($0) }, { HyperDual($0.value > 0 ? 1 : $0.value < 0 ? -1 : 0) }),
    ("round($0)", 4, { round($0) }, { HyperDual($0.value.rounded(.toNearestOrEven)) }),
    ("floor($0)", 4, { floor($0) }, { HyperDual($0.value.rounded(.down)) }),
    ("trunc($0)", 4, { trunc($0) }, { HyperDual($0.value.rounded(.towardZero)) }),
    ("pow(2, $0)", 16, { pow(2, $0) }, { (log(2) * $0).exponential }),
    (
      "pow($0.squared + 0.5, 0.5 * $0)", 300, { pow($0.squared + 0.5, 0.5 * $0) },
      { (0.5 * $0 * ($0 * $0 + HyperDual(0.5)).logarithm).exponential }
    ),
    (
      "xlogy($0, $0.squared + 0.5)", 12, { xlogy($0, $0.squared + 0.5) },
      { $0 * ($0 * $0 + HyperDual(0.5)).logarithm }
    ),
  ]

  private static let activations: [ElementRow] = [
    (
      "selu($0)", 5, { selu($0) },
      {
        1.0507009873554805
          * ($0.value > 0 ? $0 : 1.6732632423543772 * ($0.exponential - HyperDual(1)))
      }
    ),
    (
      "geluTanh($0)", 4, { geluTanh($0) },
      { x in
        let z = (2 / Wide.pi).squareRoot() * (x + 0.044715 * (x * x * x))
        return 0.5 * x * (HyperDual(1) + z.applying(.tanh))
      }
    ),
    ("mish($0)", 4, { mish($0) }, { $0 * $0.applying(.softplus).applying(.tanh) }),
    ("softsign($0)", 1, { softsign($0) }, { $0 / (HyperDual(1) + $0.magnitude) }),
    ("logSigmoid($0)", 5, { logSigmoid($0) }, { -1 * (-1 * $0).applying(.softplus) }),
    ("hardTanh($0)", 1, { hardTanh($0) }, { $0.clamped(-1, 1) }),
    ("relu6(2 * $0)", 6, { relu6(2 * $0) }, { (2 * $0).clamped(0, 6) }),
    (
      "hardSigmoid($0)", 1, { hardSigmoid($0) },
      { (1 / 6.0 * $0 + HyperDual(0.5)).clamped(0, 1) }
    ),
    (
      "hardSwish($0)", 4, { hardSwish($0) },
      { $0 * (1 / 6.0 * $0 + HyperDual(0.5)).clamped(0, 1) }
    ),
  ]

  private mutating func function(_ x: Int, of rows: [ElementRow]) -> Int? {
    let row = rows[numbers.below(rows.count)]
    return elementwise(row.text, tamed(x, below: 4), row.size, row.traced, row.value)
  }

  /// How it is written, with the elements as $0 and $1; traced; and its value.
  private typealias PairRow = (
    text: String, traced: @Sendable (Tensor, Tensor) -> Tensor,
    value: @Sendable (HyperDual, HyperDual) -> HyperDual
  )

  private static let pairs: [PairRow] = [
    (
      "binaryCrossEntropies($0, $1)", { binaryCrossEntropies($0, $1) },
      { $1 * (-1 * $0).applying(.softplus) + (HyperDual(1) - $1) * $0.applying(.softplus) }
    ),
    ("absoluteErrors($0, $1)", { absoluteErrors($0, $1) }, { ($0 - $1).magnitude }),
    (
      "huberLosses($0, $1, delta: 0.75)", { huberLosses($0, $1, delta: 0.75) },
      {
        let (error, size) = ($0 - $1, ($0 - $1).magnitude)
        return size.value <= 0.75 ? 0.5 * error * error : 0.75 * (size - HyperDual(0.375))
      }
    ),
    (
      "hingeLosses($0, $1, power: 2)", { hingeLosses($0, $1, power: 2) },
      {
        let left = (HyperDual(1) - $1 * $0).applying(.relu)
        return left * left
      }
    ),
    (
      "divergences($0, $1, areLogarithms: true)", { divergences($0, $1, areLogarithms: true) },
      { $1.exponential * ($1 - $0) }
    ),
    ("poissonLosses($0, $1)", { poissonLosses($0, $1) }, { $0.exponential - $1 * $0 }),
    (
      "gaussianLosses($0, $1, variances: $1.squared + 0.5)",
      { gaussianLosses($0, $1, variances: $1.squared + 0.5) },
      {
        let variance = $1 * $1 + HyperDual(0.5)
        return 0.5 * (variance.logarithm + ($0 - $1) * ($0 - $1) / variance)
      }
    ),
    (
      "parametricRelu($0, slope: $1)", { parametricRelu($0, slope: $1) },
      { $0.value > 0 ? $0 : $1 * $0 }
    ),
  ]

  private mutating func loss(_ x: Int) -> Int? {
    let (x, other) = (tamed(x, below: 4), parameter(shapes[x]))
    let shape = shapes[x].sizes
    let sum = { (x: Jets) in x.values.dropFirst().reduce(x.values[0], +) }
    switch numbers.below(12) {
    case 0:
      return append(
        "squaredError($0, $1)", [x, other], [], 25, { x, _ in squaredError(x[0], x[1]) }
      ) { x in
        let squares = Jets(shape) { (x[0][$0] - x[1][$0]) * (x[0][$0] - x[1][$0]) }
        return Jets(shape: [], values: [1 / Wide(squares.values.count) * sum(squares)])
      }
    case 1:
      return append(
        "squaredDistance($0, $1)", [x, other], [], 25 * Double(shapes[x].count),
        { x, _ in squaredDistance(x[0], x[1]) }
      ) { x in
        Jets(
          shape: [],
          values: [sum(Jets(shape) { (x[0][$0] - x[1][$0]) * (x[0][$0] - x[1][$0]) })])
      }
    case 2:
      return append(
        "squaredNorm($0)", [x], [], 16 * Double(shapes[x].count), { x, _ in squaredNorm(x[0]) }
      ) { x in Jets(shape: [], values: [sum(x[0].map { $0 * $0 })]) }
    default:
      let row = Self.pairs[numbers.below(Self.pairs.count)]
      return append(row.text, [x, other], shape, 60, { x, _ in row.traced(x[0], x[1]) }) { x in
        Jets(shape) { row.value(x[0][$0], x[1][$0]) }
      }
    }
  }

  private mutating func labelLoss(_ x: Int) -> Int? {
    guard shapes[x].rank == 2 else { return nil }
    let x = tamed(x, below: 8)
    let (n, classes) = (shapes[x][0], shapes[x][1])
    let labels = (0..<n).map { _ in numbers.below(classes) }
    func own(_ x: Jets, _ row: Int) -> HyperDual { x[[row, labels[row]]] }
    switch numbers.below(4) {
    case 0:
      return append(
        "negativeLogLikelihoods($0, #0)", [x], [n], sizes[x], data: [labels],
        { x, data in negativeLogLikelihoods(x[0], data[0]) }
      ) { x in Jets([n]) { -1 * own(x[0], $0[0]) } }
    case 1:
      return append(
        "marginLosses($0, #0)", [x], [n], 2 * sizes[x] + 1, data: [labels],
        { x, data in marginLosses(x[0], data[0]) }
      ) { x in
        Jets([n]) { place in
          let row = place[0]
          let terms = (0..<classes).filter { $0 != labels[row] }.map {
            (HyperDual(1) - own(x[0], row) + x[0][[row, $0]]).applying(.relu)
          }
          return 1 / Wide(classes) * terms.reduce(HyperDual(0), +)
        }
      }
    case 2:
      return append(
        "crossEntropy($0, #0)", [x], [], 2 * sizes[x] + 3, data: [labels],
        { x, data in crossEntropy(x[0], data[0]) }
      ) { x in
        let losses = (0..<n).map { row in
          (0..<classes).reduce(HyperDual(0)) { $0 + x[0][[row, $1]].exponential }.logarithm
            - own(x[0], row)
        }
        return Jets(shape: [], values: [1 / Wide(n) * losses.reduce(HyperDual(0), +)])
      }
    default:
      return append(
        "$0 * #0.oneHot(classes: \(classes))", [x], [n, classes], sizes[x], data: [labels],
        { x, data in x[0] * data[0].oneHot(classes: classes) }
      ) { x in
        Jets([n, classes]) { $0[1] == labels[$0[0]] ? x[0][$0] : HyperDual(0) }
      }
    }
  }

  private mutating func interval(_ x: Int) -> Int? {
    let edges = [-0.75, -0.25, 0.25, 0.5]
    return elementwise("$0.buckets(\(edges))", x, 4, { $0.buckets(edges) }) { x in
      HyperDual(Wide(edges.filter { Wide($0) <= x.value }.count))
    }
  }
}
