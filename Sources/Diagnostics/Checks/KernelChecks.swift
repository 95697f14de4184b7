import Tensors

/// The instruction sets of the kernels against each other, on a whole hypergradient of a convolutional network.
enum KernelChecks {
  static let all =
    Precision.allCases.map { precision in
      Check(
        "AVX-512 kernels have AVX2's bits (\(precision.rawValue))",
        .alone { try same(precision) })
    } + [Check("portable kernels agree with the fastest", .alone(portable))]

  private static func same(_ precision: Precision) throws -> Check.Figure {
    guard KernelSet.available.contains(.avx512) else {
      return .skipped("this processor or build has no AVX-512")
    }
    let found = try hypergradient(.avx512, precision)
    let wanted = try hypergradient(.avx2, precision)
    return Check.Figure(Double(Vectors.differences(found, wanted)), atMost: 0)
  }

  @Sendable private static func portable() throws -> Check.Figure {
    guard let fastest = KernelSet.available.last, fastest != .portable else {
      return .skipped("there are no others")
    }
    let found = try hypergradient(fastest, .double)
    let wanted = try hypergradient(.portable, .double)
    return Check.Figure(Vectors.relativeError(found, wanted), atMost: 1e-9)
  }

  private static func hypergradient(
    _ kernels: KernelSet, _ precision: Precision
  ) throws -> [Double] {
    try SmallProblem.images(smooth: false, precision: precision, kernels: kernels)
      .hypergradient(steps: 5)
  }
}
