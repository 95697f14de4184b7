import TestSupport
import Testing

#if DEBUG
  private let isOptimised = false
#else
  private let isOptimised = true
#endif

#if os(Linux)
  extension LaunchedTests {
    /// Once planned, lower steps and Hessian-vector products allocate nothing: measured by a program that replaces
    /// the C library's allocation functions.
    @Suite(.enabled(if: isOptimised, "only optimised code allocates nothing")) struct Allocations {
      @Test func stepsAndProductsAllocateNothing() throws {
        let end = try Launcher.alone("allocations").wait()
        #expect(end.exitCode == 0, "\(end.errors)")
        let lines = end.output.split(separator: "\n")
        // The counter counts.
        #expect(lines.first == "allocations: an array: 1")
        // Two methods, two precisions, three optimisers and dropout.
        #expect(lines.count == 17)
        for line in lines.dropFirst() {
          #expect(line.hasSuffix(" products more: 0, 144 steps more: 0"), "\(line)")
          let products = line.split(separator: " ").dropFirst(4).first.flatMap { Int($0) } ?? 0
          // Far more products than the few of the shorter solve.
          #expect(products > 10, "\(line)")
        }
      }
    }
  }
#endif
