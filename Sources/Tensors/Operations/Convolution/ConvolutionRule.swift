/// How 3x3 convolutions of stride 1 are computed.
public enum ConvolutionRule: String, Sendable, CaseIterable {
  /// In transformed space where that pays, by Winograd's F(4x4, 3x3): up to three times as fast.
  case transformed
  /// Tap by tap. Rounding is several times smaller, which counts in single precision and deep networks: a rectifier's input
  /// near 0 that rounding gives the other sign changes derivatives by all that is behind it.
  case direct

  /// What programs are planned with.
  package var optimisations: Optimisations {
    self == .direct ? .all.subtracting(.transforms) : .all
  }
}
