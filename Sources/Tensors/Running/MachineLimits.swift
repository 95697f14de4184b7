import CKernels
import Foundation

/// What one core of this machine can do at most, measured: for comparing what was reached.
public struct MachineLimits: Sendable, CustomStringConvertible {
  /// Floating-point operations a second in single precision, a fused multiply-add being two.
  public let operationsPerSecond: Double
  /// Bytes a second that a sum over much memory reads.
  public let bytesPerSecond: Double

  /// The limits in words.
  public var description: String {
    String(
      format: "one core: %.0f GFLOP/s fused multiply-add peak, %.1f GB/s from memory",
      operationsPerSecond / 1e9, bytesPerSecond / 1e9)
  }

  /// Measures the calling thread's core for some tens of milliseconds; takes 64 MiB meanwhile.
  ///
  /// - Parameter set: The instruction set to measure.
  /// - Returns: The best of several tries of each; 1 and 1 where the processor lacks the set or there is no memory.
  public static func measured(_ set: KernelSet) -> MachineLimits {
    guard let kernels = try? set.kernels(.single),
      let memory = try? Memory(64 << 20, of: 1, for: "the measurement")
    else {
      return MachineLimits(operationsPerSecond: 1, bytesPerSecond: 1)
    }
    let rounds: Int64 = 1_000_000
    let operations = fastest { Double(kernels.pointee.multiply_add_rounds(rounds)) }
    let count = Int64(memory.byteCount / 4)
    let seconds = fastest {
      _ = kernels.pointee.dot(count, memory.base, memory.base)
      return Double(memory.byteCount)
    }
    return MachineLimits(operationsPerSecond: operations, bytesPerSecond: seconds)
  }

  /// The most units a second over some tries.
  private static func fastest(_ run: () -> Double) -> Double {
    (0..<5).map { _ in
      let start = DispatchTime.now().uptimeNanoseconds
      let units = run()
      return units / (Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
    }.max() ?? 1
  }
}
