import CKernels
import Testing

@Suite struct PatchTests {
  /// Images and weights, and what the direct kernels make of them.
  private struct Layer<Element: KernelElement> {
    var plan: ck_convolution
    var pooling: ck_pooling
    private(set) var x: [Element]
    let w: [Element], factor: [Element], dy: [Element]
    let taps: Int

    init(_ images: Int, _ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int) {
      plan = ck_convolution(
        images: Int64(images), height: Int64(height), width: Int64(width), in: Int64(inputs),
        out: Int64(outputs), stride: 1, initial: Int32(CK_ZERO.rawValue), a: 0, b: 0, c: 0,
        result: 0)
      pooling = ck_pooling(
        images: Int64(images), height: Int64(height), width: Int64(width),
        channels: Int64(outputs), x: 0, centre: 0, scale: 0, shift: 0, y: 0, index: 0)
      taps = 9 * inputs
      var numbers = Numbers(height + 100 * width + 10000 * inputs + outputs)
      x = numbers.values(images * height * width * inputs)
      w = numbers.values(taps * outputs)
      factor = numbers.values(outputs)
      dy = numbers.values(images * (height / 2) * (width / 2) * outputs)
    }

    func with(x: [Element]) -> Layer {
      var copy = self
      copy.x = x
      return copy
    }

    var pixels: Int { Int(plan.images * plan.height * plan.width) }
    var outputs: Int { Int(plan.out) }
    var pooledCount: Int { dy.count }

    /// As an array, which lives as long as a call that it is given to; a storage's `start` does not keep it alive.
    func padded(_ kernels: Kernels<Element>) -> [Element] {
      let p = ck_padding(
        images: plan.images, height: plan.height, width: plan.width, channels: plan.in, top: 1,
        left: 1, bottom: 1, right: 1, x: 0, padded: 0)
      let (inner, outer) = (plan.height * plan.width, (plan.height + 2) * (plan.width + 2))
      let target = Storage<Element>(count: x.count / Int(inner) * Int(outer))
      kernels.pad(p, x, target.start)
      #expect(target.isWithinBounds)
      return target.values
    }

    func convolution(_ kernels: Kernels<Element>) -> [Element] {
      let y = Storage<Element>(count: pixels * outputs)
      kernels.convolution(\.convolve, plan, padded(kernels), w, to: y.start)
      return y.values
    }

    /// The patch of every output pixel.
    func patches() -> [[Double]] {
      let (height, width, inputs) = (Int(plan.height), Int(plan.width), Int(plan.in))
      return (0..<pixels).map { pixel in
        let (n, i, j) = (pixel / width / height, pixel / width % height, pixel % width)
        return (0..<taps).map { tap in
          let (row, column) = (i + tap / inputs / 3 - 1, j + tap / inputs % 3 - 1)
          guard (0..<height).contains(row), (0..<width).contains(column) else { return 0 }
          return Double(x[((n * height + row) * width + column) * inputs + tap % inputs])
        }
      }
    }
  }

  private let shapes = [
    (2, 4, 6, 1, 5), (1, 7, 9, 1, 64), (3, 2, 3, 2, 1), (2, 5, 2, 3, 17), (1, 3, 37, 3, 33),
    (2, 1, 1, 1, 3),
  ]

  /// Pooling without an image of the convolution: the same bits as with one.
  private func checkPooling<Element: KernelElement>(_ type: Element.Type) {
    for (n, h, w, inputs, outputs) in shapes {
      let layer = Layer<Element>(n, h, w, inputs, outputs)
      for isScaled in [false, true] {
        for kernels in Kernels<Element>.all {
          let image = layer.convolution(kernels)
          let scaled = image.enumerated().map {
            isScaled && layer.factor[$0.offset % outputs] < 0 ? -$0.element : $0.element
          }
          let (c, pooling) = (layer.plan, layer.pooling)
          let (index, y) = (
            Storage<Element>(count: layer.pooledCount), Storage<Element>(count: layer.pooledCount)
          )
          kernels.pool(pooling, scaled, y: nil, index: index.start)
          kernels.poolGather(pooling, image, index.values, y.start)
          let x = layer.padded(kernels)
          let (found, values, alone) = (
            Storage<Element>(count: layer.pooledCount),
            Storage<Element>(count: layer.pooledCount), Storage<Element>(count: layer.pooledCount)
          )
          let factor = isScaled ? layer.factor : nil
          kernels.convolvePool(c, x, layer.w, factor, y: values.start, index: found.start)
          #expect(found.values == index.values && values.values == y.values)
          kernels.convolvePool(c, x, layer.w, factor, y: nil, index: alone.start)
          #expect(alone.values == index.values)
          kernels.convolution(
            \.convolve_pool_gather, c, x, layer.w, index.values, to: alone.start)
          #expect(alone.values == y.values)
          #expect(found.isWithinBounds && values.isWithinBounds && alone.isWithinBounds)
        }
      }
    }
  }

  @Test func pooling() {
    checkPooling(Float.self)
    checkPooling(Double.self)
  }

  private func checkWeightGradient<Element: KernelElement>(_ type: Element.Type) {
    for (n, h, w, inputs, outputs) in shapes {
      let layer = Layer<Element>(n, h, w, inputs, outputs)
      let before: [Element] = layer.w
      let index = (0..<layer.pooledCount).map { Element($0 * 7 % 4) }
      let patches = layer.patches()
      for initial in [CK_ZERO, CK_ACCUMULATE] {
        var expected = before.map { initial == CK_ZERO ? 0 : Double($0) }
        for (place, dy) in layer.dy.enumerated() {
          let (window, channel) = (place / outputs, place % outputs)
          let (row, column) = (window / (w / 2), window % (w / 2))
          let (image, i) = (row / (h / 2), 2 * (row % (h / 2)) + Int(index[place]) / 2)
          let pixel = (image * h + i) * w + 2 * column + Int(index[place]) % 2
          for tap in 0..<layer.taps {
            expected[tap * outputs + channel] += patches[pixel][tap] * Double(dy)
          }
        }
        checkEverySet(type, "weights of \(n) x \(h) x \(w), \(inputs) to \(outputs)") { kernels in
          var c = layer.plan
          c.initial = Int32(initial.rawValue)
          let dw = Storage(before)
          kernels.convolution(
            \.convolve_pool_weight_gradient, c, layer.padded(kernels), layer.dy, index, to: dw.start
          )
          #expect(dw.isWithinBounds)
          return dw.values
        } expect: {
          firstDifference($0, expected, scale: expected.map { _ in 4 })
        }
      }
    }
  }

  @Test func weightGradient() {
    checkWeightGradient(Float.self)
    checkWeightGradient(Double.self)
  }

  /// Means, and a triangle with the inner products of the deviations; around a mean that is large beside these too.
  private func checkFactor<Element: KernelElement>(_ type: Element.Type) {
    for offset in [0.0, 100] {
      for (n, h, w, inputs, outputs) in shapes + [(3, 5, 70, 1, 1)] {
        let original = Layer<Element>(n, h, w, inputs, outputs)
        let layer = original.with(x: original.x.map { $0 + Element(offset) })
        let (taps, patches) = (layer.taps, layer.patches())
        let means = (0..<taps).map { tap in
          patches.reduce(0) { $0 + $1[tap] } / Double(patches.count)
        }
        var products = [Double](repeating: 0, count: taps * taps)
        for patch in patches {
          for t in 0..<taps {
            for u in 0..<taps {
              products[t * taps + u] += (patch[t] - means[t]) * (patch[u] - means[u])
            }
          }
        }
        let scale = Double(patches.count).squareRoot() * products.reduce(1) { max($0, abs($1)) }
        checkEverySet(type, "factor of \(n) x \(h) x \(w), \(inputs)") { kernels in
          let result = Storage<Element>(count: taps * (taps + 1))
          kernels.convolution(\.patch_factor, layer.plan, layer.padded(kernels), to: result.start)
          #expect(result.isWithinBounds)
          return result.values
        } expect: { found in
          let r = found[taps...].map { Double($0) }
          var ofFactor = [Double](repeating: 0, count: taps * taps)
          for t in 0..<taps {
            let below = r[(t * taps)..<(t * taps + t)]
            #expect(below.allSatisfy { $0 == 0 })
            for a in 0..<taps {
              for b in 0..<taps { ofFactor[a * taps + b] += r[t * taps + a] * r[t * taps + b] }
            }
          }
          return firstDifference(Array(found[..<taps]), means)
            ?? firstDifference(
              ofFactor.map { Element($0) }, products, scale: products.map { _ in scale },
              // Fewer patches than taps: what is left of 1e-13 of a sum counts as nothing.
              tolerance: patches.count < taps ? 1e-4 : 2e-6)
        }
      }
    }
  }

  @Test func factor() {
    checkFactor(Float.self)
    checkFactor(Double.self)
  }

  /// Taps that always agree, and images in which nothing differs, have a factor as well.
  @Test func factorOfDependentTaps() {
    for value in [0, 1.5] {
      let original = Layer<Float>(2, 6, 6, 2, 1)
      // Nothing differs but at the borders, or the two channels are the same.
      let x = original.x.indices.map { value == 0 ? original.x[$0 / 2] : Float(value) }
      let layer = original.with(x: x)
      for kernels in Kernels<Float>.all {
        let result = Storage<Float>(count: layer.taps * (layer.taps + 1))
        kernels.convolution(\.patch_factor, layer.plan, layer.padded(kernels), to: result.start)
        #expect(result.values.allSatisfy { $0.isFinite })
        let second = result.values[(2 * layer.taps)..<(3 * layer.taps)]
        #expect(second.allSatisfy { $0 == 0 })
      }
    }
  }

  @Test func notANumberStays() {
    let original = Layer<Float>(1, 4, 4, 1, 2)
    var x = original.x
    x[5] = .nan
    let layer = original.with(x: x)
    for kernels in Kernels<Float>.all {
      let result = Storage<Float>(count: 90)
      kernels.convolution(\.patch_factor, layer.plan, layer.padded(kernels), to: result.start)
      #expect(result.values[0].isNaN && result.values[9].isNaN)
      let (index, y) = (Storage<Float>(count: 8), Storage<Float>(count: 8))
      kernels.convolvePool(
        layer.plan, layer.padded(kernels), layer.w, nil, y: y.start, index: index.start)
      #expect(y.values.contains { $0.isNaN })
    }
  }
}
