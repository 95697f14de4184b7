/// 3x3 convolutions with padding 1, and their adjoints, by their definition.
struct ImageValues {
  private let images: Shape
  private let outputs: Shape
  private let stride: Int

  /// Images `[n, height, width, in]`, and outputs `[n, ceil(height / stride), ceil(width / stride), out]`.
  init(images: Shape, outputs: Shape, _ stride: Int) {
    (self.images, self.outputs, self.stride) = (images, outputs, stride)
  }

  func forward(_ x: [Double], _ w: [Double]) -> [Double] {
    var y = [Double](repeating: 0, count: outputs.count)
    eachMeeting { pixel, tap, output in
      for a in 0..<images[3] {
        let factor = x[pixel + a]
        let from = (tap * images[3] + a) * outputs[3]
        for b in 0..<outputs[3] { y[output + b] += factor * w[from + b] }
      }
    }
    return y
  }

  func input(_ dy: [Double], _ w: [Double]) -> [Double] {
    var dx = [Double](repeating: 0, count: images.count)
    eachMeeting { pixel, tap, output in
      for a in 0..<images[3] {
        let from = (tap * images[3] + a) * outputs[3]
        var sum = 0.0
        for b in 0..<outputs[3] { sum += dy[output + b] * w[from + b] }
        dx[pixel + a] += sum
      }
    }
    return dx
  }

  func weights(_ x: [Double], _ dy: [Double]) -> [Double] {
    var dw = [Double](repeating: 0, count: 9 * images[3] * outputs[3])
    eachMeeting { pixel, tap, output in
      for a in 0..<images[3] {
        let factor = x[pixel + a]
        let to = (tap * images[3] + a) * outputs[3]
        for b in 0..<outputs[3] { dw[to + b] += factor * dy[output + b] }
      }
    }
    return dw
  }

  /// Every pixel, tap and output that meet, the first and last by their first channels.
  private func eachMeeting(_ body: (_ pixel: Int, _ tap: Int, _ output: Int) -> Void) {
    let (height, width) = (images[1], images[2])
    for n in 0..<images[0] {
      for i in 0..<outputs[1] {
        for j in 0..<outputs[2] {
          for tap in 0..<9 {
            let (y, x) = (i * stride + tap / 3 - 1, j * stride + tap % 3 - 1)
            guard y >= 0, x >= 0, y < height, x < width else { continue }
            body(
              ((n * height + y) * width + x) * images[3], tap,
              ((n * outputs[1] + i) * outputs[2] + j) * outputs[3])
          }
        }
      }
    }
  }
}

/// 2x2 pooling with stride 2, by its definition.
struct Pooling {
  let images: Shape
  let pooled: Shape

  /// Which of its window's values is largest, NaN before all, the first of equals.
  func index(_ x: [Double]) -> [Double] {
    (0..<pooled.count).map { at in
      let window = window(at).map { x[$0] }
      var best = 0
      for place in 1..<4 where !window[best].isNaN {
        if window[place] > window[best] || window[place].isNaN { best = place }
      }
      return Double(best)
    }
  }

  func gather(_ x: [Double], _ index: [Double]) -> [Double] {
    (0..<pooled.count).map { x[window($0)[Int(index[$0])]] }
  }

  func scatter(_ dy: [Double], _ index: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: images.count)
    for at in dy.indices { result[window(at)[Int(index[at])]] += dy[at] }
    return result
  }

  /// Where the four values of a pooled element's window are.
  private func window(_ at: Int) -> [Int] {
    let c = at % pooled[3]
    let j = at / pooled[3] % pooled[2]
    let i = at / (pooled[3] * pooled[2]) % pooled[1]
    let n = at / (pooled[3] * pooled[2] * pooled[1])
    return [(0, 0), (0, 1), (1, 0), (1, 1)].map { di, dj in
      ((n * images[1] + 2 * i + di) * images[2] + 2 * j + dj) * images[3] + c
    }
  }
}
