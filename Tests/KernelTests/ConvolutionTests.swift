import CKernels
import Testing

/// A convolution with its operands.
private struct Convolution<Element: KernelElement> {
  let images: Int, height: Int, width: Int, inputs: Int, outputs: Int, stride: Int
  let x: [Element], w: [Element], dy: [Element]
  let yBefore: [Element], dxBefore: [Element], dwBefore: [Element]

  var outHeight: Int { (height + stride - 1) / stride }
  var outWidth: Int { (width + stride - 1) / stride }

  init(_ images: Int, _ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int, stride: Int) {
    (self.images, self.height, self.width) = (images, height, width)
    (self.inputs, self.outputs, self.stride) = (inputs, outputs, stride)
    let outPixels = ((height + stride - 1) / stride) * ((width + stride - 1) / stride)
    var numbers = Numbers(images + 10 * height + 100 * width + 1000 * inputs + outputs)
    x = numbers.values(images * height * width * inputs)
    w = numbers.values(9 * inputs * outputs)
    dy = numbers.values(images * outPixels * outputs)
    yBefore = numbers.values(dy.count)
    dxBefore = numbers.values(x.count)
    dwBefore = numbers.values(w.count)
  }

  private func plan(_ initial: ck_initial) -> ck_convolution {
    ck_convolution(
      images: Int64(images), height: Int64(height), width: Int64(width), in: Int64(inputs),
      out: Int64(outputs), stride: Int64(stride), initial: Int32(initial.rawValue), a: 0, b: 0,
      c: 0,
      result: 0)
  }

  private func padded(
    _ values: [Element], _ kernels: Kernels<Element>, height: Int, width: Int, channels: Int,
    topLeft: Int
  ) -> Storage<Element> {
    let p = ck_padding(
      images: Int64(images), height: Int64(height), width: Int64(width),
      channels: Int64(channels), top: Int64(topLeft), left: Int64(topLeft), bottom: 1, right: 1,
      x: 0, padded: 0)
    let source = Storage(values)
    let pixels = (height + topLeft + 1) * (width + topLeft + 1)
    let target = Storage<Element>(count: images * pixels * channels)
    kernels.pad(p, source.start, target.start)
    #expect(target.isWithinBounds)
    return target
  }

  func forward(_ kernels: Kernels<Element>, _ initial: ck_initial) -> [Element] {
    let c = plan(initial)
    let padded = padded(x, kernels, height: height, width: width, channels: inputs, topLeft: 1)
    let weights = Storage(w)
    let y = Storage(yBefore)
    kernels.convolution(\.convolve, c, padded.start, weights.start, to: y.start)
    #expect(y.isWithinBounds)
    return y.values
  }

  func inputGradient(_ kernels: Kernels<Element>, _ initial: ck_initial) -> [Element] {
    let c = plan(initial)
    let padded = padded(
      dy, kernels, height: outHeight, width: outWidth, channels: outputs,
      topLeft: stride == 1 ? 1 : 0)
    let weights = Storage(w)
    let flipped = Storage<Element>(count: w.count)
    let dx = Storage(dxBefore)
    kernels.convolution(\.flip_weights, c, weights.start, to: flipped.start)
    #expect(flipped.isWithinBounds)
    kernels.convolution(
      \.convolve_input_gradient, c, padded.start, flipped.start, to: dx.start)
    #expect(dx.isWithinBounds)
    return dx.values
  }

  func weightGradient(_ kernels: Kernels<Element>, _ initial: ck_initial) -> [Element] {
    let c = plan(initial)
    let padded = padded(x, kernels, height: height, width: width, channels: inputs, topLeft: 1)
    let dy = Storage(dy)
    let dw = Storage(dwBefore)
    kernels.convolution(\.convolve_weight_gradient, c, padded.start, dy.start, to: dw.start)
    #expect(dw.isWithinBounds)
    return dw.values
  }

  // The same in transformed space, for stride 1.

  func transformedForward(_ kernels: Kernels<Element>, _ initial: ck_initial) -> [Element] {
    transformed(kernels, plan(initial), x, transformedWeights(kernels, w), yBefore)
  }

  func transformedInputGradient(_ kernels: Kernels<Element>, _ initial: ck_initial) -> [Element] {
    var c = plan(initial)
    let (weights, flipped) = (Storage(w), Storage<Element>(count: w.count))
    kernels.convolution(\.flip_weights, c, weights.start, to: flipped.start)
    swap(&c.in, &c.out)
    return transformed(kernels, c, dy, transformedWeights(kernels, flipped.values), dxBefore)
  }

  func transformedWeightGradient(_ kernels: Kernels<Element>, _ initial: ck_initial) -> [Element] {
    var c = plan(CK_ZERO)
    let (x, dy) = (Storage(x), Storage(dy))
    let du = Storage<Element>(count: 36 * inputs * outputs)
    // Twice half of it, when it is to be added to.
    let dw = Storage(dwBefore)
    kernels.convolution(\.winograd_weight_gradient, c, x.start, dy.start, to: du.start)
    if initial == CK_ACCUMULATE {
      c.initial = Int32(CK_ACCUMULATE.rawValue)
      kernels.convolution(\.winograd_weight_gradient, c, x.start, dy.start, to: du.start)
      for i in 0..<du.count { du.start[i] /= 2 }
    }
    c.initial = Int32(initial.rawValue)
    kernels.convolution(\.winograd_weights_adjoint, c, du.start, to: dw.start)
    #expect(du.isWithinBounds && dw.isWithinBounds)
    return dw.values
  }

  private func transformedWeights(
    _ kernels: Kernels<Element>, _ w: [Element]
  ) -> Storage<Element> {
    let c = plan(CK_ZERO)
    let weights = Storage(w)
    let u = Storage<Element>(count: 36 * inputs * outputs)
    kernels.convolution(\.winograd_weights, c, weights.start, to: u.start)
    #expect(u.isWithinBounds)
    return u
  }

  private func transformed(
    _ kernels: Kernels<Element>, _ plan: ck_convolution, _ x: [Element], _ u: Storage<Element>,
    _ before: [Element]
  ) -> [Element] {
    let x = Storage(x)
    let y = Storage(before)
    kernels.convolution(\.winograd_convolve, plan, x.start, u.start, to: y.start)
    #expect(y.isWithinBounds)
    return y.values
  }

  /// Calls `body` with the places in x, w and y of each term of the convolution.
  private func forEachTerm(_ body: (_ x: Int, _ w: Int, _ y: Int) -> Void) {
    for n in 0..<images {
      for i in 0..<outHeight {
        for j in 0..<outWidth {
          for tap in 0..<9 {
            let row = i * stride + tap / 3 - 1
            let column = j * stride + tap % 3 - 1
            guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
            let x = ((n * height + row) * width + column) * inputs
            let y = ((n * outHeight + i) * outWidth + j) * outputs
            for a in 0..<inputs {
              for b in 0..<outputs { body(x + a, (tap * inputs + a) * outputs + b, y + b) }
            }
          }
        }
      }
    }
  }

  func check(_ initial: ck_initial) {
    let what = "\(images) x \(height) x \(width), \(inputs) to \(outputs), stride \(stride)"
    let isAccumulating = initial == CK_ACCUMULATE
    var y = yBefore.map { isAccumulating ? Double($0) : 0 }
    var dx = dxBefore.map { isAccumulating ? Double($0) : 0 }
    var dw = dwBefore.map { isAccumulating ? Double($0) : 0 }
    let (xv, wv, dyv) = (x.map { Double($0) }, w.map { Double($0) }, dy.map { Double($0) })
    forEachTerm { i, j, k in
      y[k] += xv[i] * wv[j]
      dx[i] += wv[j] * dyv[k]
      dw[j] += xv[i] * dyv[k]
    }
    func scale(_ values: [Double], _ terms: Int) -> [Double] {
      values.map { _ in 2 + Double(terms).squareRoot() }
    }
    checkEverySet(Element.self, "forward, \(what)") {
      forward($0, initial)
    } expect: {
      firstDifference($0, y, scale: scale(y, 9 * inputs))
    }
    checkEverySet(Element.self, "input gradient, \(what)") {
      inputGradient($0, initial)
    } expect: {
      firstDifference($0, dx, scale: scale(dx, 9 * outputs))
    }
    checkEverySet(Element.self, "weight gradient, \(what)") {
      weightGradient($0, initial)
    } expect: {
      firstDifference($0, dw, scale: scale(dw, images * outHeight * outWidth))
    }
    guard stride == 1 else { return }
    // The transforms add a few numbers of alternating signs before and after the sums.
    func wider(_ values: [Double], _ terms: Int) -> [Double] {
      scale(values, terms).map { 4 * $0 }
    }
    checkEverySet(Element.self, "transformed, \(what)") {
      transformedForward($0, initial)
    } expect: {
      firstDifference($0, y, scale: wider(y, 9 * inputs))
    }
    checkEverySet(Element.self, "transformed input gradient, \(what)") {
      transformedInputGradient($0, initial)
    } expect: {
      firstDifference($0, dx, scale: wider(dx, 9 * outputs))
    }
    checkEverySet(Element.self, "transformed weight gradient, \(what)") {
      transformedWeightGradient($0, initial)
    } expect: {
      firstDifference($0, dw, scale: wider(dw, images * outHeight * outWidth))
    }
  }
}

@Suite struct ConvolutionTests {
  private func check<Element: KernelElement>(_ type: Element.Type, stride: Int) {
    for initial in [CK_ZERO, CK_ACCUMULATE] {
      Convolution<Element>(2, 5, 7, 3, 5, stride: stride).check(initial)
      Convolution<Element>(2, 6, 5, 1, 64, stride: stride).check(initial)
      Convolution<Element>(1, 1, 1, 2, 3, stride: stride).check(initial)
      Convolution<Element>(3, 2, 1, 17, 10, stride: stride).check(initial)
      Convolution<Element>(3, 1, 2, 1, 20, stride: stride).check(initial)
      Convolution<Element>(1, 3, 29, 2, 33, stride: stride).check(initial)
      Convolution<Element>(2, 3, 3, 64, 64, stride: stride).check(initial)
      Convolution<Element>(1, 4, 2, 16, 18, stride: stride).check(initial)
      Convolution<Element>(2, 14, 8, 16, 20, stride: stride).check(initial)
    }
  }

  @Test(arguments: [1, 2]) func float(stride: Int) { check(Float.self, stride: stride) }
  @Test(arguments: [1, 2]) func double(stride: Int) { check(Double.self, stride: stride) }

  /// So many images that the weights' gradient is summed in several blocks.
  @Test(arguments: [1, 2]) func manyImages(stride: Int) {
    Convolution<Float>(40, 7, 6, 2, 64, stride: stride).check(CK_ZERO)
    Convolution<Float>(40, 7, 6, 2, 64, stride: stride).check(CK_ACCUMULATE)
  }

  @Test(arguments: [1, 2]) func imagesDoNotDependOnOthers(stride: Int) {
    let all = Convolution<Float>(5, 7, 7, 8, 20, stride: stride)
    let first = Convolution<Float>(1, 7, 7, 8, 20, stride: stride)
    for kernels in Kernels<Float>.all {
      // The images differ, the weights do not: put the first image's values everywhere.
      let y = Convolution(all, repeating: first).forward(kernels, CK_ZERO)
      let one = first.forward(kernels, CK_ZERO)
      let dx = Convolution(all, repeating: first).inputGradient(kernels, CK_ZERO)
      let oneDx = first.inputGradient(kernels, CK_ZERO)
      for n in 0..<5 {
        #expect(Array(y[n * one.count..<(n + 1) * one.count]) == one)
        #expect(Array(dx[n * oneDx.count..<(n + 1) * oneDx.count]) == oneDx)
      }
      guard stride == 1 else { continue }
      let transformed = Convolution(all, repeating: first).transformedForward(kernels, CK_ZERO)
      let alone = first.transformedForward(kernels, CK_ZERO)
      for n in 0..<5 {
        #expect(Array(transformed[n * alone.count..<(n + 1) * alone.count]) == alone)
      }
    }
  }

  /// <y, C x> = <C' y, x> = <dw, w> for the kernels' own results.
  @Test(arguments: [1, 2]) func gradientsAreAdjoints(stride: Int) {
    let c = Convolution<Double>(3, 9, 8, 5, 12, stride: stride)
    func product(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    for kernels in Kernels<Double>.all {
      let forward = product(c.forward(kernels, CK_ZERO), c.dy)
      #expect(abs(forward - product(c.inputGradient(kernels, CK_ZERO), c.x)) < 1e-10)
      #expect(abs(forward - product(c.weightGradient(kernels, CK_ZERO), c.w)) < 1e-10)
      guard stride == 1 else { continue }
      let transformed = product(c.transformedForward(kernels, CK_ZERO), c.dy)
      let inputs = c.transformedInputGradient(kernels, CK_ZERO)
      let weights = c.transformedWeightGradient(kernels, CK_ZERO)
      #expect(abs(transformed - product(inputs, c.x)) < 1e-10)
      #expect(abs(transformed - product(weights, c.w)) < 1e-10)
    }
  }
}

extension Convolution {
  /// As many images as `shape` has, each with the values of `one`.
  fileprivate init(_ shape: Self, repeating one: Self) {
    func repeated(_ values: [Element]) -> [Element] {
      (0..<shape.images).flatMap { _ in values }
    }
    (images, height, width) = (shape.images, one.height, one.width)
    (inputs, outputs, stride) = (one.inputs, one.outputs, one.stride)
    (x, w, dy) = (repeated(one.x), one.w, repeated(one.dy))
    (yBefore, dxBefore, dwBefore) = (repeated(one.yBefore), repeated(one.dxBefore), one.dwBefore)
  }
}
