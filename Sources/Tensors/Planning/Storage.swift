/// Where values are in the arena. Views share their operand's storage; what is put together from
/// pieces is written piece by piece in place; a product onto another operand writes over it. Within a
/// list, storage is reused as soon as its last reader is done; what outlives its list is kept.
struct StoragePlan {
  /// A block of the arena.
  struct Block {
    var count: Int
    /// Kept from run to run: inputs, outputs, and what later lists read.
    var isKept: Bool
    /// The first unit that writes it and the last that touches it, within its list.
    var first = Int.max
    var last = -1
    var offset = -1
  }

  /// Where a passing block is, and when.
  private struct Placed {
    let start: Int
    let end: Int
    let first: Int
    let last: Int
  }

  /// A place in a block, in elements.
  struct Place {
    let block: Int
    let offset: Int
  }

  private(set) var blocks: [Block] = []
  /// Elements of the kept part, and of the whole arena.
  private(set) var keptCount = 0
  private(set) var arenaCount = 0

  mutating func newBlock(_ count: Int, isKept: Bool) -> Int {
    blocks.append(Block(count: count, isKept: isKept))
    return blocks.count - 1
  }

  mutating func keep(_ block: Int) { blocks[block].isKept = true }

  mutating func touch(_ block: Int, at unit: Int) {
    blocks[block].first = min(blocks[block].first, unit)
    blocks[block].last = max(blocks[block].last, unit)
  }

  /// Lays out the kept blocks, one after another, from the start of the arena.
  mutating func layOutKept() {
    for index in blocks.indices where blocks[index].isKept {
      blocks[index].offset = keptCount
      keptCount += aligned(blocks[index].count)
    }
    arenaCount = keptCount
  }

  /// Lays out a list's passing blocks behind the kept ones, the largest first: each at the lowest place that is free
  /// while it lives. Lists run one at a time, so that all use the same part.
  mutating func layOutPassing(_ own: [Int]) {
    // In the order of their places.
    var placed: [Placed] = []
    let order = own.filter { !blocks[$0].isKept && blocks[$0].last >= 0 }
      .sorted {
        (-blocks[$0].count, blocks[$0].first, $0) < (-blocks[$1].count, blocks[$1].first, $1)
      }
    for index in order {
      let block = blocks[index]
      let size = aligned(block.count)
      var offset = keptCount
      for other in placed where other.first <= block.last && block.first <= other.last {
        if offset + size <= other.start { break }
        offset = max(offset, other.end)
      }
      blocks[index].offset = offset
      arenaCount = max(arenaCount, offset + size)
      let place = placed.partitioningIndex { $0.start > offset }
      placed.insert(
        Placed(start: offset, end: offset + size, first: block.first, last: block.last), at: place)
    }
  }

  /// Whole cache lines, so that blocks share none, in either precision.
  private func aligned(_ count: Int) -> Int { (count + 15) & ~15 }
}

extension Array {
  /// The number of the first element that is behind a boundary, all that follow being so, too.
  fileprivate func partitioningIndex(_ isBehind: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
