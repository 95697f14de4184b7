import Foundation
import Models
import Tensors

/// Gaussian dropout of the inputs of dense layers (N. Srivastava et al., 2014, section 10; with learnt rates: Kingma, Salimans and
/// Welling, 2015): each is multiplied by a normal number of mean 1 and variance p / (1 - p), that of dropout at rate p, which
/// depends smoothly on p.
struct Dropping {
  /// log(p / (1 - p)), one for each dense layer.
  let logits: Tensor

  /// What a network says of inputs in training.
  func callAsFunction(_ network: Sequential, _ x: Tensor) -> Tensor {
    var layer = 0
    return network.layers.reduce(x) { x, own in
      guard own is Dense else { return own(x) }
      let deviation = exp(0.5 * logits.sliced(0, layer..<layer + 1))
      layer += 1
      return own(x * (1 + deviation * x.noise(x.shape)))
    }
  }

  /// By how much it multiplies the largest curvature at most: 1 / (1 - p) a layer.
  var stretch: Tensor {
    (0..<logits.shape[0]).reduce(logits.constant([1], [])) { $0 * (1 + exp(logits.at($1))) }
  }

  static func logit(_ rate: Double) -> Double { log(rate / (1 - rate)) }

  static func rate(ofLogit logit: Double) -> Double { 1 / (1 + exp(-logit)) }
}
