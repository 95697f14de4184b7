import CKernels
import Foundation
import Testing

/// An element type of the kernels.
protocol KernelElement: BinaryFloatingPoint, BitwiseCopyable, Sendable {
  static var kind: ck_element { get }
  var bits: UInt64 { get }
}

extension Float: KernelElement {
  static var kind: ck_element { CK_FLOAT }
  var bits: UInt64 { UInt64(bitPattern) }
}

extension Double: KernelElement {
  static var kind: ck_element { CK_DOUBLE }
  var bits: UInt64 { bitPattern }
}

/// The kernels of one instruction set for one element type.
struct Kernels<Element: KernelElement> {
  let table: ck_kernels

  /// All that this machine can run, the fastest last.
  static var all: [Kernels] {
    [CK_PORTABLE, CK_AVX2, CK_AVX512].compactMap { set in
      ck_kernels_for(set, Element.kind).map { Kernels(table: $0.pointee) }
    }
  }

  var name: String { "instruction set \(table.instruction_set.rawValue), \(Element.self)" }

  /// Whether these kernels multiply and add in one rounding, hence give the same bits as each other.
  var isFused: Bool { table.instruction_set != CK_PORTABLE }
}

/// SplitMix64.
struct Numbers {
  var state: UInt64

  init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func value() -> Double { Double(next() >> 11) * 0x1p-52 - 1 }

  mutating func values<Element: KernelElement>(_ count: Int) -> [Element] {
    (0..<count).map { _ in Element(value()) }
  }
}

/// Memory of elements aligned to no more than one of them, between guards that must not change.
final class Storage<Element: KernelElement> {
  static var guardCount: Int { 33 }
  let count: Int
  private let memory: UnsafeMutablePointer<Element>

  init(_ values: [Element]) {
    count = values.count
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: (count + 2 * Self.guardCount) * MemoryLayout<Element>.stride, alignment: 64)
    memory = raw.bindMemory(to: Element.self, capacity: count + 2 * Self.guardCount)
    memory.initialize(repeating: 77, count: count + 2 * Self.guardCount)
    for (i, value) in values.enumerated() { start[i] = value }
  }

  convenience init(count: Int) { self.init(Array(repeating: 55, count: count)) }

  deinit { memory.deallocate() }

  var start: UnsafeMutablePointer<Element> { memory + Self.guardCount }
  var values: [Element] { Array(UnsafeBufferPointer(start: start, count: count)) }

  var isWithinBounds: Bool {
    (0..<Self.guardCount).allSatisfy { memory[$0] == 77 && start[count + $0] == 77 }
  }
}

/// Calls `body` with workspace as the kernels want it.
func withWorkspace<Element>(
  _ elements: Int64, of type: Element.Type, _ body: (UnsafeMutableRawPointer) -> Void
) {
  let bytes = Int(elements) * MemoryLayout<Element>.stride
  let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes + 64, alignment: 64)
  defer { memory.deallocate() }
  memory.storeBytes(of: 0x55aa, toByteOffset: bytes, as: Int.self)
  body(memory)
  #expect(memory.load(fromByteOffset: bytes, as: Int.self) == 0x55aa, "workspace overrun")
}

/// The place of the first value further than `tolerance` (for floats; scaled for doubles) from the
/// expected one, relative to `scale` at that place; NaN must meet NaN, and infinity infinity.
func firstDifference<Element: KernelElement>(
  _ values: [Element], _ expected: [Double], scale: [Double]? = nil, tolerance: Double = 2e-6
) -> String? {
  guard values.count == expected.count else { return "\(values.count) for \(expected.count)" }
  let bound = Element.kind == CK_FLOAT ? tolerance : tolerance * 0x1p-29
  for (i, (value, wanted)) in zip(values, expected).enumerated() {
    let value = Double(value)
    if value.isNaN && wanted.isNaN || value == wanted { continue }
    let size = scale.map { $0[i] } ?? max(1, abs(wanted))
    if !(abs(value - wanted) <= bound * size) { return "[\(i)]: \(value), expected \(wanted)" }
  }
  return nil
}

/// Runs `body` with all kernels of an element type; results of the fused ones must be the same bits.
func checkEverySet<Element: KernelElement>(
  _ type: Element.Type, _ what: @autoclosure () -> String, _ body: (Kernels<Element>) -> [Element],
  expect check: ([Element]) -> String?
) {
  var fused: [Element]?
  for kernels in Kernels<Element>.all {
    let result = body(kernels)
    if let difference = check(result) {
      Issue.record("\(what()), \(kernels.name): \(difference)")
    }
    guard kernels.isFused else { continue }
    if let fused {
      for (i, (a, b)) in zip(fused, result).enumerated() where a.bits != b.bits {
        if a.isNaN && b.isNaN { continue }
        Issue.record("\(what()), \(Element.self): bits differ at \(i): \(a), \(b)")
        break
      }
    }
    fused = result
  }
}
