import CKernels
import Foundation

/// The instruction set that kernels use. Chosen once: the fastest that the processor has, or the one
/// that the environment variable `IGBM_KERNELS` names. AVX-512 and AVX2 give the same bits.
public enum KernelSet: String, CaseIterable, Sendable {
  /// No vector instructions beyond the compiler's own choice.
  case portable
  /// AVX2 with fused multiply-add.
  case avx2
  /// AVX-512 F, VL, BW and DQ.
  case avx512

  /// The environment variable that forces one.
  public static let variable = "IGBM_KERNELS"

  /// The set to use.
  ///
  /// - Parameter environment: The process environment, where `IGBM_KERNELS` may name a set.
  /// - Returns: The set that is named, else the fastest.
  /// - Throws: ``TensorError`` of code `unsupported` where the name is unknown, or this processor or build lacks the
  ///   set.
  public static func chosen(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(TensorError) -> KernelSet {
    guard let name = environment[variable], !name.isEmpty else {
      return available.last ?? .portable
    }
    guard let set = KernelSet(rawValue: name) else {
      throw TensorError(
        .unsupported,
        "\(variable)=\(name): unknown; choose \(allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard available.contains(set) else {
      throw TensorError(
        .unsupported,
        "\(variable)=\(name): this processor or build lacks it; choose "
          + available.map(\.rawValue).joined(separator: ", "))
    }
    return set
  }

  /// What this processor and this build have, the fastest last.
  public static var available: [KernelSet] {
    allCases.filter { ck_kernels_for($0.raw, CK_FLOAT) != nil }
  }

  private var raw: ck_instruction_set {
    switch self {
    case .portable: CK_PORTABLE
    case .avx2: CK_AVX2
    case .avx512: CK_AVX512
    }
  }

  /// The kernels of this set for a precision.
  func kernels(_ precision: Precision) throws(TensorError) -> UnsafePointer<ck_kernels> {
    guard let kernels = ck_kernels_for(raw, precision.element) else {
      throw TensorError(.unsupported, "this processor or build has no \(rawValue) kernels")
    }
    return kernels
  }
}
