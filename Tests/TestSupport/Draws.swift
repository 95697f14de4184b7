/// Random numbers from a seed: SplitMix64 (Steele, Lea and Flood, 2014).
package struct Draws {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// A number from 0 to below a bound of at least 1.
  package mutating func next(_ bound: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((z ^ (z >> 31)) % UInt64(max(bound, 1)))
  }
}
