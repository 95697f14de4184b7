import Randomness
import Testing

/// The literals of this suite were computed by another program, in other arithmetic (integers of any
/// size and 60 decimal digits): they are what the files say and not merely what the code does.
@Suite struct RecordedSequenceTests {
  private var stream: RandomStream {
    RandomStream(seed: 0x0123_4567_89ab_cdef, purpose: .task, step: 7, index: 3)
  }

  @Test func bits() {
    var stream = stream
    let bits = (0..<5).map { _ in stream.next() }
    #expect(
      bits == [
        0x6104_02a3_ad1b_3024, 0xe35f_496c_6dc7_0a15, 0x1ae8_eff6_df67_aace,
        0xc858_1b7c_dae1_08f3, 0x0b3a_247d_9e30_4849,
      ])
  }

  @Test(
    arguments: [
      (.initialisation, 0x1e04_7488_127b_ee41), (.task, 0x6b5c_693b_2fe4_24f7),
      (.corruption, 0xac25_b124_6954_07f3), (.split, 0xfa92_ceb9_4fd2_e5f4),
      (.evaluation, 0x2057_f548_3321_c3d5),
    ] as [(RandomPurpose, UInt64)])
  func purposesKeepTheirNumbers(purpose: RandomPurpose, first: UInt64) {
    var stream = RandomStream(seed: 1, purpose: purpose)
    #expect(stream.next() == first)
  }

  @Test func uniforms() {
    var stream = stream
    let numbers = (0..<4).map { _ in stream.uniform() }
    #expect(
      numbers == [
        0x1.84100a8eb46ccp-2, 0x1.c6be92d8db8e1p-1, 0x1.ae8eff6df67a8p-4, 0x1.90b036f9b5c21p-1,
      ])
    var ranged = self.stream
    #expect((0..<4).map { _ in ranged.uniform(in: -2..<6) } == numbers.map { $0 * 8 - 2 })
  }

  @Test func integers() {
    var stream = stream
    let digits = (0..<12).map { _ in stream.integer(below: 10) }
    #expect(digits == [3, 8, 1, 7, 0, 2, 6, 9, 0, 2, 2, 4])
    // A bound for which one word in four is rejected.
    var rejecting = self.stream
    let large = (0..<6).map { _ in rejecting.integer(below: 3 << 61) }
    #expect(
      large == [
        2_621_518_283_847_381_517, 6_143_960_512_291_578_823, 727_148_806_189_539_341,
        303_374_701_878_713_115, 1_553_211_682_683_174_490, 6_789_323_608_039_029_751,
      ])
  }

  /// All but the last digits are known from elsewhere; the bits are pinned as they are.
  @Test func normals() {
    var stream = stream
    let numbers = (0..<6).map { _ in stream.normal() }
    let exact = [
      -0.3081937802208652, 1.2168676458455099, -1.2529231277461224, 0.7809852392015861,
      -1.707593100105568, -0.7569739630483328,
    ]
    for (number, exact) in zip(numbers, exact) {
      #expect(abs(number - exact) <= 4 * exact.ulp)
    }
    #expect(
      numbers.map(\.bitPattern) == [
        13822595582347724100, 4608159103849035963, 13831693520158664033, 4605209709209776658,
        13833741171676758585, 13828365471715879501,
      ])
  }

  @Test func choices() {
    var stream = stream
    #expect(stream.permutation(of: 10) == [3, 8, 2, 1, 4, 6, 0, 9, 5, 7])
    stream = self.stream
    #expect(stream.choose(5, of: 1797) == [681, 1596, 190, 1406, 82])
    stream = self.stream
    var letters = Array("abcdefghij")
    stream.shuffle(&letters)
    #expect(String(letters) == "dicbegajfh")
  }
}

@Suite struct RandomStreamTests {
  /// Long choices draw many numbers at once: the same as one by one, and the stream goes on from the same place.
  @Test(arguments: [0, 1], [2, 511, 512, 513, 514, 1025, 3000])
  func choicesAreDrawnAsOneByOne(_ before: Int, _ count: Int) {
    var stream = RandomStream(seed: 7, purpose: .batch, step: 3)
    var other = stream
    for _ in 0..<before { #expect(stream.next() == other.next()) }
    var expected = Array(0..<count)
    for place in 0..<count - 1 {
      expected.swapAt(place, place + other.integer(below: count - place))
    }
    #expect(stream.permutation(of: count) == expected)
    for _ in 0..<3 { #expect(stream.next() == other.next()) }
  }

  @Test func streamsDiffer() {
    let seeds: [UInt64] = [0, 1, 1 << 32, .max]
    let purposes = [RandomPurpose.task, .split, RandomPurpose(rawValue: .max)]
    let numbers = [0, 1, Int(UInt32.max)]
    var seen: Set<UInt64> = []
    var count = 0
    for seed in seeds {
      for purpose in purposes {
        for step in numbers {
          for index in numbers {
            var stream = RandomStream(seed: seed, purpose: purpose, step: step, index: index)
            for _ in 0..<8 { seen.insert(stream.next()) }
            count += 8
          }
        }
      }
    }
    #expect(seen.count == count)
  }

  @Test func neighbouringStreamsAreUncorrelated() {
    let count = 20_000
    for (step, index) in [(0, 1), (1, 0)] {
      var products = 0.0
      var one = RandomStream(seed: 3, purpose: .task)
      var other = RandomStream(seed: 3, purpose: .task, step: step, index: index)
      for _ in 0..<count { products += one.normal() * other.normal() }
      // A standard normal variable over the square root of the count.
      #expect(abs(products) < 4 * Double(count).squareRoot())
    }
  }

  @Test func equalStreamsAreEqualAndCopiesGoTheirOwnWay() {
    var one = RandomStream(seed: 9, purpose: .split)
    var other = RandomStream(seed: 9, purpose: .split, step: 0, index: 0)
    #expect(one.next() == other.next())
    var copy = one
    let following = (0..<9).map { _ in one.next() }
    #expect((0..<9).map { _ in copy.next() } == following)
    #expect((0..<9).map { _ in other.next() } == following)
  }

  @Test func rangesKeepTheirBounds() {
    var stream = RandomStream(seed: 5, purpose: .task)
    for _ in 0..<100 {
      #expect(stream.uniform(in: 0.1..<0.1.nextUp) == 0.1)
      #expect((1..<1.nextUp.nextUp).contains(stream.uniform(in: 1..<1.nextUp.nextUp)))
      #expect(stream.integer(below: 1) == 0)
      #expect((0..<Int.max).contains(stream.integer(below: .max)))
    }
  }

  @Test func emptyAndWholeChoices() {
    var stream = RandomStream(seed: 5, purpose: .task)
    #expect(stream.permutation(of: 0) == [])
    #expect(stream.permutation(of: 1) == [0])
    #expect(stream.choose(0, of: 0) == [])
    #expect(stream.choose(0, of: 9) == [])
    #expect(stream.choose(1, of: 1) == [0])
    var none: [String] = []
    stream.shuffle(&none)
    #expect(none.isEmpty)
    // None of these costs a draw.
    var fresh = RandomStream(seed: 5, purpose: .task)
    #expect(stream.next() == fresh.next())
    #expect(stream.choose(50, of: 50).sorted() == Array(0..<50))
    #expect(Set(stream.choose(20, of: 50)).count == 20)
  }

  @Test func choicesBeginPermutations() {
    for chosen in 0...12 {
      var one = RandomStream(seed: 6, purpose: .task)
      var other = one
      #expect(one.choose(chosen, of: 12) == Array(other.permutation(of: 12).prefix(chosen)))
    }
  }

  @Test func servesTheStandardLibrary() {
    var stream = RandomStream(seed: 5, purpose: .task)
    #expect((1...6).contains(Int.random(in: 1...6, using: &stream)))
  }
}
