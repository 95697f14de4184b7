import Randomness
import Testing
import Training

@Suite struct RoundedSumTests {
  private func sum(_ terms: [Double]) -> Double {
    var sum = RoundedSum()
    for term in terms { sum.add(term) }
    return sum.value
  }

  @Test func known() {
    #expect(sum([]).bitPattern == 0 && sum([-0.0]).bitPattern == 0)
    #expect(sum([1e16, 1, 1e-16]) == 10000000000000002.0)
    #expect(sum([1e100, 1, -1e100, 1e-100, 1e50, -1, -1e50]) == 1e-100)
    #expect(sum([0x1p53, -0.5, -0x1p-54]) == 0x1p53 - 1)
    #expect(sum([0x1p53, 1]) == 0x1p53 && sum([0x1p53, 1, 0x1p-1000]) == 0x1p53 + 2)
  }

  /// Beside a sum in integers of 128 bits, in any order.
  @Test func agreesWithIntegers() {
    var stream = RandomStream(seed: 31, purpose: .task)
    for _ in 0..<500 {
      let count = 1 + stream.integer(below: 12)
      var terms = (0..<count).map { _ in
        let sign: FloatingPointSign = stream.integer(below: 2) == 0 ? .plus : .minus
        let factor = Double(sign: sign, exponent: stream.integer(below: 60), significand: 1)
        return factor * Double(stream.integer(below: 1 << 53))
      }
      let exact = Double(terms.reduce(Int128(0)) { $0 + Int128($1) })
      for _ in 0..<4 {
        #expect(sum(terms) == exact)
        stream.shuffle(&terms)
      }
    }
  }
}
