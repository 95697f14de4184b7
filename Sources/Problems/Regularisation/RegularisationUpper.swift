import Models
import Tensors

/// The upper parameters of ``Regularisation``: the logarithms of strengths, and what rates of dropout are made of.
public struct RegularisationUpper {
  /// The logarithms of the strengths of each penalty, one a group.
  private let logarithms: [RegularisationSettings.Penalty: Tensor]
  /// log(p / (1 - p)) of the rates p of dropout, one for each dense layer's inputs; nil where nothing drops.
  private let logits: Tensor?

  init(_ p: Parameters, _ parts: [PenaltyPart], dropout: Double, layers: Int) {
    var logarithms: [RegularisationSettings.Penalty: Tensor] = [:]
    for part in parts {
      let own = parts.count == 1 ? p : p.part(part.penalty.rawValue)
      logarithms[part.penalty] = part.prior.logarithms(own)
    }
    self.logarithms = logarithms
    logits =
      dropout > 0
      ? p(Self.dropout, [layers], .constant(Dropping.logit(dropout))) : nil
  }

  /// The name of the parameter that rates are made of.
  static let dropout = "dropout"

  /// The strengths of a penalty, one a group; nil where there is no such penalty.
  func strengths(_ penalty: RegularisationSettings.Penalty) -> Tensor? {
    logarithms[penalty].map { exp($0) }
  }

  /// How layers' inputs drop; nil where they do not.
  var dropping: Dropping? { logits.map { Dropping(logits: $0) } }
}
