import Models
import Tensors

/// Lower parameters in which the lower objective does not curve: H v = g asks the impossible of them.
extension Implicit {
  /// Throws where H has rows of zeros, whatever the numbers, that g has a part in: the lower objective does not contain
  /// those parameters, or is linear in them. Damping gives every parameter curvature, and NS needs none.
  func requireCurvature(_ lower: LowerProgram, _ g: Elements) throws(HypergradientError) {
    guard options.method == .linearSystem, options.k > 0, options.damping == 0 else { return }
    let flat = lower.flatParameters.filter { $0.range.contains { g[$0] != 0 } }
    guard !flat.isEmpty else { return }
    throw HypergradientError(
      .noCurvature,
      "the lower objective has no curvature\(words(for: flat.map(\.name))): it does not contain "
        + "them or is linear in them, but the upper objective depends on them, and LS has no "
        + "solution; add them to the lower objective, as an L2 term does, take them out of the lower "
        + "model, or set damping above 0")
  }

  /// The lower parameters, by name, in which H maps the lower program's vector to next to nothing; `norm` is an estimate of
  /// ||H||.
  func flatParameters(_ lower: LowerProgram, hessian norm: Double) -> [String] {
    let direction = lower.vector.values
    let product = lower.hessianVectorProduct().values
    let small = options.precision.epsilon.squareRoot()
    let largest = largestSize(direction[...])
    return lowerModel.parameters.filter { parameter in
      let part = largestSize(direction[parameter.range])
      return part > small * largest
        && largestSize(product[parameter.range]) <= small * norm * part
    }.map(\.name)
  }
}

private func largestSize(_ values: ArraySlice<Double>) -> Double {
  values.reduce(0) { max($0, $1.magnitude) }
}

/// In which parameters: for messages.
func words(for parameters: [String]) -> String {
  guard !parameters.isEmpty else { return "" }
  let names = parameters.map { "'\($0)'" }.joined(separator: ", ")
  return " in lower parameter\(parameters.count == 1 ? "" : "s") \(names)"
}

extension Parameter {
  /// Its elements' places in the flat vector.
  var range: Range<Int> { offset..<offset + shape.count }
}
