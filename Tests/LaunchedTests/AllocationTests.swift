import TestSupport
import Testing

#if os(Linux)
  extension LaunchedTests {
    /// Once planned, lower steps and Hessian-vector products allocate nothing: measured by a program that replaces
    /// the C library's allocation functions.
    @Suite struct Allocations {
      @Test func stepsAndProductsAllocateNothing() throws {
        let end = try Launcher.alone("allocations").wait()
        #expect(end.exitCode == 0, "\(end.errors)")
        var lines = end.output.split(separator: "\n")
        // The counter counts.
        #expect(lines.removeFirst() == "allocations: an array: 1")
        // Two methods, two precisions, three optimisers.
        #expect(lines.count == 12)
        for line in lines {
          #expect(line.hasSuffix(" products more: 0, 144 steps more: 0"), "\(line)")
          let products = line.split(separator: " ").dropFirst(4).first.flatMap { Int($0) } ?? 0
          #expect(products > 20, "\(line)")
        }
      }
    }
  }
#endif
