import CKernels
import Testing

@Suite struct PoolingTests {
  private struct Pooling<Element: KernelElement> {
    var plan: ck_pooling
    let x: [Element]
    let rows: Int, columns: Int, channels: Int

    init(_ images: Int, _ height: Int, _ width: Int, _ channels: Int) {
      plan = ck_pooling(
        images: Int64(images), height: Int64(height), width: Int64(width),
        channels: Int64(channels), x: 0, centre: 0, scale: 0, shift: 0, y: 0, index: 0)
      var numbers = Numbers(height * width * channels)
      // Few values, so that equals occur.
      x = (0..<images * height * width * channels).map { _ in
        Element((numbers.value() * 4).rounded())
      }
      (rows, columns, self.channels) = (height / 2, width / 2, channels)
    }

    var count: Int { Int(plan.images) * rows * columns * channels }

    /// The places in x of the four values of a window.
    func window(_ place: Int) -> [Int] {
      let channel = place % channels
      let j = place / channels % columns
      let i = place / channels / columns % rows
      let n = place / channels / columns / rows
      return [(0, 0), (0, 1), (1, 0), (1, 1)].map { down, right in
        let row = n * Int(plan.height) + 2 * i + down
        return (row * Int(plan.width) + 2 * j + right) * channels + channel
      }
    }
  }

  private func check<Element: KernelElement>(_ type: Element.Type) {
    for (n, h, w, c) in [(2, 4, 6, 5), (1, 7, 7, 64), (3, 2, 3, 1), (1, 5, 2, 17), (2, 1, 1, 3)] {
      let p = Pooling<Element>(n, h, w, c)
      let x = Storage(p.x)
      var largest: [Double] = []
      var places: [Double] = []
      for place in 0..<p.count {
        let window = p.window(place).map { Double(p.x[$0]) }
        largest.append(window.max()!)
        places.append(Double(window.firstIndex(of: window.max()!)!))
      }
      let index = Storage(places.map { Element($0) })
      checkEverySet(type, "pool \(n) x \(h) x \(w) x \(c)") { kernels in
        let y = Storage<Element>(count: p.count)
        let found = Storage<Element>(count: p.count)
        kernels.pool(p.plan, x.start, y: y.start, index: found.start)
        #expect(y.isWithinBounds && found.isWithinBounds)
        let alone = Storage<Element>(count: p.count)
        kernels.pool(p.plan, x.start, y: nil, index: alone.start)
        #expect(alone.values == found.values)
        kernels.pool(p.plan, x.start, y: alone.start, index: nil)
        #expect(alone.values == y.values)
        kernels.poolGather(p.plan, x.start, found.start, alone.start)
        #expect(alone.isWithinBounds && alone.values == y.values)
        return y.values + found.values
      } expect: {
        firstDifference($0, largest + places, tolerance: 0)
      }

      var expected = p.x.map { _ in 0.0 }
      var numbers = Numbers(7)
      let dy = Storage<Element>(numbers.values(p.count))
      for place in 0..<p.count {
        expected[p.window(place)[Int(places[place])]] = Double(dy.start[place])
      }
      var loop = LoopCase<Element>(rows: n * h * w, columns: c)
      let dx = loop.full(p.x)
      loop.unpool(loop.pooled(dy.values), loop.pooled(index.values), height: h, width: w, dx)
      checkEverySet(type, "unpool \(n) x \(h) x \(w) x \(c)") { kernels in
        loop.run(kernels).full(dx)
      } expect: {
        firstDifference($0, expected, tolerance: 0)
      }
    }
  }

  @Test func float() { check(Float.self) }
  @Test func double() { check(Double.self) }

  /// Chosen by an affine function of each channel, and given as it is.
  @Test func largestOfAffineFunctions() {
    let (height, width, channels) = (4, 6, 21)
    let p = Pooling<Float>(2, height, width, channels)
    var numbers = Numbers(3)
    let centre: [Float] = numbers.values(channels)
    var scale: [Float] = numbers.values(channels)
    scale[4] = 0  // all equal: the first
    let shift: [Float] = numbers.values(channels)
    for kernels in Kernels<Float>.all {
      let y = Storage<Float>(count: p.count)
      let index = Storage<Float>(count: p.count)
      kernels.pool(p.plan, p.x, centre, scale, shift, y: y.start, index: index.start)
      #expect(y.isWithinBounds && index.isWithinBounds)
      for place in 0..<p.count {
        let c = place % channels
        let window = p.window(place).map { p.x[$0] }
        let values = window.map {
          kernels.isFused
            ? shift[c].addingProduct($0 - centre[c], scale[c])
            : ($0 - centre[c]) * scale[c] + shift[c]
        }
        let largest = values.firstIndex(of: values.max()!)!
        #expect(index.values[place] == Float(largest))
        #expect(y.values[place] == window[largest])
      }
    }
  }

  @Test func notANumberIsFirstOfAll() {
    for nans in [[1], [3], [2, 3], [0, 1], [0]] {
      var window: [Float] = [3, -1, .infinity, 2]
      for place in nans { window[place] = .nan }
      let plan = ck_pooling(
        images: 1, height: 2, width: 2, channels: 1, x: 0, centre: 0, scale: 0, shift: 0, y: 0,
        index: 0)
      for kernels in Kernels<Float>.all {
        var y: Float = 0
        var index: Float = 0
        kernels.pool(plan, window, y: &y, index: &index)
        #expect(y.isNaN && index == Float(nans[0]))
      }
    }
  }
}
