import Models
import Tensors

/// The lower objective f(w, u) with the derivatives that adaptation and hypergradients need, over examples that are set.
/// Where the lower level is a fixed point, w - phi(w, u) is what is called the gradient, its transposed derivative by w the
/// Hessian, half its squared norm the loss.
package protocol LowerProgram: AnyObject {
  /// The point w: set it, or change it in place.
  var point: Elements { get }
  /// The vector v of the next product: set it, or change it in place.
  var vector: Elements { get }
  /// What masks and noise are to be drawn from at the next gradient.
  var draws: LowerMaskSource { get set }
  /// Whether the objective draws random numbers.
  var isDrawn: Bool { get }
  /// Whether f depends on the upper parameters at all.
  var dependsOnUpper: Bool { get }
  /// The lower parameters whose rows of the Hessian are zero whatever the numbers.
  var flatParameters: [Parameter] { get }
  /// What derivatives of f hold constant though it changes.
  var stopped: StoppedGradients { get }
  /// The strengths of the objective's L1 penalty; nil where it declares none.
  var strengths: Elements? { get }

  /// The gradient of f at the point, computed now; valid until the next call.
  func gradient() -> Elements
  /// That of the last call, where there was no product since.
  var lastGradient: Elements { get }
  /// f at the point of the last ``gradient()``.
  func loss() -> Double
  /// df/du at the point of the last ``gradient()``, where the levels were made to have it; valid until the next call.
  func direct() -> Elements
  /// Prepares products at the point of the last ``gradient()``.
  func linearise()
  /// Prepares products at the point, of which nobody asks for the gradient.
  func lineariseAlone()
  /// H v with H the Hessian of f in w at the linearised point; valid until the next call.
  func hessianVectorProduct() -> Elements
  /// H' v: another product than H v where the lower level is a fixed point.
  func transposedProduct() -> Elements
  /// C v with C the mixed derivative of f in u and w; valid until the next call.
  func mixedProduct() -> Elements

  /// What first made a number that is not finite in what was computed last: node by node, with what is set now.
  ///
  /// - Throws: `TensorError` of code `memory`.
  func originOfNonFinite(in part: LowerProgramPart) throws(TensorError) -> NonFiniteCause?
}

/// What a lower program computes that may be not finite.
package enum LowerProgramPart {
  case gradient, hessian, mixed
}
