/// Runs a program's kernel calls one at a time, and sees to it that each reads and writes what its plan says, and that
/// nothing is read after it has died: for tests.
///
/// Every call runs twice. Once with not-a-numbers wherever the plan lets it read nothing, its scratch memory and what it
/// is to write included; once with the memory as it is. Both must write the same bits, and nothing else.
final class ArenaAudit {
  private let tables: CodeTables
  private let arena: Memory
  private let workspace: Memory
  /// The arena as it was before a call, as it was poisoned, and as the call left it.
  private let before: Memory
  private let poisoned: Memory
  private let alone: Memory
  private let units: [[Unit]]
  /// The elements that are kept from list to list: behind them all dies with its list.
  private let keptCount: Int
  private let precision: Precision
  private(set) var findings: [String] = []

  /// Kernel calls that follow each other and write their results together.
  private struct Unit {
    var instructions: Range<Int>
    var footprint: Footprint
  }

  /// - Throws: ``TensorError`` of code `memory` where there is none for three copies of the arena.
  init(
    _ tables: CodeTables, _ arena: Memory, _ workspace: Memory, keptCount: Int,
    _ precision: Precision
  ) throws(TensorError) {
    (self.tables, self.arena, self.workspace) = (tables, arena, workspace)
    func copy() throws(TensorError) -> Memory {
      try Memory(arena.byteCount, of: 1, for: "an audit")
    }
    (before, poisoned, alone) = (try copy(), try copy(), try copy())
    units = tables.footprints.map(Self.units)
    self.keptCount = keptCount
    self.precision = precision
  }

  private static func units(_ footprints: [Footprint]) -> [Unit] {
    footprints.enumerated().reduce(into: []) { units, call in
      let (index, footprint) = call
      if let last = units.indices.last, units[last].footprint.unit == footprint.unit {
        units[last].instructions = units[last].instructions.lowerBound..<index + 1
        units[last].footprint = units[last].footprint + footprint
      } else {
        units.append(Unit(instructions: index..<index + 1, footprint: footprint))
      }
    }
  }

  func run(_ list: Int) {
    poison(arena, keptCount..<arena.byteCount / precision.byteCount)
    for (index, unit) in units[list].enumerated() {
      run(list, unit)
      // What no later call reads is dead.
      let footprint = unit.footprint
      for range in footprint.reads + footprint.writes
      where range.lowerBound >= keptCount && !isRead(range, after: index, of: list) {
        poison(arena, range)
      }
    }
  }

  private func run(_ list: Int, _ unit: Unit) {
    let elements = arena.byteCount / precision.byteCount
    copyAll(from: arena, to: before)
    poison(arena, 0..<elements)
    poison(workspace, 0..<workspace.byteCount / precision.byteCount)
    for range in unit.footprint.reads { copy(range, from: before, to: arena) }
    copyAll(from: arena, to: poisoned)
    tables.run(list, unit.instructions, arena.base, scratch: workspace.base)
    let isWritten = flags(unit.footprint.writes, elements)
    let strays = (0..<elements).filter { !isWritten[$0] && differ($0, arena, poisoned) }
    copyAll(from: arena, to: alone)
    copyAll(from: before, to: arena)
    tables.run(list, unit.instructions, arena.base, scratch: workspace.base)
    let changed = (0..<elements).filter { isWritten[$0] && differ($0, arena, alone) }
    if let stray = strays.first {
      findings.append(
        "list \(list), calls \(unit.instructions): write element \(stray), which is not their own")
    }
    if let change = changed.first {
      findings.append(
        "list \(list), calls \(unit.instructions): element \(change) depends on what they may not "
          + "read, or is not written")
    }
  }

  private func isRead(_ range: Range<Int>, after unit: Int, of list: Int) -> Bool {
    units[list][(unit + 1)...].contains { later in
      (later.footprint.reads + later.footprint.writes).contains { $0.overlaps(range) }
    }
  }

  private func flags(_ ranges: [Range<Int>], _ count: Int) -> [Bool] {
    var flags = [Bool](repeating: false, count: count)
    for range in ranges { for element in range { flags[element] = true } }
    return flags
  }

  private func copyAll(from source: Memory, to target: Memory) {
    target.base.copyMemory(from: source.base, byteCount: arena.byteCount)
  }

  private func copy(_ range: Range<Int>, from source: Memory, to target: Memory) {
    let size = precision.byteCount
    (target.base + range.lowerBound * size)
      .copyMemory(from: source.base + range.lowerBound * size, byteCount: range.count * size)
  }

  /// All bits set is not a number in either precision.
  private func poison(_ memory: Memory, _ range: Range<Int>) {
    let size = precision.byteCount
    (memory.base + range.lowerBound * size)
      .initializeMemory(as: UInt8.self, repeating: 0xFF, count: range.count * size)
  }

  private func differ(_ element: Int, _ a: Memory, _ b: Memory) -> Bool {
    switch precision {
    case .single:
      a.base.assumingMemoryBound(to: UInt32.self)[element]
        != b.base.assumingMemoryBound(to: UInt32.self)[element]
    case .double:
      a.base.assumingMemoryBound(to: UInt64.self)[element]
        != b.base.assumingMemoryBound(to: UInt64.self)[element]
    }
  }
}
