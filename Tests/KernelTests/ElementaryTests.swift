import CKernels
import Foundation
import Testing

/// Elementary functions against those of the system in double precision, over dense sweeps.
@Suite struct ElementaryTests {
  /// f of many values through a loop of one step.
  private func map<Element: KernelElement>(
    _ kernels: Kernels<Element>, _ kind: ck_step_kind, _ x: [Element]
  ) -> [Element] {
    var input = LoopCase<Element>(rows: 1, columns: x.count)
    let a = input.full(x)
    let d = input.full([Element](repeating: 0, count: x.count))
    input.step(kind, [a], d)
    return input.run(kernels).full(d)
  }

  private let functions: [(String, ck_step_kind, ClosedRange<Double>, (Double) -> Double)] =
    [
      ("exp", CK_EXP, -87...88, { exp($0) }), ("log", CK_LOG, 1e-30...1e30, { log($0) }),
      ("log near 1", CK_LOG, 0.5...2, { log($0) }), ("tanh", CK_TANH, -20...20, { tanh($0) }),
      ("tanh near 0", CK_TANH, -0.01...0.01, { tanh($0) }),
      ("sigmoid", CK_SIGMOID, -80...80, { 1 / (1 + exp(-$0)) }),
      ("softplus", CK_SOFTPLUS, -80...80, { max($0, 0) + log1p(exp(-abs($0))) }),
      ("sin", CK_SINE, -20...20, { sin($0) }), ("sin far away", CK_SINE, -8000...8000, { sin($0) }),
      ("sin beyond", CK_SINE, 1e6...2e6, { sin($0) }), ("cos", CK_COSINE, -20...20, { cos($0) }),
      ("atan", CK_ARCTANGENT, -5...5, { atan($0) }),
      ("atan far", CK_ARCTANGENT, -500...500, { atan($0) }),
      ("log1p", CK_LOG_OF_ONE_PLUS, -0.99...5, { log1p($0) }),
      ("log1p near 0", CK_LOG_OF_ONE_PLUS, -1e-5...1e-5, { log1p($0) }),
      ("expm1", CK_EXP_MINUS_ONE, -30...80, { expm1($0) }),
      ("expm1 near 0", CK_EXP_MINUS_ONE, -0.01...0.01, { expm1($0) }),
      ("erf", CK_ERROR_FUNCTION, -7...7, { erf($0) }),
      ("erf near 0", CK_ERROR_FUNCTION, -0.01...0.01, { erf($0) }),
    ]

  private func check<Element: KernelElement>(_ type: Element.Type, within units: Double) {
    for (name, kind, range, f) in functions {
      let count = 20_001
      let x = (0..<count).map { index -> Element in
        let t = Double(index) / Double(count - 1)
        // Logarithms over many powers of ten, the others evenly.
        return name == "log"
          ? Element(exp(log(range.lowerBound) * (1 - t) + log(range.upperBound) * t))
          : Element(range.lowerBound * (1 - t) + range.upperBound * t)
      }
      for kernels in Kernels<Element>.all {
        let y = map(kernels, kind, x)
        var worst = 0.0
        for (x, y) in zip(x, y) {
          let expected = f(Double(x))
          let unit = Double(Element(expected).ulp)
          worst = max(worst, abs(Double(y) - expected) / unit)
        }
        #expect(worst < units, "\(name), \(kernels.name): \(worst) units in the last place")
      }
    }
  }

  @Test func singlePrecision() { check(Float.self, within: 3.5) }

  // The system's own functions are wrong by up to a unit.
  @Test func doublePrecision() { check(Double.self, within: 4.5) }

  private func checkEdges<Element: KernelElement>(_ type: Element.Type) {
    let infinity = Element.infinity
    for kernels in Kernels<Element>.all {
      let x: [Element] = [-infinity, infinity, .nan, 0, -0.0, 1e4, -1e4]
      let e = map(kernels, CK_EXP, x)
      #expect(e[0] == 0 && e[1] == infinity && e[2].isNaN && e[3] == 1 && e[4] == 1)
      #expect(e[5] == infinity && e[6] == 0)
      let l = map(kernels, CK_LOG, x)
      #expect(l[0].isNaN && l[1] == infinity && l[2].isNaN && l[3] == -infinity && l[6].isNaN)
      let t = map(kernels, CK_TANH, x)
      #expect(t[0] == -1 && t[1] == 1 && t[2].isNaN && t[3] == 0 && t[5] == 1 && t[6] == -1)
      let s = map(kernels, CK_SIGMOID, x)
      #expect(s[0] == 0 && s[1] == 1 && s[2].isNaN && s[3] == 0.5 && s[5] == 1 && s[6] == 0)
      let p = map(kernels, CK_SOFTPLUS, x)
      #expect(p[0] == 0 && p[1] == infinity && p[2].isNaN && p[5] == 1e4 && p[6] == 0)
      let r = map(kernels, CK_RELU, x)
      #expect(r[0] == 0 && r[1] == infinity && r[2].isNaN && r[6] == 0)
      let n = map(kernels, CK_SINE, x)
      #expect(n[0].isNaN && n[1].isNaN && n[2].isNaN && n[3] == 0 && n[4].sign == .minus)
      let c = map(kernels, CK_COSINE, x)
      #expect(c[0].isNaN && c[2].isNaN && c[3] == 1 && c[4] == 1)
      let a = map(kernels, CK_ARCTANGENT, x)
      #expect(a[0] == -a[1] && abs(Double(a[1]) - .pi / 2) < 1e-6 && a[2].isNaN && a[3] == 0)
      let o = map(kernels, CK_LOG_OF_ONE_PLUS, x + [-1])
      #expect(o[0].isNaN && o[1] == infinity && o[2].isNaN && o[3] == 0 && o[7] == -infinity)
      let m = map(kernels, CK_EXP_MINUS_ONE, x)
      #expect(m[0] == -1 && m[1] == infinity && m[2].isNaN && m[3] == 0 && m[4].sign == .minus)
      let f = map(kernels, CK_ERROR_FUNCTION, x)
      #expect(f[0] == -1 && f[1] == 1 && f[2].isNaN && f[3] == 0 && f[5] == 1)
      // Numbers below the normal ones.
      let small = map(kernels, CK_EXP, [Element(log(Double(Element.leastNormalMagnitude))) - 2])
      #expect(small[0] > 0 && small[0] < Element.leastNormalMagnitude)
      let logarithm = map(kernels, CK_LOG, [Element.leastNonzeroMagnitude])
      #expect(abs(Double(logarithm[0]) - log(Double(Element.leastNonzeroMagnitude))) < 1e-4)
    }
  }

  @Test func edges() {
    checkEdges(Float.self)
    checkEdges(Double.self)
  }

  @Test func tanhIsOddAndBounded() {
    for kernels in Kernels<Float>.all {
      let x = (0..<10_000).map { Float($0) * 0.003 }
      let positive = map(kernels, CK_TANH, x)
      let negative = map(kernels, CK_TANH, x.map { -$0 })
      #expect(zip(positive, negative).allSatisfy { $0 == -$1 && $0 <= 1 })
    }
  }
}
