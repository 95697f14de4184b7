import Foundation
import Synchronization

/// Where a rank is in its collectives: written by the thread that makes them, read by the stall watch.
package final class CollectiveMark: Sendable {
  private let entered = Atomic<Int>(0)
  private let openSince = Atomic<UInt64>(0)
  private let name = Atomic<UInt>(0)

  package init() {}

  /// Notes that a collective is about to be entered; how many were, with it.
  package func enter(_ name: StaticString) -> Int {
    open(name)
    return entered.add(1, ordering: .relaxed).newValue
  }

  /// Notes that a collective of some of the ranks is about to be entered, which the others know nothing of.
  func open(_ name: StaticString) {
    self.name.store(UInt(bitPattern: name.utf8Start), ordering: .relaxed)
    openSince.store(max(Self.now, 1), ordering: .releasing)
  }

  /// Notes that it was left.
  package func leave() { openSince.store(0, ordering: .releasing) }

  /// The collective that is open: its number, its name, and for how many seconds; nil between collectives.
  package var open: (number: Int, name: String, seconds: Double)? {
    let since = openSince.load(ordering: .acquiring)
    guard since > 0, let text = UnsafePointer<CChar>(bitPattern: name.load(ordering: .relaxed))
    else { return nil }
    let seconds = Double(Self.now &- since) * 1e-9
    return (entered.load(ordering: .relaxed), String(cString: text), seconds)
  }

  /// Nanoseconds of a clock that never goes back.
  private static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
