import Foundation
import Tensors

/// A program evaluated from its statements alone, by their definitions, in numbers that carry their derivatives: knows
/// nothing of graphs, of their algebra or of their derivatives.
struct ProgramDerivatives {
  /// The objective with its derivatives.
  let value: HyperDual

  /// Evaluates with the inputs of a trace: `first` and `second` are directions in the upper and lower parameters.
  init(
    _ program: RandomProgram, inputs: [[Double]], first: (upper: [Double], lower: [Double]),
    second: (upper: [Double], lower: [Double])
  ) {
    var offsets = (upper: 0, lower: 0)
    var nextData = 3
    func data() -> [Double] {
      nextData += 1
      return inputs[nextData - 1]
    }
    var values: [Jets] = []
    for statement in program.statements {
      let x = statement.operands.map { values[$0] }
      switch statement {
      case .leaf(.data, let shape):
        values.append(Jets(shape: shape.sizes, values: data().map { HyperDual(Wide($0)) }))
      case .leaf(.upper, let shape):
        let jets = (offsets.upper..<offsets.upper + shape.count).map {
          HyperDual(
            Wide(inputs[0][$0]), Wide(first.upper[$0]), Wide(second.upper[$0]))
        }
        offsets.upper += shape.count
        values.append(Jets(shape: shape.sizes, values: jets))
      case .leaf(.lower, let shape):
        let jets = (offsets.lower..<offsets.lower + shape.count).map {
          HyperDual(
            Wide(inputs[1][$0]), Wide(first.lower[$0]), Wide(second.lower[$0]))
        }
        offsets.lower += shape.count
        values.append(Jets(shape: shape.sizes, values: jets))
      case .rows: values.append(Self.rows(x[0], data().map { Int($0) }))
      case .crossEntropies: values.append(Self.crossEntropies(x[0], data().map { Int($0) }))
      case .made(let operation):
        nextData += operation.data.count
        values.append(operation.evaluated(x))
      default: values.append(Self.apply(statement, x))
      }
    }
    value = program.terms.map { Self.reduce(values[$0.statement].values, $0.reduction) }
      .reduce(HyperDual(0), +)
  }

  private static func apply(_ statement: RandomProgram.Statement, _ x: [Jets]) -> Jets {
    switch statement {
    case .function(let function, _): return map(x[0]) { $0.applying(function) }
    case .combine(.add, _, _): return combine(x[0], x[1], +)
    case .combine(.subtract, _, _): return combine(x[0], x[1], -)
    case .combine(.multiply, _, _): return combine(x[0], x[1], *)
    case .combine(.divide, _, _): return combine(x[0], x[1], /)
    case .scale(let factor, _): return map(x[0]) { Wide(factor) * $0 }
    case .offset(let amount, _): return map(x[0]) { $0 + HyperDual(Wide(amount)) }
    case .sum(let axes, _): return sum(x[0], axes)
    case .mean(let axes, _):
      let total = sum(x[0], axes)
      let count = x[0].shape[axes].reduce(1, *)
      return map(total) { 1 / Wide(max(count, 1)) * $0 }
    case .reshape(let shape, _): return Jets(shape: shape.sizes, values: x[0].values)
    case .transpose: return transpose(x[0])
    case .centre: return centre(x[0])
    case .product: return product(x[0], x[1])
    case .convolve(_, _, let stride): return convolve(x[0], x[1], stride)
    case .pool: return pool(x[0])
    case .softmax: return softmax(x[0])
    case .logSumExp: return logSumExp(x[0])
    case .leaf, .rows, .crossEntropies, .made: fatalError("made with their data")
    }
  }

  private static func reduce(
    _ x: [HyperDual], _ reduction: RandomProgram.Reduction
  ) -> HyperDual {
    let mean = 1 / Wide(max(x.count, 1))
    return switch reduction {
    case .sum: x.reduce(HyperDual(0), +)
    case .mean: mean * x.reduce(HyperDual(0), +)
    case .squares: x.reduce(HyperDual(0)) { $0 + $1 * $1 }
    case .squaredMean: mean * x.reduce(HyperDual(0)) { $0 + $1 * $1 }
    }
  }

  private static func map(_ x: Jets, _ function: (HyperDual) -> HyperDual) -> Jets {
    Jets(shape: x.shape, values: x.values.map(function))
  }

  /// NumPy's rule: axes are aligned from the last, those of size 1 repeat.
  private static func combine(
    _ a: Jets, _ b: Jets, _ function: (HyperDual, HyperDual) -> HyperDual
  ) -> Jets {
    let rank = max(a.shape.count, b.shape.count)
    let sizesA = [Int](repeating: 1, count: rank - a.shape.count) + a.shape
    let sizesB = [Int](repeating: 1, count: rank - b.shape.count) + b.shape
    let shape = zip(sizesA, sizesB).map { $0 == 1 ? $1 : $0 }
    func place(_ index: Int, _ sizes: [Int]) -> Int {
      var (rest, place, stride) = (index, 0, 1)
      for axis in shape.indices.reversed() {
        if sizes[axis] != 1 { place += rest % shape[axis] * stride }
        stride *= sizes[axis]
        rest /= shape[axis]
      }
      return place
    }
    return Jets(
      shape: shape,
      values: (0..<shape.reduce(1, *)).map {
        function(a.values[place($0, sizesA)], b.values[place($0, sizesB)])
      })
  }

  private static func sum(_ x: Jets, _ axes: Range<Int>) -> Jets {
    let middle = x.shape[axes].reduce(1, *)
    let inner = x.shape[axes.upperBound...].reduce(1, *)
    let shape = Array(x.shape[..<axes.lowerBound] + x.shape[axes.upperBound...])
    return Jets(
      shape: shape,
      values: (0..<shape.reduce(1, *)).map { index in
        let start = index / max(inner, 1) * middle * inner + index % max(inner, 1)
        return (0..<middle).reduce(HyperDual(0)) { $0 + x.values[start + $1 * inner] }
      })
  }

  private static func transpose(_ x: Jets) -> Jets {
    let (rows, columns) = (x.shape[0], x.shape[1])
    return Jets(
      shape: [columns, rows],
      values: (0..<rows * columns).map { x.values[$0 % rows * columns + $0 / rows] })
  }

  private static func centre(_ x: Jets) -> Jets {
    guard x.shape.count > 1 else { return x }
    let mean = apply(.mean(0..<x.shape.count - 1, 0), [x])
    return combine(x, mean, -)
  }

  private static func product(_ a: Jets, _ b: Jets) -> Jets {
    let (n, k, m) = (a.shape[0], a.shape[1], b.shape[1])
    return Jets(
      shape: [n, m],
      values: (0..<n * m).map { index in
        (0..<k).reduce(HyperDual(0)) {
          $0 + a.values[index / m * k + $1] * b.values[$1 * m + index % m]
        }
      })
  }

  private static func convolve(_ x: Jets, _ w: Jets, _ stride: Int) -> Jets {
    let (height, width, inputs, outputs) = (x.shape[1], x.shape[2], x.shape[3], w.shape[3])
    let shape = [
      x.shape[0], (height + stride - 1) / stride, (width + stride - 1) / stride, outputs,
    ]
    return Jets(
      shape: shape,
      values: (0..<shape.reduce(1, *)).map { index in
        let (output, column) = (index % outputs, index / outputs % shape[2])
        let row = index / (outputs * shape[2]) % shape[1]
        let image = index / (outputs * shape[2] * shape[1])
        var total = HyperDual(0)
        for tap in 0..<9 {
          let (i, j) = (row * stride + tap / 3 - 1, column * stride + tap % 3 - 1)
          guard i >= 0, j >= 0, i < height, j < width else { continue }
          for input in 0..<inputs {
            total =
              total + x.values[((image * height + i) * width + j) * inputs + input]
              * w.values[(tap * inputs + input) * outputs + output]
          }
        }
        return total
      })
  }

  private static func pool(_ x: Jets) -> Jets {
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let shape = [x.shape[0], height / 2, width / 2, channels]
    return Jets(
      shape: shape,
      values: (0..<shape.reduce(1, *)).map { index in
        let (channel, column) = (index % channels, index / channels % shape[2])
        let row = index / (channels * shape[2]) % shape[1]
        let image = index / (channels * shape[2] * shape[1])
        let window = [(0, 0), (0, 1), (1, 0), (1, 1)].map { i, j in
          x.values[
            ((image * height + 2 * row + i) * width + 2 * column + j) * channels + channel]
        }
        return window.dropFirst().reduce(window[0]) { $1.value > $0.value ? $1 : $0 }
      })
  }

  private static func rows(_ x: Jets, _ index: [Int]) -> Jets {
    let inner = x.shape.dropFirst().reduce(1, *)
    return Jets(
      shape: [index.count] + x.shape.dropFirst(),
      values: index.flatMap { x.values[$0 * inner..<($0 + 1) * inner] })
  }

  private static func logSumExp(_ x: Jets) -> Jets {
    let classes = x.shape[1]
    return Jets(
      shape: [x.shape[0]],
      values: (0..<x.shape[0]).map { row in
        let own = x.values[row * classes..<(row + 1) * classes]
        let most = HyperDual(own.map(\.value).max() ?? 0)
        let total = own.reduce(HyperDual(0)) { $0 + ($1 - most).applying(.exp) }
        return total.applying(.log) + most
      })
  }

  private static func softmax(_ x: Jets) -> Jets {
    let logarithms = logSumExp(x)
    return map(combine(x, Jets(shape: [x.shape[0], 1], values: logarithms.values), -)) {
      $0.applying(.exp)
    }
  }

  private static func crossEntropies(_ x: Jets, _ labels: [Int]) -> Jets {
    let total = logSumExp(x)
    return Jets(
      shape: [labels.count],
      values: labels.enumerated().map { row, label in
        total.values[row] - x.values[row * x.shape[1] + label]
      })
  }
}
