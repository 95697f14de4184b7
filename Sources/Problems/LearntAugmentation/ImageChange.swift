/// What can be done to an image by a strength, however small.
public enum ImageChange: String, Sendable, CaseIterable {
  /// Moved, up or down and to the left or right.
  case shift
  /// Turned around its middle.
  case rotation
  /// Made larger or smaller.
  case scale
  /// Made to lean.
  case shear
  /// All of it lighter or darker.
  case brightness
  /// Differences from its mean made larger or smaller.
  case contrast
  /// Noise on each of its numbers.
  case noise
  /// A square set to 0 (cut-out; DeVries and Taylor, 2017).
  case cutOut = "cut-out"

  /// What a strength is measured in.
  var unit: String {
    switch self {
    case .shift: "pixels at most, each way"
    case .rotation: "degrees at most, each way"
    case .scale: "logarithm of the factor at most"
    case .shear: "pixels a row at most, each way"
    case .brightness: "of full ink at most, each way"
    case .contrast: "logarithm of the factor at most"
    case .noise: "of full ink, standard deviation"
    case .cutOut: "pixels, the square's side"
    }
  }

  /// The strength that it begins with unless told otherwise: next to nothing in the smallest images.
  var firstStrength: Double {
    switch self {
    case .shift: 0.3
    case .rotation: 3
    case .scale, .shear, .brightness, .contrast, .noise: 0.05
    case .cutOut: 0.5
    }
  }
}
